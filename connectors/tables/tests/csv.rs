//! Tables as CSV files and back: what comes out must go in again, and what does not fit must change nothing.

use std::sync::Arc;

use crate::perform::{perform, tables_over, yaml};
use flowrun_core::fault::Fault;
use flowrun_core::value::{File, Record, Value};
use flowrun_kit::files::{Bounds, Files};
use flowrun_tables::Tables;

/// Imports a CSV with these further inputs.
fn import(tables: &Arc<Tables>, files: &Files, csv: &[u8], given: &str) -> Result<f64, Fault> {
    let file = files.create("people.csv", csv, 0)?;
    let mut given = yaml(given).as_object().unwrap().clone();
    given.extend([("table".into(), Value::from("people")), ("file_content".into(), Value::File(file))]);
    let out = perform(tables, "tables.import_from_csv", &Value::from(given), &[])?;
    Ok(out["new_rows"].as_number().unwrap())
}

/// Exports with these inputs beside table and name.
fn export(tables: &Arc<Tables>, given: &str) -> Result<(Arc<File>, f64), Fault> {
    let mut given = yaml(given).as_object().unwrap().clone();
    given.extend([("table".into(), Value::from("people")), ("filename".into(), "people.csv".into())]);
    let out = perform(tables, "tables.export_to_csv", &Value::from(given), &[])?;
    let Value::File(file) = &out["file_content"] else { panic!("{out:?}") };
    Ok((file.clone(), out["rows"].as_number().unwrap()))
}

fn text(files: &Files, file: &File) -> String {
    String::from_utf8(files.read(file, 1_000_000).unwrap()).unwrap()
}

/// The rows without what every row has.
fn cells(tables: &Tables) -> Vec<Vec<Value>> {
    let rows = tables.rows("people").unwrap();
    rows.into_iter().map(|row: Record| row.values().skip(3).cloned().collect()).collect()
}

const PEOPLE: &str = "name,age,active,since\n\
    \"Doe, \"\"J\"\"\",29.5,true,2016-09-07T00:01:25.670Z\n\
    \"two\nlines\",,false,\n\
    Zoë,-1,,2020-02-29\n";

#[test]
fn what_is_exported_can_be_imported_again() {
    let files = Files::default();
    let tables = tables_over(&files, None);
    assert_eq!(import(&tables, &files, PEOPLE.as_bytes(), "{}").unwrap(), 3.0);
    let (file, rows) = export(&tables, "{}").unwrap();
    assert_eq!((&*file.name, rows), ("people.csv", 3.0));
    let written = PEOPLE.replace("-1,,2020-02-29", "-1,true,2020-02-29T00:00:00.000Z");
    assert_eq!(text(&files, &file), written, "dates in ISO 8601, a blank field by the column's default");

    let again = tables_over(&files, None);
    assert_eq!(import(&again, &files, written.as_bytes(), "{}").unwrap(), 3.0);
    assert_eq!(cells(&again), cells(&tables));
    let (same, _) = export(&again, "{}").unwrap();
    assert_eq!(same.handle, file.handle);
}

#[test]
fn options_choose_what_is_exported() {
    let files = Files::default();
    let tables = tables_over(&files, None);
    import(&tables, &files, PEOPLE.as_bytes(), "{}").unwrap();
    let table = [
        ("{ columns: [age, row_id], delimiter: ; }", "age;row_id\n29.5;people-1\n;people-2\n-1;people-3\n"),
        ("{ columns: [age], offset: 1, limit: 1 }", "age\n\"\"\n"),
        ("{ columns: [age], limit: 0, where: [{ column: age, operator: '<', value: 0 }] }", "age\n-1\n"),
        ("{ columns: [age], offset: 9 }", "age\n"),
        ("{ columns: [created], limit: 1 }", "created\n2016-09-07T00:01:25.670Z\n"),
        (
            "{ columns: [], offset: 2, delimiter: \"\\t\" }",
            "name\tage\tactive\tsince\nZoë\t-1\ttrue\t2020-02-29T00:00:00.000Z\n",
        ),
    ];
    for (given, expected) in table {
        assert_eq!(text(&files, &export(&tables, given).unwrap().0), expected, "{given}");
    }
    for (given, told) in
        [("{ limit: -1 }", "expected 0 or more"), ("{ delimiter: '' }", "one ASCII character")]
    {
        let fault = export(&tables, given).unwrap_err();
        assert!(fault.message.contains(told), "{given}: {fault}");
    }
    let fault = {
        let tiny = Files::new(Bounds { one: 10, all: 10 });
        export(&tables_over(&tiny, None), "{}").unwrap_err()
    };
    assert!(fault.message.contains("10 bytes, the most that one file may have"), "{fault}");
}

#[test]
fn options_choose_what_is_imported() {
    let csv = "Name,age,E-mail,name\nJane,29,j@acme.example,jd\n\nBob,,b@acme.example,bb\n";
    let table = [
        ("{ select: [age, name] }", vec![("jd", Value::from(29)), ("bb", Value::Null)]),
        ("{ mapping: { Name: name } }", vec![("Jane", Value::Null), ("Bob", Value::Null)]),
        (
            "{ mapping: { E-mail: name, age: age } }",
            vec![("j@acme.example", 29.into()), ("b@acme.example", Value::Null)],
        ),
        (
            "{ select: [], mapping: { Name: name }, clear_destination: true }",
            vec![("Jane", Value::Null), ("Bob", Value::Null)],
        ),
    ];
    for (given, expected) in table {
        let files = Files::default();
        let tables = tables_over(&files, None);
        import(&tables, &files, b"name\nEve\n", "{}").unwrap();
        assert_eq!(import(&tables, &files, csv.as_bytes(), given).unwrap(), 2.0);
        let mut found = cells(&tables);
        if !given.contains("clear_destination") {
            assert_eq!(found.remove(0)[0], Value::from("Eve"));
        }
        let found: Vec<_> = found.into_iter().map(|row| (row[0].to_string(), row[1].clone())).collect();
        let expected: Vec<_> = expected.into_iter().map(|(name, age)| (name.to_owned(), age)).collect();
        assert_eq!(found, expected, "{given}");
    }
    let files = Files::default();
    let tables = tables_over(&files, None);
    assert_eq!(
        import(&tables, &files, "\u{feff}name;age\r\nJane;29\r\n".as_bytes(), "{ delimiter: ; }").unwrap(),
        1.0
    );
    assert_eq!(import(&tables, &files, b"name\n", "{ clear_destination: true }").unwrap(), 0.0);
    assert_eq!(tables.row_count("people"), Some(0));
}

#[test]
fn a_csv_that_does_not_fit_changes_nothing_and_is_told_by_its_line() {
    let files = Files::default();
    let tables = tables_over(&files, Some(5));
    import(&tables, &files, PEOPLE.as_bytes(), "{}").unwrap();
    let before = cells(&tables);
    let table: &[(&[u8], &str, &str)] = &[
        (
            b"name,age\nJane,29\nBob,ten\n",
            "{}",
            "line 3: column \"age\": expected number, found text \"ten\"",
        ),
        (b"name,age\n\"a\nb\",1\n\nBob,ten\n", "{}", "line 5: column \"age\""),
        (b"name,age\r\nJane,1\r\n\r\nBob,ten\r\n", "{}", "line 4: column \"age\""),
        (b"\n\nname,age\nBob,ten", "{}", "line 4: column \"age\""),
        (b"name,age\nJane,29,1\n", "{}", "line 2: expected 2, found 3 fields"),
        (b"name,age\nJane\n", "{}", "line 2: expected 2, found 1 field"),
        (b"name,age\nJane,1\n\"Bob,2\nEve,3\n", "{}", "line 3: a quote is never closed"),
        (b"name\nJane\n\"Bob\nEve\n", "{}", "line 3: a quote is never closed"),
        (
            b"name,age\nJane,1\n\"Bob \"B\" Doe\",2\n",
            "{}",
            "line 3: a field goes on behind its closing quote",
        ),
        (b"name,age\nJane,1\nB\xffb,2\n", "{}", "line 3: this isn't text in UTF-8"),
        (b"name\na\nb\nc\n", "{}", "line 4: table \"people\" is full, it may have 5 rows"),
        (b"name\na\nb\nc\nd\ne\nf\n", "{ clear_destination: true }", "line 7: table \"people\" is full"),
        (b"name,agee\nJane,29\n", "{}", "no column \"agee\""),
        (b"name,name\nJane,29\n", "{}", "line 1: two columns have the name \"name\""),
        (b"name,age\nJane,29\n", "{ select: [since] }", "the CSV has no column \"since\""),
        (b"name,age\nJane,29\n", "{ mapping: { name: nmae } }", "table \"people\" has no column \"nmae\""),
        (
            b"name,nick\nJane,J\n",
            "{ mapping: { name: name, nick: name } }",
            "two columns of the CSV go into column \"name\"",
        ),
        (
            b"name,age\nJane,29\n",
            "{ select: [name], mapping: { name: name } }",
            "expected select or mapping, found both",
        ),
        (b"", "{}", "the file has no first line"),
    ];
    for (csv, given, told) in table {
        let fault = import(&tables, &files, csv, given).unwrap_err();
        assert!(fault.message.contains(told), "{}: {fault}", String::from_utf8_lossy(csv));
        assert_eq!(cells(&tables), before);
    }
    let stranger = Files::default().create("people.csv", b"name\n", 0).unwrap();
    let given = Value::object([("table", Value::from("people")), ("file_content", Value::File(stranger))]);
    let fault = perform(&tables, "tables.import_from_csv", &given, &[]).unwrap_err();
    assert!(fault.message.contains("is not among the files of this run"), "{fault}");
}

#[test]
fn rows_that_are_imported_are_found_like_any_others() {
    let files = Files::default();
    let tables = tables_over(&files, None);
    let many =
        |from: usize| (from..from + 2_000).fold("name\n".to_owned(), |csv, row| format!("{csv}n{row}\n"));
    import(&tables, &files, many(0).as_bytes(), "{}").unwrap();
    let find = |name: &str| {
        let given = format!("{{ table: people, where: [{{ column: name, value: {name} }}] }}");
        perform(&tables, "tables.search_rows", &yaml(&given), &[]).unwrap()["count"].clone()
    };
    // The first search makes an index, which the second import must not leave behind.
    assert_eq!((find("n1500"), find("n2500")), (Value::from(1), Value::from(0)));
    import(&tables, &files, many(2_000).as_bytes(), "{}").unwrap();
    assert_eq!((find("n1500"), find("n2500")), (Value::from(1), Value::from(1)));
}
