//! The names employees are made of.

/// First names with the gender they suggest, and last names, of people from one place.
pub struct People {
    pub first: &'static [(&'static str, Gender)],
    pub last: &'static [&'static str],
}

/// Personio's genders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    Female,
    Male,
    Diverse,
}

use Gender::{Diverse as D, Female as F, Male as M};

/// Where people come from; the earlier, the more of them.
pub const PEOPLE: [&People; 6] = [&GERMAN, &ENGLISH, &TURKISH, &FRENCH, &SPANISH, &POLISH];

const GERMAN: People = People {
    first: &[
        ("Anna", F),
        ("Jürgen", M),
        ("Käthe", F),
        ("Björn", M),
        ("Sabine", F),
        ("Lukas", M),
        ("Zoë", F),
        ("Götz", M),
        ("Hannah", F),
        ("Karl-Heinz", M),
        ("Anne-Marie", F),
        ("Maximilian", M),
        ("Mia", F),
        ("Jörg", M),
        ("Friederike", F),
        ("Uwe", M),
        ("Änne", F),
        ("Günther", M),
        ("Lena", F),
        ("Bo", D),
        ("Ulrike", F),
        ("Timo", M),
        ("Hans-Jürgen Maximilian Alexander", M),
        ("Kim", D),
        ("Ingeborg", F),
        ("Ole", M),
    ],
    last: &[
        "Müller",
        "Schmidt",
        "Weiß",
        "Schäfer",
        "Köhler",
        "Groß",
        "von der Leyen",
        "Jäger",
        "Böhm",
        "Krüger",
        "Fuchs",
        "Hübner",
        "Vogt",
        "Süß",
        "Bergmann",
        "zu Guttenberg",
        "Kühn",
        "Öztürk",
        "Strauß",
        "Lindner",
        "Hoffmann",
        "von Hohenlohe-Waldenburg-Schillingsfürst",
        "Voß",
        "Ehrlich",
        "Möllenbeck",
        "Ochs",
    ],
};

const ENGLISH: People = People {
    first: &[
        ("Emily", F),
        ("Liam", M),
        ("Siobhán", F),
        ("Sean", M),
        ("Grace", F),
        ("Jo", D),
        ("Niamh", F),
        ("Callum", M),
        ("Mary Ann", F),
        ("D'Arcy", M),
        ("Olivia", F),
        ("Alex", D),
        ("Charlotte", F),
        ("Rhys", M),
        ("Aoife", F),
        ("Montgomery", M),
        ("Isla", F),
        ("Ng", M),
    ],
    last: &[
        "O'Neill",
        "Smith",
        "O'Brien",
        "MacDonald",
        "Jones",
        "St. John",
        "Taylor-Clarke",
        "D'Angelo",
        "Ó Súilleabháin",
        "Featherstonehaugh",
        "Wright",
        "McLoughlin",
        "Li",
        "Cholmondeley-Warner",
        "Evans",
        "O'Shaughnessy",
        "Hughes",
        "Ng",
    ],
};

const TURKISH: People = People {
    first: &[
        ("Ayşe", F),
        ("Mehmet", M),
        ("Gülşen", F),
        ("Çağlar", M),
        ("Işıl", F),
        ("İbrahim", M),
        ("Şebnem", F),
        ("Oğuz", M),
        ("Zeynep", F),
        ("Ümit", M),
        ("Deniz", D),
        ("Nurgül", F),
        ("Emre Can", M),
        ("Özlem", F),
    ],
    last: &[
        "Yılmaz",
        "Çelik",
        "Şahin",
        "Öztürk",
        "Güneş",
        "Doğan",
        "Kılıç",
        "Aydın",
        "Koç",
        "İnönü",
        "Karagözoğlu",
        "Demir",
        "Çavuşoğlu",
        "Işık",
    ],
};

const FRENCH: People = People {
    first: &[
        ("Zoé", F),
        ("François", M),
        ("Hélène", F),
        ("Jean-Baptiste", M),
        ("Anaïs", F),
        ("Loïc", M),
        ("Aurélie", F),
        ("Étienne", M),
        ("Marie-Thérèse", F),
        ("Benoît", M),
        ("Camille", D),
        ("Océane", F),
        ("Gaël", M),
        ("Cœurélie", F),
    ],
    last: &[
        "Lefèvre",
        "Dupont",
        "d'Artagnan",
        "Bœuf",
        "Garçon",
        "L'Hôpital",
        "Crémieux",
        "Noël",
        "Saint-Exupéry",
        "de La Rochefoucauld",
        "Besançon",
        "Forêt",
        "Martin",
        "Le Gall",
    ],
};

const SPANISH: People = People {
    first: &[
        ("Lucía", F),
        ("José Ángel", M),
        ("Begoña", F),
        ("Íñigo", M),
        ("María José", F),
        ("Andrés", M),
        ("Nuria", F),
        ("Maria del Carmen Inmaculada Concepción Esperanza", F),
        ("Raúl", M),
        ("Itziar", F),
        ("Óscar", M),
        ("Noé", M),
        ("Ainhoa", F),
        ("Cruz", D),
    ],
    last: &[
        "Muñoz",
        "Ibáñez",
        "García López",
        "Peña",
        "Núñez",
        "de la Cruz",
        "Argüelles",
        "Ordóñez",
        "Güell",
        "Fernández de Córdoba y Álvarez de las Asturias",
        "Sánchez-Cano",
        "Ruiz",
        "Etxeberria",
        "Yáñez",
    ],
};

const POLISH: People = People {
    first: &[
        ("Małgorzata", F),
        ("Łukasz", M),
        ("Agnieszka", F),
        ("Paweł", M),
        ("Zdzisława", F),
        ("Grzegorz", M),
        ("Bożena", F),
        ("Michał", M),
        ("Świętosława", F),
        ("Józef", M),
        ("Ola", F),
        ("Święcisław", M),
    ],
    last: &[
        "Wójcik",
        "Dąbrowska",
        "Kowalczyk",
        "Żak",
        "Brzęczyszczykiewicz",
        "Łęcki",
        "Świątek",
        "Nowak",
        "Gałązka",
        "Wyszyńska-Brzęczyszczykiewicz-Konstantynopolska",
        "Źródlak",
        "Pięta",
    ],
};

/// A name in ASCII, small letters, as it stands in mail addresses; at most so many characters.
pub fn fold(name: &str, most: usize, into: &mut String) {
    let start = into.len();
    for letter in name.chars() {
        if into.len() - start >= most {
            break;
        }
        let folded = match letter {
            'a'..='z' | '0'..='9' => {
                into.push(letter);
                continue;
            }
            'A'..='Z' => {
                into.push(letter.to_ascii_lowercase());
                continue;
            }
            'ä' | 'Ä' | 'æ' => "ae",
            'ö' | 'Ö' | 'œ' => "oe",
            'ü' | 'Ü' => "ue",
            'ß' => "ss",
            'á' | 'à' | 'â' | 'ą' | 'Á' | 'Å' => "a",
            'ç' | 'Ç' | 'ć' => "c",
            'é' | 'è' | 'ê' | 'ë' | 'ę' | 'É' => "e",
            'ğ' => "g",
            'í' | 'ì' | 'î' | 'ï' | 'ı' | 'İ' | 'Í' => "i",
            'ł' | 'Ł' => "l",
            'ñ' | 'ń' => "n",
            'ó' | 'ò' | 'ô' | 'Ó' => "o",
            'ś' | 'ş' | 'Ś' | 'Ş' => "s",
            'ú' | 'ù' | 'û' => "u",
            'ź' | 'ż' | 'Ź' | 'Ż' => "z",
            ' ' | '-' => "-",
            _ => "",
        };
        into.push_str(folded);
    }
}
