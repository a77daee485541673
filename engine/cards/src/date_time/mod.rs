//! Date & Time cards. A date & time is an instant; what depends on a time zone is worked out in UTC unless a
//! card says otherwise.

mod format;
mod span;
mod units;
mod zone;

flowrun_core::pure_cards! {
    now::Now,
    add::Add,
    subtract::Subtract,
    difference::Difference,
    start_of::StartOf,
    end_of::EndOf,
    compare::Compare,
    parts::Parts,
    date_to_text::DateToText,
    text_to_date::TextToDate,
    convert::Convert,
    iso::Iso,
    epoch::Epoch,
    unix::Unix,
}
