//! JWT cards that need no key.

cards! { JWT:
    decode::Decode,
}
