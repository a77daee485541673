//! Keys: what they seal, and what is lost without them.

use std::fs;

use flowrun_store::{KEY_FILE, Key, Store, Trouble};
use secrecy::ExposeSecret;

use super::{copy, fill, look};
use crate::given::own;

const SECRET: &str = "correct horse battery staple";

#[test]
fn what_is_sealed_is_opened_with_the_key_alone() {
    let key = Key::new(&[7; 32], "a test");
    for secret in ["", SECRET, "ünïcode \u{0}", &"long ".repeat(10_000)] {
        let sealed = key.seal(secret).unwrap();
        assert_ne!(sealed, key.seal(secret).unwrap(), "two of the same look different");
        assert_eq!(key.open(&sealed).unwrap().expose_secret(), secret);
        assert_eq!(Key::new(&[8; 32], "a test").open(&sealed).unwrap_err().kind, Trouble::Key);
    }
    let sealed = key.seal(SECRET).unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(key.open(&String::from_utf8(changed).unwrap()).is_err(), "byte {at}");
    }
    assert!(!format!("{key:?}").contains("7, 7"));
}

#[test]
fn a_key_is_hexadecimal_or_base64_or_a_file_that_nobody_else_may_read() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Key::find(folder.path(), None).unwrap().is_none());
    // 32 bytes of 0x07, in both forms.
    let sealed = Key::new(&[7; 32], "").seal(SECRET).unwrap();
    for text in ["07".repeat(32), "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".to_owned()] {
        let key = Key::find(folder.path(), Some(&format!(" {text}\n"))).unwrap().unwrap();
        assert_eq!(key.open(&sealed).unwrap().expose_secret(), SECRET);
    }
    for unfit in ["07", "no key at all", &"07".repeat(31)] {
        let error = Key::find(folder.path(), Some(unfit)).unwrap_err();
        assert_eq!(
            error.message,
            "FLOWRUN_STORE_KEY is no key: 32 bytes in hexadecimal or Base64 are expected"
        );
        assert!(!error.message.contains(unfit) && !error.help.unwrap().contains(unfit), "it may be a secret");
    }
    let made = Key::make(folder.path()).unwrap();
    let found = Key::find(folder.path(), None).unwrap().unwrap();
    assert_eq!(found.open(&made.seal(SECRET).unwrap()).unwrap().expose_secret(), SECRET);
    assert!(Key::make(folder.path()).is_err(), "a key is never overwritten");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Key::find(folder.path(), None).unwrap_err();
        assert_eq!(error.help.unwrap(), format!("chmod 600 {}", path.display()));
    }
}

#[test]
fn a_store_knows_its_key_and_says_what_is_lost_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = own(folder.path());
    fill(&store);
    let key = store.key(None).unwrap();
    let sealed = key.seal(SECRET).unwrap();
    assert_eq!(store.key(None).unwrap().open(&sealed).unwrap().expose_secret(), SECRET);
    let other = store.key(Some(&"07".repeat(32))).unwrap_err();
    assert!(
        other.message.starts_with("the key from FLOWRUN_STORE_KEY is not the one of this store"),
        "{other}"
    );
    fs::rename(folder.path().join(KEY_FILE), folder.path().join("away")).unwrap();
    let lost = store.key(None).unwrap_err();
    assert_eq!(
        lost.message,
        "the key of this store is not there, neither as FLOWRUN_STORE_KEY nor as store.key beside it: the secrets of 1 open run \
         can't be opened, so that it can't go on if it has any; all the rest can be read, and tables are whole"
    );
    assert!(!folder.path().join(KEY_FILE).exists(), "no other key takes its place unasked");
    assert_eq!(store.run("r1").unwrap().entries, 50);
    let told = store.doctor(None).into_iter().find(|finding| finding.what == "key").unwrap();
    assert_eq!(told.found.unwrap_err(), lost);
    let new = store.replace_key(None).unwrap();
    assert_eq!(new.open(&sealed).unwrap_err().kind, Trouble::Key);
    assert!(store.key(None).is_ok());
}

/// The store's files are searched as they lie on the disk, with the log.
#[test]
fn a_forgotten_person_is_not_in_the_files_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let mail = "ann@example.com";
    let holds = |at: &std::path::Path| {
        ["store.db", "store.db-wal"].iter().any(|name| {
            let bytes = fs::read(at.join(name)).unwrap_or_default();
            bytes.windows(mail.len()).any(|part| part == mail.as_bytes())
        })
    };
    {
        let store = own(folder.path());
        for place in 0..20 {
            let id = format!("r{place}");
            let text = format!("{mail}{}", "x".repeat(place * 1_000));
            // Every other gives up its values when it ends.
            let about = flowrun_store::About { save_data: place % 2 == 0, ..crate::given::about(&id) };
            let batch = crate::given::begin(about).entry(crate::given::entry(1, &text));
            let ended = flowrun_store::Moved::to(flowrun_store::State::Done, 5);
            crate::given::done(&store, batch.moved(ended)).unwrap();
        }
        let before = tempfile::tempdir().unwrap();
        copy(folder.path(), before.path());
        assert!(holds(before.path()));
        assert_eq!(store.forget(mail, false).unwrap().cleared.len(), 10);
        let after = tempfile::tempdir().unwrap();
        copy(folder.path(), after.path());
        assert!(!holds(after.path()), "right after it");
    }
    assert!(!holds(folder.path()));
    assert_eq!(look(folder.path()).unwrap().run("r7").unwrap().entries, 1);
}
