//! Backups, and what comes of them.

use std::fs;
use std::io::Read;

use flowrun_store::{Backup, Holder, Store, Trouble, restore};

use super::{fill, look, read_all};
use crate::given::{about, begin, done, own};

fn me() -> Holder {
    Holder::new("test", "", 0)
}

#[test]
fn a_backup_is_put_back_whole() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let to = kept.path().join("monday");
    let store = own(folder.path());
    fill(&store);
    let expected = read_all(&store).unwrap();
    let Backup { files, bytes } = store.backup(&to).unwrap();
    assert_eq!(files, 1);
    assert!(bytes > 3);
    assert_eq!(store.backup(&to).unwrap_err().message, format!("{} is there already", to.display()));
    done(&store, begin(about("later"))).unwrap();
    let owned = restore(&to, folder.path(), &me()).unwrap_err();
    assert_eq!(owned.kind, Trouble::Owned, "not below a store that is in use");
    drop(store);
    let before = restore(&to, folder.path(), &me()).unwrap().before.unwrap();
    assert_eq!(before, folder.path().join("before-restore-1"));
    let store = own(folder.path());
    assert_eq!(read_all(&store).unwrap(), expected);
    let mut text = String::new();
    store.file(&store.files("r1").unwrap()[0]).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "abc");
    assert!(store.doctor(None).iter().all(|finding| finding.found.is_ok()));
    drop(store);
    assert!(own(&before).run("later").is_ok(), "what was there before still is");
    // Into a folder in which nothing was.
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(restore(&to, empty.path(), &me()).unwrap().before, None);
    assert_eq!(read_all(&look(empty.path()).unwrap()).unwrap(), expected);
}

#[test]
fn a_damaged_backup_replaces_nothing() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let to = kept.path().join("backup");
    {
        let store = own(folder.path());
        fill(&store);
        store.backup(&to).unwrap();
    }
    let expected = read_all(&look(folder.path()).unwrap()).unwrap();
    let file = fs::read_dir(to.join("blobs/ba")).unwrap().next().unwrap().unwrap().path();
    let manifest = fs::read_to_string(to.join("manifest.json")).unwrap();
    let short = manifest.split(",\"blobs").next().unwrap().to_owned() + "}}";
    let database = fs::read(to.join("store.db")).unwrap();
    let (cut, name) = (&database[..4096], file.file_name().unwrap().to_string_lossy().into_owned());
    let cases: [(&str, &[u8], String); 4] = [
        ("manifest.json", b"{", "manifest.json: EOF while parsing an object at line 1 column 1".to_owned()),
        ("manifest.json", short.as_bytes(), format!("file {name} is missing")),
        ("store.db", cut, "store.db is not as it was copied".to_owned()),
        (file.to_str().unwrap(), b"abd", format!("blobs/{name} is not as it was copied")),
    ];
    for (changed, bytes, expected) in cases {
        let path = to.join(changed);
        let before = fs::read(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let error = restore(&to, folder.path(), &me()).unwrap_err();
        assert_eq!(error.message, format!("the backup in {} can't be used: {expected}", to.display()));
        fs::write(&path, before).unwrap();
    }
    assert_eq!(read_all(&look(folder.path()).unwrap()).unwrap(), expected);
    assert!(restore(&to, folder.path(), &me()).is_ok());
}

/// Between two moves there is no store, and none is made.
#[test]
fn a_cut_off_restore_is_not_taken_for_a_store() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let to = kept.path().join("backup");
    {
        let store = own(folder.path());
        fill(&store);
        store.backup(&to).unwrap();
    }
    // As a crash leaves it between the two moves.
    fs::write(folder.path().join("restoring"), "").unwrap();
    fs::rename(folder.path().join("store.db"), folder.path().join("moved away")).unwrap();
    let error = look(folder.path()).unwrap_err();
    assert_eq!(
        error.message,
        format!("a backup was being restored in {} when flowrun was ended", folder.path().display())
    );
    restore(&to, folder.path(), &me()).unwrap();
    assert_eq!(look(folder.path()).unwrap().run("r1").unwrap().entries, 50);
}
