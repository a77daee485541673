//! The JWT card that needs no key; those that sign and verify are in `connectors/crypto`.

cards! { JWT:
    decode::Decode,
}
