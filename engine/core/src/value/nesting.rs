//! How deep values lie in each other.

use super::Value;

/// How deep lists and objects may lie in each other in a JSON text: as deep as `serde_json` reads. What a card makes
/// by a path lies no deeper, so that its JSON can be read again.
pub const DEEPEST_JSON: usize = 127;

/// How deep values may lie in each other where a loop could make it any depth.
///
/// Whatever walks through a value calls itself for what lies inside, and so has only as many levels as the stack has room for. JSON is
/// read to 127 levels, a path has at most 127 keys, flows call each other to 250 levels; the running value of Reduce is what is left.
pub(crate) const DEEPEST: usize = 1_000;

/// Looks at a value that grows from turn to turn, so seldom that looking costs next to nothing.
#[derive(Debug, Default)]
pub(crate) struct Depth {
    rests: usize,
}

/// A turn may look at so many values on the average.
const LOOKED_AT: usize = 64;

/// However large the value, it is looked at again after so many turns, for each may add a level.
const LONGEST_REST: usize = 500;

impl Depth {
    /// After how many more turns it looks again.
    pub(crate) fn rests(&self) -> usize {
        self.rests
    }

    /// One that looks again after so many turns.
    pub(crate) fn resting(rests: usize) -> Depth {
        Depth { rests }
    }

    /// Whether the value is still known to be at most `DEEPEST` levels deep, or nearly so.
    pub(crate) fn bears(&mut self, value: &Value) -> bool {
        if self.rests > 0 {
            self.rests -= 1;
            return true;
        }
        let Some(values) = value.count_within(DEEPEST) else { return false };
        self.rests = (values / LOOKED_AT).min(LONGEST_REST);
        true
    }
}

impl Value {
    /// Whether this is no more than so many values, each counted as often as it is held. Looks at no more than those.
    pub fn has_at_most(&self, values: u32) -> bool {
        fn count(value: &Value, left: &mut u32) -> bool {
            let Some(fewer) = left.checked_sub(1) else { return false };
            *left = fewer;
            match value {
                Value::List(items) => items.iter().all(|item| count(item, left)),
                Value::Object(members) => members.values().all(|member| count(member, left)),
                _ => true,
            }
        }
        count(self, &mut { values })
    }

    /// How many values this is, with those inside; none if one of them lies more than so many levels deep.
    fn count_within(&self, levels: usize) -> Option<usize> {
        match self {
            Value::List(items) => count_all(items.iter(), levels),
            Value::Object(members) => count_all(members.values(), levels),
            _ => Some(1),
        }
    }
}

fn count_all<'v>(mut inside: impl Iterator<Item = &'v Value>, levels: usize) -> Option<usize> {
    inside.try_fold(1, |count, value| Some(count + value.count_within(levels.checked_sub(1)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_json;

    #[test]
    fn values_are_counted_down_to_a_depth() {
        let value = parse_json(r#"{"a":[1,[2,{}]],"b":null}"#).unwrap();
        assert_eq!(value.count_within(4), Some(7));
        assert_eq!(value.count_within(3), Some(7));
        assert_eq!(value.count_within(2), None);
        assert_eq!(Value::Null.count_within(0), Some(1));
    }

    #[test]
    fn what_grows_too_deep_is_seen_soon_and_what_grows_long_is_seldom_looked_at() {
        let mut depth = Depth::default();
        let mut deep = Value::Null;
        let borne = (0..2_000).take_while(|_| {
            deep = Value::list(vec![std::mem::take(&mut deep)]);
            depth.bears(&deep)
        });
        let borne = borne.count();
        assert!((DEEPEST..DEEPEST + 50).contains(&borne), "{borne}");
        let long = Value::list(vec![Value::Null; 100_000]);
        assert!(depth.rests == 0 && depth.bears(&long));
        assert_eq!(depth.rests, LONGEST_REST);
    }
}
