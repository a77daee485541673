//! A long row of changes of one table, the same each time.

use std::sync::Arc;

use crate::perform::{NOW_MS, perform};
use flowrun_core::value::{Record, Value};
use flowrun_tables::Tables;

/// Numbers that look like chance: Knuth's MMIX generator.
pub struct Chance(u64);

impl Chance {
    /// The next one, below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// One change: a card, its inputs, and when.
pub struct Step {
    card: &'static str,
    given: Value,
    at_us: i64,
}

/// So many changes of the table `people`: mostly new rows, some changed and deleted, and now and then all cleared.
pub fn steps(seed: u64, count: usize) -> Vec<Step> {
    let mut chance = Chance(seed);
    let mut rows = 0;
    (0..count)
        .map(|nth| {
            let mut given = Record::default();
            given.insert("table".into(), "people".into());
            let card = match chance.below(20) {
                0 if chance.below(20) == 0 => "tables.clear_table",
                0..=4 => {
                    given.insert("row_id".into(), format!("people-{}", chance.below(rows + 2)).into());
                    "tables.delete_row"
                }
                5..=8 => {
                    given.insert("row_id".into(), format!("people-{}", chance.below(rows + 2)).into());
                    given.insert("update_empty_inputs".into(), "Yes".into());
                    given.extend(cells(&mut chance));
                    "tables.update_row"
                }
                _ => {
                    rows += 1;
                    given.extend(cells(&mut chance));
                    "tables.create_row"
                }
            };
            Step { card, given: given.into(), at_us: (NOW_MS + nth as i64) * 1000 }
        })
        .collect()
}

/// Some of the columns, with whatever a cell can hold.
fn cells(chance: &mut Chance) -> Record {
    let columns = ["name", "age", "active", "since"].map(|column| (column.into(), value(column, chance)));
    columns.into_iter().filter(|_| chance.below(4) > 0).collect()
}

fn value(column: &str, chance: &mut Chance) -> Value {
    let nth = chance.below(5) as usize;
    match column {
        "name" => ["", "Jane", "Zoë \"J\"\n,", "people-1", "0041"][nth].into(),
        "age" => ["", "29", "-0.1", "9007199254740993", "7615917337495251231"][nth].into(),
        "active" => ["", "true", "false", "true", "false"][nth].into(),
        _ => ["", "2016-09-07T00:01:25.670Z", "0001-01-01", "9999-12-31T23:59:59.999Z", "2020-02-29"][nth]
            .into(),
    }
}

/// Does one; a row that isn't there is no mistake here, but the same each time.
pub fn take(tables: &Arc<Tables>, step: &Step) -> Result<Record, String> {
    tables.set_time(step.at_us);
    perform(tables, step.card, &step.given, &[]).map_err(|fault| fault.message.to_string())
}
