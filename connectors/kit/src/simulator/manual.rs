//! What the manual says of a simulator: its endpoints, and where each of its behaviours is known from.

use std::fmt::{self, Write};

/// Where something is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Real traffic, published here.
    Recorded(&'static str),
    /// The vendor's words, published here.
    Documented(&'static str),
    /// Nowhere: somebody had to decide.
    Guess,
}

/// Something a simulator does that its endpoints' descriptions don't say.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// What it is about.
    pub what: &'static str,
    /// What the simulator does.
    pub how: &'static str,
    /// Where that is known from.
    pub source: Source,
}

/// Behaviours that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Behaviours {
    /// What they are about.
    pub subject: &'static str,
    /// Each of them.
    pub each: &'static [Behaviour],
}

/// An endpoint that a simulator has.
#[derive(Clone, Debug)]
pub struct Served {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: &'static str,
    /// What the vendor calls it; empty where it has no name.
    pub name: &'static str,
    /// The parameters that count.
    pub takes: Vec<&'static str>,
    /// The vendor's other parameters, which are refused.
    pub refuses: Vec<&'static str>,
    /// Whether the vendor's description of its API has it.
    pub described: bool,
    /// Where it is known from, if not from there.
    pub source: Option<Source>,
}

/// Everything that the manual says of a simulator.
#[derive(Clone, Debug, Default)]
pub struct Manual {
    /// Where the vendor describes its API: `[Okta's description](https://...)`.
    pub described: &'static str,
    /// The endpoints.
    pub endpoints: Vec<Served>,
    /// How many operations the vendor describes.
    pub operations: usize,
    /// What they do.
    pub behaviours: &'static [Behaviours],
}

/// The command that writes the manual's page on the simulators.
pub const COMMAND: &str = "flowrun sandbox --markdown docs/simulators.md";

/// The manual's page on these simulators, each with its title.
pub fn page<'a>(simulators: impl Iterator<Item = (&'a str, Manual)>) -> String {
    let mut out = format!(
        "# The simulators\n\n\
         <!-- Written by `{COMMAND}` from the simulators' declarations; change those. -->\n\n\
         What `--simulate` and `flowrun sandbox` answer with: each endpoint with the parameters that count, and what they do,\n\
         with the place that it is known from. *Recorded* is real traffic, *documented* the vendor's word; *guess* means that\n\
         neither was found, and that somebody had to decide. What a vendor has and its simulator lacks is answered 501, never\n\
         ignored. [Running](running.md) tells how to use them and how to make them fail.\n"
    );
    for (title, manual) in simulators {
        out.push('\n');
        out.push_str(&manual.markdown(title));
    }
    out
}

impl Source {
    /// As the manual writes it.
    fn markdown(self) -> String {
        match self {
            Source::Recorded(address) => format!("[recorded]({address})"),
            Source::Documented(address) => format!("[documented]({address})"),
            Source::Guess => "guess".to_owned(),
        }
    }
}

impl Manual {
    /// A section of that page.
    fn markdown(&self, title: &str) -> String {
        let mut out = format!("## {title}\n\n");
        // Writing to a text does not fail.
        let _ = self.write(title, &mut out);
        out
    }

    fn write(&self, title: &str, out: &mut String) -> fmt::Result {
        let described = self.endpoints.iter().filter(|served| served.described).count();
        writeln!(
            out,
            "{described} of the {} operations in {} are served; each of the others is answered 501.\n",
            self.operations, self.described
        )?;
        writeln!(out, "| Endpoint | Parameters | Refused with 501 |\n|---|---|---|")?;
        for served in &self.endpoints {
            let source = served.source.map_or_else(String::new, |source| format!(" ({})", source.markdown()));
            let (takes, refuses) = (listed(&served.takes), listed(&served.refuses));
            writeln!(out, "| `{} {}`{source} | {takes} | {refuses} |", served.method, served.path)?;
        }
        for Behaviours { subject, each } in self.behaviours {
            writeln!(out, "\n### {title}: {subject}\n\n| What | How | Source |\n|---|---|---|")?;
            for Behaviour { what, how, source } in *each {
                writeln!(out, "| {what} | {how} | {} |", source.markdown())?;
            }
        }
        Ok(())
    }
}

/// Parameters as the manual lists them; headers without their mark.
fn listed(parameters: &[&str]) -> String {
    let each: Vec<String> =
        parameters.iter().map(|name| format!("`{}`", name.trim_start_matches('@'))).collect();
    each.join(" ")
}
