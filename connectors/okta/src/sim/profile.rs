//! A user's profile, kept small, and the rules for the ones that are uploaded.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The attributes most users have: the identity source's name, then the name in Okta's directory.
const BASE: [(&str, &str); 6] = [
    ("userName", "login"),
    ("email", "email"),
    ("firstName", "firstName"),
    ("lastName", "lastName"),
    ("secondEmail", "secondEmail"),
    ("mobilePhone", "mobilePhone"),
];

/// The attributes an identity source declares itself.
type Others = BTreeMap<Box<str>, Option<Box<str>>>;

/// A profile as the identity source knows it. The base attributes share one allocation, because there may be
/// half a million of them.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    text: Box<str>,
    ends: [u16; BASE.len()],
    /// Bit n: base attribute n is mentioned. Bit n + 8: it has a text.
    known: u16,
    more: Option<Box<Others>>,
    /// Attributes that are no texts; only clients of the API set these.
    typed: Option<Box<Map<String, Value>>>,
}

impl Profile {
    /// A profile of these attributes; `None` empties one.
    pub fn new<'a>(attributes: impl IntoIterator<Item = (Cow<'a, str>, Option<Cow<'a, str>>)>) -> Profile {
        let mut base: [Option<Option<Cow<'a, str>>>; BASE.len()] = Default::default();
        let mut more = Others::new();
        for (name, value) in attributes {
            match BASE.iter().position(|(source, _)| *source == name) {
                Some(place) => base[place] = Some(value),
                None => {
                    more.insert(name.into(), value.map(|value| Box::from(value.as_ref())));
                }
            }
        }
        let mut text = String::new();
        let mut ends = [0; BASE.len()];
        let mut known = 0;
        for (place, value) in base.into_iter().enumerate() {
            match value {
                None => {}
                Some(None) => known |= 1 << place,
                Some(Some(value)) => {
                    known |= (1 << place) | (1 << (place + 8));
                    text.push_str(&value);
                }
            }
            // Lengths are checked on upload; what a test seeds beyond that is cut off by saturation, not wrapped.
            ends[place] = u16::try_from(text.len()).unwrap_or(u16::MAX);
        }
        let more = (!more.is_empty()).then(|| Box::new(more));
        Profile { text: text.into(), ends, known, more, typed: None }
    }

    /// Whether nothing at all is mentioned.
    pub fn is_empty(&self) -> bool {
        self.known == 0 && self.more.is_none() && self.typed.is_none()
    }

    /// A profile as a client of the API sends it, by the names of Okta's directory.
    pub fn of_directory(sent: &Map<String, Value>) -> Profile {
        let texts =
            sent.iter().filter(|(_, value)| value.is_string() || value.is_null()).map(|(name, value)| {
                let base = BASE.iter().find(|(_, directory)| directory == name);
                (
                    Cow::Borrowed(base.map_or(name.as_str(), |(source, _)| source)),
                    value.as_str().map(Cow::Borrowed),
                )
            });
        let others = sent.iter().filter(|(_, value)| !value.is_string() && !value.is_null());
        let typed: Map<String, Value> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        Profile { typed: (!typed.is_empty()).then(|| Box::new(typed)), ..Profile::new(texts) }
    }

    /// The value of an attribute that isn't a text.
    pub fn typed(&self, name: &str) -> Option<&Value> {
        self.typed.as_ref()?.get(name)
    }

    /// The text of an attribute, by the name the identity source has for it.
    pub fn get(&self, name: &str) -> Option<&str> {
        match BASE.iter().position(|(source, _)| *source == name) {
            Some(place) => self.base(place),
            None => self.more.as_ref()?.get(name)?.as_deref(),
        }
    }

    /// The text of an attribute, by the name Okta's directory has for it.
    pub fn get_in_directory(&self, name: &str) -> Option<&str> {
        match BASE.iter().position(|(_, directory)| *directory == name) {
            Some(place) => self.base(place),
            None => self.more.as_ref()?.get(name)?.as_deref(),
        }
    }

    /// Every attribute mentioned and its text, by the identity source's names.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let base = (0..BASE.len()).filter(|place| self.known & (1 << place) != 0);
        let more = self.more.iter().flat_map(|more| more.iter());
        base.map(|place| (BASE[place].0, self.base(place)))
            .chain(more.map(|(name, value)| (name.as_ref(), value.as_deref())))
    }

    /// This profile with what a newer one mentions in place of its own.
    pub fn updated_by(&self, newer: &Profile) -> Profile {
        let kept = self.attributes().filter(|(name, _)| newer.typed(name).is_none());
        let texts = kept.chain(newer.attributes());
        let mut profile =
            Profile::new(texts.map(|(name, value)| (Cow::Borrowed(name), value.map(Cow::Borrowed))));
        profile.typed = match (&self.typed, &newer.typed) {
            (None, newer) => newer.clone(),
            (Some(older), newer_typed) => {
                let mut typed = older.clone();
                for (name, _) in newer.attributes() {
                    typed.remove(name);
                }
                let changed = newer_typed.iter().flat_map(|typed| typed.iter());
                typed.extend(changed.map(|(name, value)| (name.clone(), value.clone())));
                (!typed.is_empty()).then_some(typed)
            }
        };
        profile
    }

    /// What the schema of `bulk-upsert` forbids in it.
    pub fn violation(&self) -> Option<String> {
        self.attributes().find_map(|(name, value)| {
            let (shortest, longest, nullable) = match name {
                "userName" => (0, 100, false),
                "email" | "secondEmail" => (5, 100, false),
                "firstName" | "lastName" => (1, 50, true),
                "mobilePhone" => (0, 100, true),
                "homeAddress" => (0, 4096, true),
                _ => return None,
            };
            let Some(value) = value else {
                return (!nullable).then(|| format!("{name}: The field cannot be null"));
            };
            let length = value.chars().count();
            if length < shortest {
                return Some(format!("{name}: The field must have at least {shortest} characters"));
            }
            if length > longest {
                return Some(format!("{name}: The field is too long, it may have {longest} characters"));
            }
            let is_email = name == "email" || name == "secondEmail";
            (is_email && !looks_like_email(value)).then(|| format!("{name}: Does not match the email format"))
        })
    }

    /// What keeps an import from making a user of it (support.okta.com/help/s/article/users-not-updating-from-profile-source names
    /// the reasons; the words are made up).
    pub fn lack(&self) -> Option<String> {
        let text = |name: &str| self.get(name).unwrap_or_default();
        let absent =
            ["userName", "email", "firstName", "lastName"].into_iter().find(|name| text(name).is_empty());
        if let Some(name) = absent {
            return Some(format!("{name}: The field cannot be left blank"));
        }
        let login = text("userName");
        (!looks_like_email(login))
            .then(|| "userName: Username must be in the form of an email address".to_owned())
    }

    fn base(&self, place: usize) -> Option<&str> {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        let has_text = self.known & (1 << (place + 8)) != 0;
        has_text.then(|| self.text.get(usize::from(start)..usize::from(self.ends[place]))).flatten()
    }
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

/// The profile as `GET /api/v1/users` shows it: the base attributes always, null where there is no text.
pub struct InDirectory<'a>(pub &'a Profile);

impl Serialize for InDirectory<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (place, (_, name)) in BASE.iter().enumerate() {
            map.serialize_entry(name, &self.0.base(place))?;
        }
        for (name, value) in self.0.more.iter().flat_map(|more| more.iter()) {
            map.serialize_entry(name, value)?;
        }
        for (name, value) in self.0.typed.iter().flat_map(|typed| typed.iter()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
        struct Attributes;

        impl<'de> Visitor<'de> for Attributes {
            type Value = Profile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Profile, A::Error> {
                let mut all = Vec::with_capacity(8);
                while let Some(Text(name)) = map.next_key()? {
                    let value: Option<Text<'de>> =
                        map.next_value().map_err(|_| A::Error::custom(format!("{name} is not a text")))?;
                    all.push((name, value.map(|Text(value)| value)));
                }
                Ok(Profile::new(all))
            }
        }

        deserializer.deserialize_map(Attributes)
    }
}
