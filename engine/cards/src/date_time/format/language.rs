//! How a language names months and weekdays, and puts dates together.

use icu_normalizer::DecomposingNormalizer;

use super::languages::{ENGLISH, LANGUAGES};
use crate::prelude::*;

/// A language; the names stand in the order of the calendar, with a space between.
pub(in crate::date_time) struct Language {
    pub code: &'static str,
    pub ordinals: Ordinals,
    /// A date in numbers.
    pub day: &'static str,
    /// A date in words.
    pub long: &'static str,
    /// What stands before a date in words that has its weekday.
    pub weekday: &'static str,
    pub time: &'static str,
    /// The months as they stand beside a day.
    pub months: &'static str,
    /// The months as they stand alone, where that is another form.
    pub alone: &'static str,
    pub short: &'static str,
    pub weekdays: &'static str,
    pub weekdays_short: &'static str,
    /// Other ways in which months are written, with their number from 0.
    pub also: &'static [(&'static str, usize)],
}

/// How a language writes "seventh".
#[derive(Clone, Copy)]
pub(in crate::date_time) enum Ordinals {
    English,
    Dot,
    /// 1er, and then plain numbers.
    FirstEr,
    /// 7º
    Raised,
    /// 7e
    E,
    None,
}

/// The codes of the languages, for the choices of a card.
pub(in crate::date_time) const CODES: &[&str] =
    &["en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs"];

/// The language that a card's input names, English for a blank; an error if it is not known.
pub(in crate::date_time) fn language(code: &str, input: InputId) -> Result<&'static Language> {
    let code = code.trim();
    let named = LANGUAGES.iter().find(|language| language.code.eq_ignore_ascii_case(code));
    match named {
        Some(language) => Ok(language),
        None if code.is_empty() => Ok(ENGLISH),
        None => bail!(input, "expected a language, one of {}, found \"{code}\"", CODES.join(", ")),
    }
}

/// Formats that are whole dates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Whole {
    /// The time, with or without seconds.
    Time { seconds: bool },
    /// The date in numbers.
    Day,
    /// The date in words, with or without the time and the weekday.
    Long { time: bool, weekday: bool },
}

impl Language {
    /// The format that a whole date stands for; `small` ones have short names, and numbers without zeros in front.
    pub(super) fn whole(&self, whole: Whole, small: bool) -> String {
        let format = match whole {
            Whole::Time { seconds: false } => self.time.to_owned(),
            Whole::Time { seconds: true } => {
                let colon = if self.time.contains('.') { ".ss" } else { ":ss" };
                self.time.replacen("mm", &format!("mm{colon}"), 1)
            }
            Whole::Day => self.day.to_owned(),
            Whole::Long { time, weekday } => {
                let weekday = if weekday { self.weekday } else { "" };
                let time = if time { format!(" {}", self.time) } else { String::new() };
                format!("{weekday}{}{time}", self.long)
            }
        };
        // As moment has it: each of these codes loses a letter.
        match (small, whole) {
            (false, _) => format,
            (true, Whole::Day) => format.replace("MM", "M").replace("DD", "D"),
            (true, _) => format.replace("MMMM", "MMM").replace("dddd", "ddd"),
        }
    }

    /// The month's name; `beside_day` where the date has its day too.
    pub(super) fn month(&self, month: i8, beside_day: bool) -> &'static str {
        let names = if beside_day || self.alone.is_empty() { self.months } else { self.alone };
        nth(names, month - 1)
    }

    pub(super) fn month_short(&self, month: i8) -> &'static str {
        nth(self.short, month - 1)
    }

    /// The weekday's name; 0 is Sunday.
    pub(super) fn weekday(&self, weekday: i8) -> &'static str {
        nth(self.weekdays, weekday)
    }

    pub(super) fn weekday_short(&self, weekday: i8) -> &'static str {
        nth(self.weekdays_short, weekday)
    }

    /// The first two letters of the weekday.
    pub(super) fn weekday_tiny(&self, weekday: i8) -> &'static str {
        let name = self.weekday(weekday);
        let end = name.char_indices().nth(2).map_or(name.len(), |(end, _)| end);
        &name[..end]
    }

    /// Which month, from 0, the text begins with, and what follows; in any of its forms.
    pub(super) fn read_month<'t>(&self, text: &'t str) -> Option<(usize, &'t str)> {
        let forms = [self.months, self.alone, self.short].into_iter().flat_map(numbered);
        read(text, || forms.clone().chain(self.also.iter().map(|(name, month)| (*month, *name))))
    }

    /// Which weekday, 0 is Sunday, the text begins with, and what follows; in any of its forms.
    pub(super) fn read_weekday<'t>(&self, text: &'t str, tiny: bool) -> Option<(usize, &'t str)> {
        let forms = [self.weekdays, self.weekdays_short].into_iter().flat_map(numbered);
        let tiny =
            (0..if tiny { 7 } else { 0 }).map(|weekday| (weekday as usize, self.weekday_tiny(weekday)));
        read(text, || forms.clone().chain(tiny.clone()))
    }

    /// What a number has behind it as an ordinal.
    pub(super) fn ending(&self, number: i64) -> &'static str {
        match (self.ordinals, number % 100, number % 10) {
            (Ordinals::Dot, ..) => ".",
            (Ordinals::FirstEr, ..) if number == 1 => "er",
            (Ordinals::FirstEr | Ordinals::None, ..) => "",
            (Ordinals::Raised, ..) => "º",
            (Ordinals::E, ..) => "e",
            (Ordinals::English, 11..=13, _) => "th",
            (Ordinals::English, _, 1) => "st",
            (Ordinals::English, _, 2) => "nd",
            (Ordinals::English, _, 3) => "rd",
            (Ordinals::English, ..) => "th",
        }
    }
}

fn nth(names: &'static str, index: i8) -> &'static str {
    names.split(' ').nth(index.max(0) as usize).unwrap_or_default()
}

fn numbered(names: &'static str) -> impl Iterator<Item = (usize, &'static str)> + Clone {
    names.split(' ').filter(|name| !name.is_empty()).enumerate()
}

/// Which of the forms the text begins with, and what follows; none if it fits two numbers. In any case, with or without accents
/// and the dot of a short form.
fn read<I: Iterator<Item = (usize, &'static str)>>(
    text: &str,
    forms: impl Fn() -> I,
) -> Option<(usize, &str)> {
    let word = |from: usize| {
        let letters = text[from..].find(|letter: char| !letter.is_alphabetic() && !is_mark(letter));
        letters.map_or(text.len(), |length| from + length)
    };
    let first = word(0);
    // Of two words with a hyphen, as in segunda-feira, one can be a name as well.
    let second = text[first..].starts_with('-').then(|| word(first + 1)).filter(|end| *end > first + 1);
    for end in second.into_iter().chain([first]) {
        let found = plain(&text[..end]);
        let mut fitting =
            forms().filter(|(_, form)| !found.is_empty() && plain(form.trim_end_matches('.')) == found);
        if let Some((number, _)) = fitting.next() {
            let rest = &text[end..];
            return fitting
                .all(|(other, _)| other == number)
                .then(|| (number, rest.strip_prefix('.').unwrap_or(rest)));
        }
    }
    None
}

fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// Small letters without accents.
fn plain(text: &str) -> String {
    let apart = DecomposingNormalizer::new_nfd().normalize_iter(text.chars());
    apart.filter(|letter| !is_mark(*letter)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_whole_and_reads_what_it_writes() {
        assert_eq!(LANGUAGES.iter().map(|language| language.code).collect::<Vec<_>>(), CODES);
        for language in LANGUAGES {
            for month in 1..=12 {
                let forms =
                    [language.month(month, true), language.month(month, false), language.month_short(month)];
                for form in forms {
                    for text in [form.to_owned(), form.to_uppercase(), format!("{form} 2026")] {
                        let found = language.read_month(&text).map(|(month, _)| month as i8 + 1);
                        assert_eq!(found, Some(month), "{} {text}", language.code);
                    }
                }
            }
            for weekday in 0..7 {
                for form in [language.weekday(weekday), language.weekday_short(weekday)] {
                    let found = language.read_weekday(form, false).map(|(weekday, _)| weekday as i8);
                    assert_eq!(found, Some(weekday), "{} {form}", language.code);
                }
            }
        }
        assert_eq!(ENGLISH.code, "en");
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        #[rustfmt::skip]
        let table = [
            ("de", "März", 3), ("de", "MÄRZ", 3), ("de", "Mär.", 3), ("de", "Ma\u{308}rz", 3), ("de", "Maerz", 3), ("de", "Mrz.", 3), ("de", "Mai", 5),
            ("de", "Sept.", 9), ("de", "Sep", 9), ("de", "Jänner", 1), ("fr", "aout", 8), ("fr", "Févr.", 2), ("es", "septiembre", 9),
            ("en", "Sept", 9), ("pl", "marzec", 3), ("pl", "marca", 3), ("pl", "paź", 10), ("pt", "Março", 3), ("it", "ago", 8), ("nl", "mrt", 3),
        ];
        for (code, text, month) in table {
            let found =
                language(code, InputId(0)).unwrap().read_month(text).map(|(month, rest)| (month + 1, rest));
            assert_eq!(found, Some((month, "")), "{code} {text}");
        }
        for (code, text) in
            [("en", "März"), ("de", "March"), ("de", "Ma"), ("en", ""), ("en", "7"), ("fr", "ma")]
        {
            assert_eq!(language(code, InputId(0)).unwrap().read_month(text), None, "{code} {text}");
        }
        let portuguese = language("pt", InputId(0)).unwrap();
        assert_eq!(portuguese.read_weekday("segunda-feira, 30", false), Some((1, ", 30")));
        assert_eq!(portuguese.read_weekday("qu", true), None, "quarta or quinta");
        assert!(language("xx", InputId(0)).is_err());
    }
}
