use crate::chance::Chance;
use crate::prelude::*;

/// Makes an ID that no other has.
///
/// It is a UUID of version 4. A run that is replayed makes the same one again, so that what was sent under it
/// is known. The ID is not secret: whoever knows the run can work it out. See also `text.random`.
#[derive(Inputs)]
pub struct UniqueId {}

/// The ID.
#[derive(Outputs)]
pub struct Made {
    /// The ID, in small letters.
    #[output(key = "output")]
    id: Text,
}

impl Pure for UniqueId {
    const ID: &str = "text.unique_id";
    const TITLE: Option<&str> = Some("Unique ID");
    const EXPORTED_AS: &[&str] = &["kernel:string:uuid"];
    const EXAMPLES: &[Example] = examples! {
        r#"{}"# => ok r#"{ id: 3674a6e8-c6d0-430f-b659-c5c37549daf1 }"#,
    };
    type Out = Made;

    fn run(self, cx: &Cx<'_>) -> Result<Made> {
        let mut chance = Chance::new(cx.seed);
        let (high, low) = (chance.bits(), chance.bits());
        // The version and the variant have their places in the ID.
        let (high, low) = (high & !0xf000 | 0x4000, low & !(0b11 << 62) | (0b10 << 62));
        let id = format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        );
        Ok(Made { id: id.into() })
    }
}
