//! Shared text.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// An immutable text; a clone shares it.
#[derive(Clone)]
pub struct Text(Shared);

#[derive(Clone)]
enum Shared {
    /// Exactly as long as it is.
    Fixed(Arc<str>),
    /// Put together of others, with room for more: who alone has it can go on with it.
    Growing(Arc<String>),
}

/// A text shorter than this is copied rather than given room to grow.
const SHORT: usize = 1_024;

impl Text {
    /// A text that is likely to be gone on with.
    pub(crate) fn growing(text: String) -> Text {
        Text(if text.len() < SHORT { Shared::Fixed(text.into()) } else { Shared::Growing(Arc::new(text)) })
    }

    /// The same, to go on with; a copy unless it has room and nobody else has it.
    pub(crate) fn into_string(self) -> String {
        match self.0 {
            Shared::Fixed(text) => (*text).to_owned(),
            Shared::Growing(text) => Arc::unwrap_or_clone(text),
        }
    }

    /// Whether these are one text, not two that are alike.
    pub(crate) fn shares(&self, other: &Text) -> bool {
        match (&self.0, &other.0) {
            (Shared::Fixed(one), Shared::Fixed(other)) => Arc::ptr_eq(one, other),
            (Shared::Growing(one), Shared::Growing(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Default for Text {
    fn default() -> Text {
        Text(Shared::Fixed(Arc::default()))
    }
}
impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        match &self.0 {
            Shared::Fixed(text) => text,
            Shared::Growing(text) => text,
        }
    }
}
impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        **self == **other
    }
}
impl Eq for Text {}
impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Text) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Text {
    fn cmp(&self, other: &Text) -> Ordering {
        (**self).cmp(&**other)
    }
}
impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}
impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}
impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}
impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(Shared::Fixed(text.into()))
    }
}
impl From<&String> for Text {
    fn from(text: &String) -> Text {
        Text(Shared::Fixed(text.as_str().into()))
    }
}
impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(Shared::Fixed(text.into()))
    }
}
impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Text {
        Text(Shared::Fixed(text))
    }
}
impl From<Text> for Arc<str> {
    fn from(text: Text) -> Arc<str> {
        match text.0 {
            Shared::Fixed(text) => text,
            Shared::Growing(text) => text.as_str().into(),
        }
    }
}
impl From<char> for Text {
    fn from(letter: char) -> Text {
        Text::from(&*letter.encode_utf8(&mut [0; 4]))
    }
}
impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}
impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;

    use super::*;

    #[test]
    fn two_alike_are_equal_and_hash_alike_however_they_lie() {
        let long = "ö".repeat(SHORT);
        let (fixed, growing) = (Text::from(&*long), Text::growing(long.clone()));
        assert!(fixed == growing && growing == *long && fixed.cmp(&growing) == Ordering::Equal);
        assert!(!fixed.shares(&growing) && growing.shares(&growing.clone()));
        let hash = |value: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            value(&mut hasher);
            hasher.finish()
        };
        let (one, other) = (hash(&|hasher| fixed.hash(hasher)), hash(&|hasher| growing.hash(hasher)));
        assert!(one == other && one == hash(&|hasher| long.hash(hasher)));
        // Two pointers and no more: values are copied by the million.
        assert_eq!(size_of::<Text>(), size_of::<Arc<str>>());
    }
}
