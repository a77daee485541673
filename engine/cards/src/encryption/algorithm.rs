//! Hash functions by their names, those that OpenSSL gives them among them.

use ::hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::prelude::*;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5, broken, for old services.
    Md5,
    /// SHA-1, broken, for old services.
    Sha1,
    /// SHA-2 with 224 bits.
    Sha224,
    /// SHA-2 with 256 bits.
    Sha256,
    /// SHA-2 with 384 bits.
    Sha384,
    /// SHA-2 with 512 bits.
    Sha512,
}

/// The names of all hash functions here.
pub const NAMES: &[&str] = &["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

impl Algorithm {
    /// The function that `name` stands for. OpenSSL's names of signatures stand for the hash inside them.
    pub fn named(name: &str) -> Option<Algorithm> {
        Some(match name {
            "md5" | "RSA-MD5" | "md5WithRSAEncryption" | "ssl2-md5" | "ssl3-md5" => Algorithm::Md5,
            "sha1" | "RSA-SHA1" | "RSA-SHA1-2" | "sha1WithRSAEncryption" | "ssl3-sha1" => Algorithm::Sha1,
            "sha224" | "RSA-SHA224" | "sha224WithRSAEncryption" => Algorithm::Sha224,
            "sha256" | "RSA-SHA256" | "sha256WithRSAEncryption" => Algorithm::Sha256,
            "sha384" | "RSA-SHA384" | "sha384WithRSAEncryption" => Algorithm::Sha384,
            "sha512" | "RSA-SHA512" | "sha512WithRSAEncryption" => Algorithm::Sha512,
            _ => return None,
        })
    }

    /// The hash of `data`.
    pub fn hash(self, data: &[u8]) -> Vec<u8> {
        match self {
            Algorithm::Md5 => Md5::digest(data).to_vec(),
            Algorithm::Sha1 => Sha1::digest(data).to_vec(),
            Algorithm::Sha224 => Sha224::digest(data).to_vec(),
            Algorithm::Sha256 => Sha256::digest(data).to_vec(),
            Algorithm::Sha384 => Sha384::digest(data).to_vec(),
            Algorithm::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// The keyed hash (RFC 2104) of `data`.
    pub fn hmac(self, key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        match self {
            Algorithm::Md5 => keyed::<Hmac<Md5>>(key, data),
            Algorithm::Sha1 => keyed::<Hmac<Sha1>>(key, data),
            Algorithm::Sha224 => keyed::<Hmac<Sha224>>(key, data),
            Algorithm::Sha256 => keyed::<Hmac<Sha256>>(key, data),
            Algorithm::Sha384 => keyed::<Hmac<Sha384>>(key, data),
            Algorithm::Sha512 => keyed::<Hmac<Sha512>>(key, data),
        }
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
    let mac = M::new_from_slice(key).map_err(|_| {
        Fault::new(FaultKind::InvalidInput, "the key has a length that the algorithm can't take")
    })?;
    Ok(mac.chain_update(data).finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::encoding::Encoding;
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        Encoding::Hex.write(bytes).unwrap()
    }

    #[test]
    fn hashes_are_those_of_the_standards() {
        let table = [
            // RFC 1321, A.5
            ("md5", "", "d41d8cd98f00b204e9800998ecf8427e"),
            ("md5", "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            // RFC 3174, 7.3
            ("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            // RFC 3874, 3.1
            ("sha224", "abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            // RFC 6234, 8.5, and FIPS 180-4's examples
            ("sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "sha384",
                "abc",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                "sha512",
                "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ];
        for (name, data, expected) in table {
            let hash = Algorithm::named(name).unwrap().hash(data.as_bytes());
            assert_eq!(hex(&hash), expected, "{name} of {data}");
        }
    }

    #[test]
    fn keyed_hashes_are_those_of_the_standards() {
        let jefe = "what do ya want for nothing?";
        let table = [
            // RFC 2202, 2 and 3, test case 2
            ("md5", "750c783e6ab0b503eaa86e310a5db738"),
            ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            // RFC 4231, 4.3
            ("sha224", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
            ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                "sha384",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                "sha512",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ];
        for (name, expected) in table {
            let hash = Algorithm::named(name).unwrap().hmac(b"Jefe", jefe.as_bytes()).unwrap();
            assert_eq!(hex(&hash), expected, "{name}");
        }
        // RFC 4231, 4.7: a key that is longer than a block.
        let long = Algorithm::Sha256
            .hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First")
            .unwrap();
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    /// RFC 7515, A.1: the JWT that is signed by HS256.
    #[test]
    fn a_jwt_is_signed_as_in_the_rfc() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                      eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let key = Encoding::Base64Url.read(key).unwrap();
        let signature = Algorithm::Sha256.hmac(&key, signed.as_bytes()).unwrap();
        let expected = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(Encoding::Base64Url.write(&signature).as_deref(), Some(expected));
    }

    #[test]
    fn every_name_in_the_list_is_known_and_no_other_hash_is() {
        assert!(NAMES.iter().all(|name| Algorithm::named(name).is_some()));
        for name in ["", "SHA-256", "whirlpool", "ripemd160", "sha", "DSA", "md4"] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
    }
}
