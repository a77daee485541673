use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

use crate::prelude::*;

/// Takes the marks off letters, as in `é`, `ü` and `ş`.
///
/// Letters of the Latin alphabet that have no plain form in Unicode are replaced as well: `ß` becomes `ss`, `æ`
/// `ae`, `ø` `o`, `ł` `l`, `đ` `d`, `þ` `th`. `ü` becomes `u`, not `ue`; where names are spelled so use
/// `text.replace` first. Other scripts are kept; only marks of Greek and Cyrillic letters go.
#[derive(Inputs)]
pub struct RemoveDiacritics {
    /// The text.
    text: Text,
}

/// The text without marks.
#[derive(Outputs)]
pub struct Plain {
    /// The same text in plain letters.
    text: Text,
}

impl Pure for RemoveDiacritics {
    const ID: &str = "text.remove_diacritics";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: José Müller-Łuczak }"# => ok r#"{ text: Jose Muller-Luczak }"#,
        r#"{ text: Straße Æsop Øre þú Đoković ı }"# => ok r#"{ text: Strasse AEsop Ore thu Dokovic i }"#,
        r#"{ text: "e\u0301 한국 हिन्दी" }"# => ok r#"{ text: "e 한국 हिन्दी" }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Plain;

    fn run(self, _: &Cx<'_>) -> Result<Plain> {
        if self.text.is_ascii() {
            return Ok(Plain { text: self.text });
        }
        let apart = DecomposingNormalizer::new_nfd().normalize_iter(self.text.chars());
        let mut text = String::with_capacity(self.text.len());
        for letter in apart.filter(|letter| !MARKS.contains(letter)) {
            match plain(letter) {
                Some(letters) => text.push_str(letters),
                None => text.push(letter),
            }
        }
        // Other scripts came apart too.
        Ok(Plain { text: Text::from(&*ComposingNormalizer::new_nfc().normalize(&text)) })
    }
}

/// The marks that stand above, below and through letters.
const MARKS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';

fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "TH",
        'ħ' => "h",
        'Ħ' => "H",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ı' => "i",
        'ĸ' => "k",
        // Those that Unicode has only for the sake of older sets.
        'ĳ' => "ij",
        'Ĳ' => "IJ",
        'ŀ' => "l",
        'Ŀ' => "L",
        'ŉ' => "'n",
        'ſ' => "s",
        'ŋ' => "n",
        'Ŋ' => "N",
        _ => return None,
    })
}
