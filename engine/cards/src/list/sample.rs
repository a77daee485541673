use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::prelude::*;

/// Draws items of a list at random.
///
/// No item is drawn twice, so that there are at most as many as the list has. They are in the order in which
/// they were drawn. A run that is replayed draws the same ones; chance of this kind isn't a secret. See also
/// `list.list_segment`.
#[derive(Inputs)]
pub struct Sample {
    /// The items.
    list: Arc<Vec<Value>>,
    /// How many are drawn; a fraction is cut off.
    #[input(default = 10)]
    amount: f64,
}

/// The items drawn.
#[derive(Outputs)]
pub struct Drawn {
    /// The items, in the order in which they were drawn.
    #[output(keys_of = "list")]
    samples: Vec<Value>,
}

impl Pure for Sample {
    const ID: &str = "list.sample";
    const EXPORTED_AS: &[&str] = &["kernel:list:sample"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [a, a, a, a], amount: 2 }"# => ok r#"{ samples: [a, a] }"#,
        r#"{ list: [7], amount: 3 }"# => ok r#"{ samples: [7] }"#,
        r#"{ list: [a, b], amount: 0 }"# => ok r#"{ samples: [] }"#,
        r#"{ list: [a, b], amount: -1 }"# => err "expected 0 or more, found -1",
    };
    type Out = Drawn;

    fn run(self, cx: &Cx<'_>) -> Result<Drawn> {
        if self.amount < 0.0 {
            bail!(Self::AMOUNT, "expected 0 or more, found {}", self.amount);
        }
        let amount = self.list.len().min(self.amount as usize);
        let mut chance = Chance::new(cx.seed);
        // The list is shuffled as far as it is drawn from; only the places that were swapped are noted.
        let mut swapped: BTreeMap<usize, usize> = BTreeMap::new();
        let mut draw = |drawn: usize| {
            let place = drawn + chance.below((self.list.len() - drawn) as u64) as usize;
            let item = swapped.get(&place).copied().unwrap_or(place);
            let other = swapped.get(&drawn).copied().unwrap_or(drawn);
            swapped.insert(place, other);
            self.list[item].clone()
        };
        Ok(Drawn { samples: (0..amount).map(&mut draw).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_may_be_drawn_and_none_twice() {
        let list: Arc<Vec<Value>> = Arc::new((0..5).map(Value::from).collect());
        let mut count = [0; 5];
        for seed in 0..1_000 {
            let cx = Cx { now_ms: 0, seed, wanted: &[] };
            let drawn = Sample { list: list.clone(), amount: 2.0 }.run(&cx).unwrap().samples;
            assert!(drawn.len() == 2 && drawn[0] != drawn[1], "{drawn:?}");
            drawn.iter().for_each(|item| count[item.as_number().unwrap() as usize] += 1);
        }
        assert!(count.iter().all(|count| (300..500).contains(count)), "{count:?}");
    }
}
