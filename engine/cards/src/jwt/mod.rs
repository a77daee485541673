//! The JWT card that needs no key; those that sign and verify are in `connectors/crypto`.

flowrun_core::pure_cards! {
    decode::Decode,
}
