use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{Date, File, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::files::extension;

use crate::FileStore;

/// Tells what is known of a file: name, size, times.
///
/// A file never changes once it is there, so that `updated` is `created`: when its content was stored first in this run.
#[derive(Inputs)]
pub(crate) struct Info {
    /// The file.
    #[input(key = "File Content")]
    file_content: Arc<File>,
}

/// What is known of it.
#[derive(Outputs)]
pub(crate) struct Known {
    /// Its name.
    #[output(key = "Filename")]
    filename: Text,
    /// What follows the last dot of its name; blank if it has none.
    #[output(key = "Extension")]
    extension: Text,
    /// Its size in bytes.
    #[output(key = "Size")]
    size: f64,
    /// When it was stored.
    #[output(key = "Created")]
    created: Option<Date>,
    /// The same: files do not change.
    #[output(key = "Updated")]
    updated: Option<Date>,
}

impl Effect for Info {
    const ID: &str = "file.info";
    const EXPORTED_AS: &[&str] = &["channels:http:filefunctions:info"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { id: made, card: file.create, with: { text: "id,name", filename: people.csv } }
- { card: file.info, with: { file_content: $.made.file_content } }"#
            => ok r#"{ filename: people.csv, extension: csv, size: 7, created: "2016-09-07T00:01:25.670Z" }"#,
        r#"- { id: made, card: file.create, with: { text: "", filename: README } }
- { card: file.info, with: { file_content: $.made.file_content } }"#
            => ok r#"{ filename: README, extension: "", size: 0 }"#,
        r#"- { card: file.info, with: { file_content: people.csv } }"#
            => err "expected file, found text \"people.csv\"",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Known;

    async fn run(self, store: &FileStore) -> Result<Known> {
        let file = self.file_content;
        let created = Date::from_millis(store.files.stored_ms(&file)?);
        Ok(Known {
            filename: file.name.clone(),
            extension: extension(&file.name).into(),
            size: file.size as f64,
            created,
            updated: created,
        })
    }
}
