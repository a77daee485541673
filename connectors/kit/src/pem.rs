//! Keys in PEM: a label and base64 between two lines of dashes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::fault::Result;

use crate::jwk::wrong;

/// How a PEM begins.
pub(crate) const BEGIN: &str = "-----BEGIN ";

/// What is in a text.
pub(crate) enum Found<'t> {
    /// A block that was looked for.
    Block { label: &'t str, der: Vec<u8> },
    /// No such block; the label of the first one that is there.
    Other(Option<&'t str>),
}

/// Looks for a block with one of `labels`; faults call it `what`.
///
/// Its lines may be joined, by spaces or by `\n` spelled out, as environments and files of settings do.
pub(crate) fn find<'t>(text: &'t str, labels: &[&str], what: &str) -> Result<Found<'t>> {
    let damaged = |why: &str| wrong(format!("{what} is damaged: its PEM {why}")).help("copy it again, whole");
    let mut first = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (label, after) = after.split_once("-----").ok_or_else(|| damaged("has no end"))?;
        let (body, after) = after.split_once("-----END").ok_or_else(|| damaged("has no end"))?;
        if labels.contains(&label) {
            let body: String = body.replace("\\n", "").split_whitespace().collect();
            let der = STANDARD.decode(body).map_err(|_| damaged("isn't base64"))?;
            return Ok(Found::Block { label, der });
        }
        first = first.or(Some(label));
        rest = after;
    }
    Ok(Found::Other(first))
}
