//! Text cards. Positions count from 0, in UTF-16 units as JavaScript counts them; a missing text is a blank
//! one.

cards! { TEXT:
    compose::Compose,
    concatenate::Concatenate,
    split::Split,
    text_segment::TextSegment,
    replace::Replace,
    to_lower_case::ToLowerCase,
    trim::Trim,
}
