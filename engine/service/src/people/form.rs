//! The number of the form in which what is kept is written.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The form, as the first field of a note: 1. Another one can't be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Form;

const NUMBER: u32 = 1;

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        NUMBER.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Form, D::Error> {
        match u32::deserialize(deserializer)? {
            NUMBER => Ok(Form),
            other => {
                Err(D::Error::custom(format!("it has the form {other}, which this version does not know")))
            }
        }
    }
}
