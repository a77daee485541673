//! Kept tables.

use std::sync::Arc;

use flowrun_store::{Batch, KeptTable, RowChange, RunId, Store, TableId, Trouble};

use super::Case;
use crate::given::{about, begin, change, done, entry, row, table_id};

pub const CASES: &[Case] = &[
    ("rows change in their order", changes),
    ("rows change with the entry of their card, or neither does", atomic),
    ("tables of other hosts are other tables", scopes),
    ("columns may come and go", columns),
];

fn changes(store: &dyn Store) {
    assert_eq!(store.table(&table_id("t")).unwrap(), None);
    let put = |number, name| RowChange::Put(row(number, &[("name", name), ("empty", "")]));
    done(store, Batch::default().table(change("t", 4, vec![put(3, "c"), put(1, "a"), put(2, "b")]))).unwrap();
    let read = || store.table(&table_id("t")).unwrap().unwrap();
    let whole = |number, name| row(number, &[("name", name), ("empty", "")]);
    let rows = vec![whole(1, "a"), whole(2, "b"), whole(3, "c")];
    assert_eq!(read(), KeptTable { next: 4, note: Vec::new(), rows });
    let mut second =
        change("t", 6, vec![put(1, "z"), RowChange::Delete(2), put(5, "e"), RowChange::Delete(77)]);
    second.note = Some(b"former names".to_vec());
    done(store, Batch::default().table(second)).unwrap();
    let rows = vec![whole(1, "z"), whole(3, "c"), whole(5, "e")];
    assert_eq!(read(), KeptTable { next: 6, note: b"former names".to_vec(), rows });
    done(store, Batch::default().table(change("t", 7, vec![RowChange::Clear, put(6, "f")]))).unwrap();
    assert_eq!(read(), KeptTable { next: 7, note: b"former names".to_vec(), rows: vec![whole(6, "f")] });
    let late = done(store, Batch::default().table(change("t", 7, vec![put(7, "g")]))).unwrap_err();
    assert_eq!(late.message, "row 7 of table \"t\" does not come before the next row's number, 7");
    done(store, Batch::default().table(change("t", 7, vec![RowChange::Clear]))).unwrap();
    assert_eq!(read(), KeptTable { next: 7, note: b"former names".to_vec(), rows: Vec::new() });
}

fn atomic(store: &dyn Store) {
    let run = RunId::from("r1");
    done(store, begin(about("r1"))).unwrap();
    let put = |number| RowChange::Put(row(number, &[("x", "y")]));
    done(store, Batch::of(&run).entry(entry(1, "a")).table(change("t", 2, vec![put(1)]))).unwrap();
    let refused = Batch::of(&run)
        .entry(entry(2, "b"))
        .table(change("t", 4, vec![RowChange::Clear, put(3)]))
        .table(change("new", 1, vec![put(1)]));
    assert_eq!(done(store, refused).unwrap_err().kind, Trouble::Refused);
    let table = store.table(&table_id("t")).unwrap().unwrap();
    assert_eq!((table.next, table.rows), (2, vec![row(1, &[("x", "y")])]));
    assert_eq!(store.run("r1").unwrap().entries, 1);
    assert_eq!(store.table(&table_id("new")).unwrap(), None);
    let mut other = row(2, &[("q", "1")]);
    other.created_ms = -5;
    done(store, Batch::default().table(change("t", 3, vec![RowChange::Put(other.clone())]))).unwrap();
    assert_eq!(store.table(&table_id("t")).unwrap().unwrap().rows[1], other);
}

fn scopes(store: &dyn Store) {
    let there = TableId { scope: Arc::from("elsewhere"), name: Arc::from("t") };
    let mut other = change("t", 2, vec![RowChange::Put(row(1, &[("a", "there")]))]);
    other.table = there.clone();
    let here = change("t", 3, vec![RowChange::Put(row(2, &[("a", "here")]))]);
    done(store, Batch::default().table(other).table(here)).unwrap();
    assert_eq!(store.table(&there).unwrap().unwrap().rows, [row(1, &[("a", "there")])]);
    assert_eq!(store.table(&table_id("t")).unwrap().unwrap().rows, [row(2, &[("a", "here")])]);
    assert_eq!(store.tables().unwrap(), [(there, 1), (table_id("t"), 1)]);
}

fn columns(store: &dyn Store) {
    let wide: Vec<(String, String)> =
        (0..200).map(|place| (format!("column {place}"), place.to_string())).collect();
    let wide: Vec<(&str, &str)> = wide.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (first, second) = (row(1, &[("é", "ü"), ("", "nameless")]), row(2, &wide));
    done(store, Batch::default().table(change("t", 2, vec![RowChange::Put(first.clone())]))).unwrap();
    done(store, Batch::default().table(change("t", 3, vec![RowChange::Put(second.clone())]))).unwrap();
    assert_eq!(store.table(&table_id("t")).unwrap().unwrap().rows, [first, second]);
}
