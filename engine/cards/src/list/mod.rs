//! List cards that need no helper flow. Places count from 0; a missing list is an empty one; no list is ever
//! changed.

cards! { LIST:
    filter::Filter,
    find::Find,
    at::At,
    length::Length,
    pluck::Pluck,
    includes::Includes,
    construct::Construct,
    list_to_text::ListToText,
    sort::Sort,
}
