//! Pseudonyms: other people in the place of those who stand in a recording, always the same for the same key. A word of a name becomes a
//! word of as many letters, an ID another of the same form, a mail address one at example.com.

use std::collections::HashMap;
use std::sync::LazyLock;

use flowrun_core::value::{Record, Text, parse_json};
use flowrun_kit::address::segment;
use hmac::{Hmac, KeyInit, Mac};
use regex::Regex;
use serde_json::{Map, Number, Value as Json};
use sha2::Sha256;
use url::form_urlencoded;

use super::form::{Body, Ends, Exchange, Recording};
use super::people::{Holds, People, digits, holds};

/// Mail addresses, also as they stand in queries, behind other letters in such a form.
static MAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"((?:%[0-9A-Fa-f]{2})*)([\p{L}0-9._+'-]+)(@|%40)([\p{L}0-9-]+(?:\.[\p{L}0-9-]+)+)").ok()
});
static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\+?[0-9][0-9 ()/.-]{3,}[0-9]").ok());

/// The recording with other people.
pub(super) fn replaced(mut recording: Recording, key: &[u8; 32]) -> Recording {
    let mut people = People::default();
    for values in [&recording.inputs, &recording.vars] {
        people.collect(&json(values));
    }
    for exchange in recording.exchanges.iter().filter(|exchange| !exchange.login) {
        let asked = form_urlencoded::parse(exchange.query.as_bytes()).into_owned();
        people.collect(&Json::Object(asked.map(|(name, value)| (name, value.into())).collect()));
        let answer = match &exchange.ends {
            Ends::Answer { body, .. } => Some(body),
            Ends::Failed { .. } => None,
        };
        for body in [Some(&exchange.body), answer].into_iter().flatten() {
            if let Body::Text(text) = body
                && let Ok(json) = serde_json::from_str(text)
            {
                people.collect(&json);
            }
        }
    }
    let masks = Masks { key, people };
    recording.inputs = masks.record(&recording.inputs);
    recording.vars = masks.record(&recording.vars);
    recording.exchanges.iter_mut().for_each(|exchange| masks.exchange(exchange));
    recording
}

fn json(record: &Record) -> Json {
    serde_json::from_str(&flowrun_core::value::Value::from(record.clone()).to_json()).unwrap_or_default()
}

struct Masks<'k> {
    key: &'k [u8; 32],
    people: People,
}

impl Masks<'_> {
    fn record(&self, record: &Record) -> Record {
        let Json::Object(members) = self.value(json(record), Holds::Other) else { return record.clone() };
        let read = |value: Json| parse_json(&value.to_string()).unwrap_or_default();
        members.into_iter().map(|(name, value)| (Text::from(name), read(value))).collect()
    }

    fn exchange(&self, exchange: &mut Exchange) {
        exchange.path = self.path(&exchange.path);
        exchange.query = self.pairs(&exchange.query);
        exchange.headers.iter_mut().for_each(|(_, value)| *value = self.text(value));
        self.body(&mut exchange.body, &exchange.headers);
        match &mut exchange.ends {
            Ends::Answer { headers, body, .. } => {
                headers.iter_mut().for_each(|(_, value)| *value = self.text(value));
                self.body(body, headers);
            }
            Ends::Failed { why, .. } => *why = self.text(why),
        }
    }

    fn body(&self, body: &mut Body, headers: &[(String, String)]) {
        let Body::Text(text) = body else { return };
        let is_form = headers.iter().any(|(name, value)| {
            name == "content-type" && value.starts_with("application/x-www-form-urlencoded")
        });
        let replaced = match serde_json::from_str::<Json>(text) {
            _ if is_form => self.pairs(text),
            // What names nobody stays as it was written, to the last space.
            Ok(json) => match self.value(json.clone(), Holds::Other) {
                replaced if replaced == json => return,
                replaced => replaced.to_string(),
            },
            Err(_) => self.text(text),
        };
        *text = replaced;
    }

    fn value(&self, value: Json, holds: Holds) -> Json {
        match value {
            Json::String(text) if holds == Holds::Id && self.people.ids.contains(text.trim()) => {
                self.id(&text).into()
            }
            Json::String(text) => self.text(&text).into(),
            Json::Number(number) if holds == Holds::Id => self.number(number),
            Json::Array(items) => items.into_iter().map(|item| self.value(item, holds)).collect(),
            Json::Object(members) => {
                let kinds: HashMap<String, Holds> = members
                    .keys()
                    .map(|name| match (&**name, holds) {
                        // What a wrapper holds is what it is there for.
                        ("value", outer) if outer != Holds::Other => (name.clone(), outer),
                        _ => (name.clone(), self::holds(name, &members)),
                    })
                    .collect();
                let kind = |name: &str| kinds.get(name).copied().unwrap_or(Holds::Other);
                let masked = members.into_iter().map(|(name, value)| {
                    let value = self.value(value, kind(&name));
                    (name, value)
                });
                Json::Object(masked.collect())
            }
            other => other,
        }
    }

    fn number(&self, number: Number) -> Json {
        let text = number.to_string();
        if !self.people.ids.contains(&text) {
            return number.into();
        }
        self.id(&text).parse::<u64>().map_or(number.into(), Json::from)
    }

    fn path(&self, path: &str) -> String {
        let parts = path.split('/').map(|part| {
            let decoded = percent_decoded(part);
            let replaced =
                if self.people.ids.contains(&decoded) { self.id(&decoded) } else { self.text(&decoded) };
            if replaced == decoded { part.to_owned() } else { segment(&replaced) }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// A query or a form.
    fn pairs(&self, text: &str) -> String {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let replaced = pairs.iter().map(|(name, value)| {
            // A number may as well say how many are wanted.
            let is_id = self::holds(name, &Map::new()) == Holds::Id && self.people.ids.contains(value);
            (name.clone(), if is_id { self.id(value) } else { self.text(value) })
        });
        let replaced: Vec<(String, String)> = replaced.collect();
        if replaced == pairs {
            return text.to_owned();
        }
        form_urlencoded::Serializer::new(String::new()).extend_pairs(replaced).finish()
    }

    /// A text with others in the place of all who stand in it.
    fn text(&self, text: &str) -> String {
        let Some(mail) = &*MAIL else { return self.rest(text) };
        let (mut replaced, mut last) = (String::with_capacity(text.len()), 0);
        for found in mail.captures_iter(text) {
            let part = |number: usize| found.get(number).map(|part| part.as_str()).unwrap_or_default();
            let Some(whole) = found.get(0) else { continue };
            replaced += &self.rest(&text[last..whole.start()]);
            replaced += part(1);
            replaced += &self.mail(&format!("{}@{}", part(2), part(4))).replace('@', part(3));
            last = whole.end();
        }
        replaced + &self.rest(&text[last..])
    }

    /// The same of what holds no mail address.
    fn rest(&self, text: &str) -> String {
        let Some(phone) = PHONE.as_ref().filter(|_| !self.people.phones.is_empty()) else {
            return self.words(text);
        };
        let (mut replaced, mut last) = (String::with_capacity(text.len()), 0);
        for found in
            phone.find_iter(text).filter(|found| self.people.phones.contains(&digits(found.as_str())))
        {
            replaced += &self.words(&text[last..found.start()]);
            replaced += &self.phone(found.as_str());
            last = found.end();
        }
        replaced + &self.words(&text[last..])
    }

    /// IDs first: what looks like a word may be a part of one.
    fn words(&self, text: &str) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        let is_inside = |letter: char| letter.is_alphanumeric();
        while let Some(start) = rest.find(is_inside) {
            let end = rest[start..].find(|letter| !is_inside(letter)).map_or(rest.len(), |end| start + end);
            replaced += &rest[..start];
            let run = &rest[start..end];
            // A small number may be anything, wherever it stands in a text.
            let is_telling = run.len() >= 6 && run.chars().any(|letter| letter.is_ascii_digit());
            if is_telling && self.people.ids.contains(run) {
                replaced += &self.id(run);
            } else {
                self.names(run, &mut replaced);
            }
            rest = &rest[end..];
        }
        replaced + rest
    }

    fn names(&self, run: &str, into: &mut String) {
        let mut rest = run;
        while let Some(start) = rest.find(char::is_alphabetic) {
            let end = rest[start..]
                .find(|letter: char| !letter.is_alphabetic())
                .map_or(rest.len(), |end| start + end);
            into.push_str(&rest[..start]);
            let word = &rest[start..end];
            if self.people.words.contains(&word.to_lowercase()) {
                into.push_str(&self.name(word));
            } else {
                into.push_str(word);
            }
            rest = &rest[end..];
        }
        into.push_str(rest);
    }

    /// Chance that the key and a text decide.
    fn chance(&self, kind: &str, text: &str) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key).expect("a key");
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// A word of a name: one that can be spoken, with as many letters, and capital ones where they were.
    fn name(&self, word: &str) -> String {
        const CONSONANTS: &[u8] = b"bdfgklmnprstvz";
        const VOWELS: &[u8] = b"aeiou";
        let chance = self.chance("name", &word.to_lowercase());
        let all_capital = word.chars().count() > 1 && word.chars().all(char::is_uppercase);
        let letters = word.chars().zip(chance.iter().cycle()).enumerate().map(|(at, (old, chance))| {
            let from = if at % 2 == 0 { CONSONANTS } else { VOWELS };
            let letter = char::from(from[usize::from(*chance) % from.len()]);
            if all_capital || old.is_uppercase() { letter.to_ascii_uppercase() } else { letter }
        });
        letters.collect()
    }

    /// A mail address: its words as those of names, and what tells it from all others.
    fn mail(&self, mail: &str) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let whole = mail.to_lowercase();
        let (local, _) = whole.rsplit_once('@').unwrap_or((&whole, ""));
        let mut masked = String::new();
        for part in local.split_inclusive(|letter: char| !letter.is_alphanumeric()) {
            let word = part.trim_end_matches(|letter: char| !letter.is_alphanumeric());
            masked += &self.name(word);
            masked += &part[word.len()..];
        }
        let chance = self.chance("mail", &whole);
        let tail: String =
            chance.iter().take(5).map(|byte| char::from(LETTERS[usize::from(*byte) % 32])).collect();
        format!("{masked}-{tail}@example.com")
    }

    /// A telephone number: its digits but the first two, with all signs.
    fn phone(&self, phone: &str) -> String {
        let chance = self.chance("phone", &digits(phone));
        let mut at = 0;
        let letters = phone.chars().map(|letter| match letter.to_digit(10) {
            Some(_) => {
                at += 1;
                if at <= 2 { letter } else { char::from(b'0' + chance[at % 32] % 10) }
            }
            None => letter,
        });
        letters.collect()
    }

    /// An ID: of digits another number of as many, which no other ID becomes; else letters for letters, behind the first three of a long one.
    fn id(&self, id: &str) -> String {
        if id.len() <= 18 && id.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.permuted(id);
        }
        let is_hex = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
        let hex = id.len() >= 16 && id.chars().all(is_hex);
        let kept = if !hex && id.chars().count() >= 10 { 3 } else { 0 };
        let chance = self.chance("id", id);
        let letters = id.chars().enumerate().map(|(at, letter)| {
            let chance = chance[at % 32].wrapping_add((at / 32) as u8);
            match letter {
                _ if at < kept => letter,
                '0'..='9' | 'a'..='f' if hex => char::from(b"0123456789abcdef"[usize::from(chance % 16)]),
                'A'..='F' if hex => char::from(b"0123456789ABCDEF"[usize::from(chance % 16)]),
                '0'..='9' => char::from(b'0' + chance % 10),
                letter if letter.is_uppercase() => char::from(b'A' + chance % 26),
                letter if letter.is_alphabetic() => char::from(b'a' + chance % 26),
                letter => letter,
            }
        });
        letters.collect()
    }

    /// Another number of as many digits: a Feistel network over them, as FF1 has it (NIST SP 800-38G), repeated until it begins with no
    /// zero either. Each number becomes one that no other becomes.
    fn permuted(&self, number: &str) -> String {
        let mut digits = number.to_owned();
        loop {
            digits = self.round_trip(&digits);
            if number.starts_with('0') || !digits.starts_with('0') {
                return digits;
            }
        }
    }

    fn round_trip(&self, number: &str) -> String {
        let length = number.len();
        let half = length / 2;
        let (mut left, mut right) = (number[..half].to_owned(), number[half..].to_owned());
        for round in 0..10 {
            let width = if round % 2 == 0 { half } else { length - half };
            let chance = self.chance("number", &format!("{length} {round} {right}"));
            let added = chance.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
            let modulus = 10_u64.pow(width as u32);
            let sum = (left.parse::<u64>().unwrap_or(0) + added % modulus) % modulus;
            let next = if width == 0 { String::new() } else { format!("{sum:0width$}") };
            (left, right) = (right, next);
        }
        left + &right
    }
}

fn percent_decoded(text: &str) -> String {
    // As in a query, but for the plus sign.
    let text = text.replace('+', "%2B");
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    match (pairs.next(), pairs.next()) {
        (Some((name, value)), None) if value.is_empty() && !text.contains('=') => name.into_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn masks(key: &[u8; 32]) -> Masks<'_> {
        let mut people = People::default();
        people.collect(&serde_json::json!([
            { "id": "00ub0oNGTSWTBKOLGLNR", "profile": { "firstName": "Ada", "lastName": "Lovelace-King", "mobilePhone": "+44 20 7946 0018" } },
            { "type": "Employee", "attributes": {
                "id": { "label": "ID", "value": 4711 },
                "first_name": { "label": "First name", "value": "Grace" },
                "dynamic_7": { "label": "Phone", "value": "030 1234567" } } },
            { "id": "0oa1gid", "profile": { "name": "Staff" } },
        ]));
        Masks { key, people }
    }

    #[test]
    fn who_stands_in_it_is_found() {
        let people = masks(&[1; 32]).people;
        assert_eq!(people.words, ["ada", "grace", "king", "lovelace"].map(str::to_owned).into());
        assert_eq!(people.ids, ["00ub0oNGTSWTBKOLGLNR", "4711"].map(str::to_owned).into());
        assert_eq!(people.phones, ["0301234567", "442079460018"].map(str::to_owned).into());
    }

    #[test]
    fn the_same_person_is_the_same_wherever_they_stand() {
        let masks = masks(&[1; 32]);
        let (ada, king) = (masks.name("ada"), masks.name("King"));
        assert_eq!(ada.len(), 3);
        assert!(king.starts_with(char::is_uppercase) && king.len() == 4);
        let capital = format!("{}{}", ada[..1].to_uppercase(), &ada[1..]);
        assert_eq!(
            masks.text("Hello Ada, ADA, Adam: staff"),
            format!("Hello {capital}, {}, Adam: staff", ada.to_uppercase())
        );
        let mail = masks.mail("ada.king@acme.com");
        assert!(
            mail.starts_with(&format!("{ada}.{}-", king.to_lowercase())) && mail.ends_with("@example.com")
        );
        assert_eq!(masks.text("to Ada.King@acme.com!"), format!("to {mail}!"));
        assert_ne!(masks.mail("ada.king@acme.org"), mail);
        let encoded = mail.replace('@', "%40");
        assert_eq!(masks.text("?q=%22ada.king%40acme.com%22&n=4711"), format!("?q=%22{encoded}%22&n=4711"));
        assert_eq!(
            masks.pairs("employee_id=4711&limit=4711"),
            format!("employee_id={}&limit=4711", masks.id("4711"))
        );
        let id = masks.id("00ub0oNGTSWTBKOLGLNR");
        assert!(id.starts_with("00u") && id.len() == 20 && id != "00ub0oNGTSWTBKOLGLNR");
        assert_eq!(
            masks.path("/api/v1/users/00ub0oNGTSWTBKOLGLNR/groups"),
            format!("/api/v1/users/{id}/groups")
        );
        assert_eq!(
            masks.text("https://a.b/users/00ub0oNGTSWTBKOLGLNR?x"),
            format!("https://a.b/users/{id}?x")
        );
        let number = masks.id("4711");
        assert_eq!(masks.path("/employees/4711"), format!("/employees/{number}"));
        let body = masks.value(serde_json::json!({ "person_id": 4711, "salary": 4711 }), Holds::Other);
        assert_eq!(body, serde_json::json!({ "person_id": number.parse::<u64>().unwrap(), "salary": 4711 }));
        assert!(masks.text("+44 20 7946 0018").starts_with("+44 "));
        assert_ne!(masks.text("+44 20 7946 0018"), "+44 20 7946 0018");
        assert_eq!(masks.pairs("limit=200&after=x%20y"), "limit=200&after=x%20y");
        let other = self::masks(&[2; 32]);
        assert_ne!((other.mail("ada.king@acme.com"), other.id("4711")), (mail, number));
    }

    #[test]
    fn no_two_numbers_become_the_same() {
        let masks = masks(&[3; 32]);
        for (least, most) in [(1, 9), (10, 99), (100, 999)] {
            let numbers: BTreeSet<String> =
                (least..=most).map(|number: u32| masks.id(&number.to_string())).collect();
            let expected: BTreeSet<String> = (least..=most).map(|number| number.to_string()).collect();
            assert_eq!(numbers, expected);
        }
        assert_eq!(masks.id("0042").len(), 4);
    }
}
