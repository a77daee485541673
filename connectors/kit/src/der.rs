//! The little that must be known of keys in DER: of which kind they are, how SEC 1 becomes PKCS #8, and how one value is read
//! after the other.

use flowrun_core::fault::Result;

use crate::algorithm::Curve;
use crate::jwk::{wrong, wrong_curve};

pub(crate) const RSA: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
pub(crate) const EC: &[u8] = &[0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const P256: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23];
const SECP256K1: &[u8] = &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x0A];

/// Where PKCS #8 says of which kind a key is: before the key itself.
const HEAD: usize = 40;

fn has(der: &[u8], identifier: &[u8]) -> bool {
    der.windows(identifier.len()).any(|bytes| bytes == identifier)
}

/// Whether a key in PKCS #8 is an RSA key.
pub(crate) fn is_rsa(der: &[u8]) -> bool {
    has(&der[..der.len().min(HEAD)], RSA)
}

/// Whether a key in PKCS #8 is an EC key.
pub(crate) fn is_ec(der: &[u8]) -> bool {
    has(&der[..der.len().min(HEAD)], EC)
}

/// The curve that an EC key names; that an identifier stands in a key by chance won't happen.
pub(crate) fn curve(der: &[u8]) -> Result<Curve> {
    match [P256, P384, P521, SECP256K1].iter().position(|identifier| has(der, identifier)) {
        Some(0) => Ok(Curve::P256),
        Some(1) => Ok(Curve::P384),
        Some(2) => Err(wrong_curve("P-521")),
        Some(_) => Err(wrong_curve("secp256k1")),
        None => Err(wrong("the EC key is damaged, or on a curve other than P-256 and P-384")),
    }
}

/// A key in SEC 1 (`BEGIN EC PRIVATE KEY`) as PKCS #8, which is that key behind a version and its kind.
pub(crate) fn wrap_sec1(curve: Curve, sec1: &[u8]) -> Vec<u8> {
    let identifier = match curve {
        Curve::P256 => P256,
        Curve::P384 => P384,
    };
    let kind = tagged(SEQUENCE, &[EC, identifier].concat());
    let version = [INTEGER, 0x01, 0x00];
    tagged(SEQUENCE, &[&version, &kind[..], &tagged(0x04, sec1)].concat())
}

/// A value with its tag and its length in front.
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let bytes = &length[length.iter().position(|&byte| byte > 0).unwrap_or(length.len() - 1)..];
    let mut der = vec![tag];
    if value.len() >= 0x80 {
        der.push(0x80 | bytes.len() as u8);
    }
    der.extend(bytes);
    der.extend(value);
    der
}

/// Reads values of DER, one after the other.
pub(crate) struct Reader<'d>(pub(crate) &'d [u8]);

impl<'d> Reader<'d> {
    /// The content of the next value, if it has this tag.
    pub(crate) fn next(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            // Four bytes of length are more than any key has.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        (found == tag).then(|| {
            self.0 = rest;
            content
        })
    }

    /// The next number, without the zeros in front.
    pub(crate) fn number(&mut self) -> Option<&'d [u8]> {
        let bytes = self.next(INTEGER)?;
        Some(&bytes[bytes.iter().position(|&byte| byte > 0)?..])
    }

    /// What a string of bits holds, if its bits make whole bytes.
    pub(crate) fn bits(&mut self) -> Option<&'d [u8]> {
        self.next(BITS)?.strip_prefix(&[0])
    }
}

/// The tag of a number.
pub(crate) const INTEGER: u8 = 0x02;
/// The tag of a string of bits.
const BITS: u8 = 0x03;
/// The tag of several values.
pub(crate) const SEQUENCE: u8 = 0x30;
