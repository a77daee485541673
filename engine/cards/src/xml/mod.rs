//! XML cards. An element becomes a key; its attributes become keys with `@`, its text beside them `#text`.

flowrun_core::pure_cards! {
    parse::Parse,
    build::Build,
}

/// What stands in front of an attribute's name.
const ATTRIBUTE: &str = "@";

/// The key of an element's text, where it has attributes or elements too.
const TEXT: &str = "#text";

/// How deep elements may lie in each other.
const DEEPEST: usize = 128;
