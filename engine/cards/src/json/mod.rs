//! JSON cards.

cards! { JSON:
    parse::Parse,
    stringify::Stringify,
}
