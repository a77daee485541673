//! Text cards. Positions count from 0, in UTF-16 units as JavaScript counts them; a missing text is a blank
//! one.

use flowrun_core::fault::InputId;

use flowrun_core::value::LONGEST_TEXT;

use crate::prelude::*;

mod letters;
mod pattern;
mod position;

flowrun_core::pure_cards! {
    compose::Compose,
    concatenate::Concatenate,
    split::Split,
    split_lines::SplitLines,
    at::At,
    text_segment::TextSegment,
    length::Length,
    find::Find,
    find_last::FindLast,
    find_pattern::FindPattern,
    extract_pattern::ExtractPattern,
    find_email::FindEmail,
    contains::Contains,
    starts_with::StartsWith,
    ends_with::EndsWith,
    compare::Compare,
    replace::Replace,
    replace_patterns::ReplacePatterns,
    replace_pattern::ReplacePattern,
    escape_pattern::EscapePattern,
    to_lower_case::ToLowerCase,
    to_upper_case::ToUpperCase,
    title_case::TitleCase,
    normalize::Normalize,
    remove_diacritics::RemoveDiacritics,
    trim::Trim,
    trim_start::TrimStart,
    trim_end::TrimEnd,
    pad_start::PadStart,
    pad_end::PadEnd,
    repeat::Repeat,
    reverse::Reverse,
    base64::Base64,
    base64_decode::Base64Decode,
    random::Random,
    unique_id::UniqueId,
}

fn check_length(length: f64, input: InputId) -> Result<()> {
    if length > LONGEST_TEXT as f64 {
        bail!(input, "expected a text of at most {LONGEST_TEXT} characters, found {length}");
    }
    Ok(())
}

/// What `text` lacks to be of `length`, which is given as `input`: `fill`, over and over.
fn padding(text: &str, length: f64, fill: &str, input: InputId) -> Result<String> {
    check_length(length, input)?;
    let mut missing = (length as usize).saturating_sub(position::units(text));
    let mut padding = String::new();
    for letter in fill.chars().cycle() {
        if letter.len_utf16() > missing {
            break;
        }
        missing -= letter.len_utf16();
        padding.push(letter);
    }
    Ok(padding)
}
