//! How values of the command line are read that clap does not know.

use flowrun_core::words;

/// A value that is given to a name.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// A whole number within these bounds; what else is given is told in our words, a number with a sign too.
pub fn whole(from: u64, most: u64) -> impl Fn(&str) -> Result<u64, String> + Clone + Send + Sync + 'static {
    move |text| match text.parse() {
        Ok(number) if (from..=most).contains(&number) => Ok(number),
        _ if most == u64::MAX => Err(format!("expected a whole number from {from}")),
        _ => Err(format!("expected a whole number from {from} to {}", words::count(most))),
    }
}

/// How many times as fast time passes.
pub fn scale(text: &str) -> Result<f64, String> {
    let scale: f64 = text.parse().map_err(|_| "expected a number, such as 60".to_owned())?;
    if (0.001..=1_000_000.0).contains(&scale) {
        Ok(scale)
    } else {
        Err("expected 0.001 to 1000000".to_owned())
    }
}
