//! Date & Time cards. A date & time is an instant; what depends on a time zone is worked out in UTC unless a
//! card says otherwise.

mod tokens;
mod units;

cards! { DATE_TIME:
    now::Now,
    add::Add,
    subtract::Subtract,
    difference::Difference,
    date_to_text::DateToText,
    text_to_date::TextToDate,
}
