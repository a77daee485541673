//! Encryption cards: hashes, keyed hashes, and bytes written as text.

mod algorithm;
mod encoding;

cards! { ENCRYPTION:
    hash::Hash,
    hmac::Hmac,
    convert_encoding::ConvertEncoding,
}
