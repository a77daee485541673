//! Encryption cards: hashes, keyed hashes, and bytes written as text. What encrypts and decrypts is in `connectors/crypto`.

mod algorithm;
mod encoding;

flowrun_core::pure_cards! {
    hash::Hash,
    hmac::Hmac,
    convert_encoding::ConvertEncoding,
}
