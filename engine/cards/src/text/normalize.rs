use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

use crate::prelude::*;

/// The forms, by the names that Unicode has for them.
const FORMS: &[&str] = &["NFC", "NFD", "NFKC", "NFKD"];

/// Writes letters that look the same in the same way: `é` as one letter, or as `e` and an accent.
///
/// Systems differ in how they write letters with marks; two texts that look alike are then not equal. `NFC`, one letter where there
/// is one, is what the web and mail addresses use. `NFD` takes letters and marks apart. `NFKC` and `NFKD` also make plain letters
/// of others that mean the same, as `ﬁ` and `①`: good for comparing, not for keeping.
#[derive(Inputs)]
pub struct Normalize {
    /// The text.
    text: Text,
    /// The form, by the names that Unicode has for it.
    #[input(default = "NFC", choices = FORMS)]
    form: Text,
}

/// The text in that form.
#[derive(Outputs)]
pub struct Normalized {
    /// The same text.
    text: Text,
}

impl Pure for Normalize {
    const ID: &str = "text.normalize";
    // Of Unicode's Standard Annex 15, figures 3 to 6.
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "ju\u0308rgen@example.com" }"# => ok r#"{ text: "j\u00fcrgen@example.com" }"#,
        r#"{ text: "\u00c5", form: NFD }"# => ok r#"{ text: "A\u030a" }"#,
        r#"{ text: "\ufb01 2\u2075", form: NFKC }"# => ok r#"{ text: "fi 25" }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
        r#"{ text: "\u1e9b\u0323", form: NFKD }"# => ok r#"{ text: "s\u0323\u0307" }"#,
    };
    type Out = Normalized;

    fn run(self, _: &Cx<'_>) -> Result<Normalized> {
        let text = match &*self.form {
            "NFD" => DecomposingNormalizer::new_nfd().normalize(&self.text),
            "NFKC" => ComposingNormalizer::new_nfkc().normalize(&self.text),
            "NFKD" => DecomposingNormalizer::new_nfkd().normalize(&self.text),
            _ => ComposingNormalizer::new_nfc().normalize(&self.text),
        };
        Ok(Normalized { text: Text::from(&*text) })
    }
}
