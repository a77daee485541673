//! Numbers that are counted: families of series, told apart by labels, written in Prometheus' text form.
//!
//! Of our own, because it is small: the crate `prometheus-client` writes OpenMetrics, not the form 0.0.4 that every collector
//! reads, and knows no names with dots, under which the same numbers go out by OTLP.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A family has at most so many series; what is more is counted in one of its own, so that no flow can fill the memory.
pub const MOST_SERIES: usize = 2_000;

/// A label's value has at most so many characters.
const LONGEST: usize = 120;

/// The label value of the series that takes what is too much.
pub const OTHER: &str = "_other";

/// What is counted under one name.
#[derive(Debug)]
pub struct Family {
    /// Its name, as OpenTelemetry has it: with dots, without its unit.
    pub name: &'static str,
    /// Its unit as UCUM has it: `s`, `By`, `{run}`.
    pub unit: &'static str,
    /// What it counts, in a sentence.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// How it counts.
    pub kind: Kind,
}

/// How a family counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How often a value was at most so large.
    Histogram(&'static [f64]),
}

/// The values of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum Sample {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a histogram: how many values fell into each of its ranges, the last one open, and their sum.
    Spread {
        /// How many fell into each range, those below not counted again.
        counts: Vec<u64>,
        /// What they come to.
        sum: f64,
    },
}

/// The values of a family's labels, in the order in which it declares them.
pub type Labels = Vec<Arc<str>>;

/// A family with its series.
pub type Reading = (&'static Family, BTreeMap<Labels, Sample>);

/// Gives the numbers of a gauge when somebody asks.
type Source = Box<dyn Fn() -> Vec<(Labels, f64)> + Send + Sync>;

/// Counts, and says what it counted.
#[derive(Default)]
pub struct Registry {
    families: Mutex<BTreeMap<&'static str, Reading>>,
    sources: Mutex<Vec<(&'static Family, Source)>>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

impl Registry {
    /// Adds to a counter.
    pub fn add(&self, family: &'static Family, labels: &[&str], more: f64) {
        self.change(family, labels, |sample| {
            if let Sample::Number(number) = sample {
                *number += more;
            }
        });
    }

    /// Sets a gauge.
    pub fn set(&self, family: &'static Family, labels: &[&str], value: f64) {
        self.change(family, labels, |sample| *sample = Sample::Number(value));
    }

    /// Counts a value in a histogram.
    pub fn observe(&self, family: &'static Family, labels: &[&str], value: f64) {
        let Kind::Histogram(bounds) = family.kind else { return };
        self.change(family, labels, |sample| {
            if let Sample::Spread { counts, sum } = sample {
                counts[bounds.partition_point(|bound| *bound < value)] += 1;
                *sum += value;
            }
        });
    }

    /// Lets `source` say what a gauge shows whenever somebody looks.
    pub fn ask(
        &self,
        family: &'static Family,
        source: impl Fn() -> Vec<(Labels, f64)> + Send + Sync + 'static,
    ) {
        lock(&self.sources).push((family, Box::new(source)));
    }

    /// All that was counted until now, in the order of names; families without a value are left out.
    pub fn readings(&self) -> Vec<Reading> {
        for (family, source) in &*lock(&self.sources) {
            lock(&self.families).remove(family.name);
            for (labels, value) in source() {
                self.set(family, &labels.iter().map(|label| &**label).collect::<Vec<_>>(), value);
            }
        }
        lock(&self.families).values().cloned().collect()
    }

    /// The same in Prometheus' text form, version 0.0.4.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        for reading in self.readings() {
            // Writing to a String cannot fail.
            let _ = write_family(&mut text, &reading);
        }
        text
    }

    fn change(&self, family: &'static Family, labels: &[&str], change: impl FnOnce(&mut Sample)) {
        let mut families = lock(&self.families);
        let (_, series) = families.entry(family.name).or_insert_with(|| (family, BTreeMap::new()));
        let mut key: Labels = labels.iter().map(|label| Arc::from(short(label))).collect();
        if series.len() >= MOST_SERIES && !series.contains_key(&key) {
            key.iter_mut().for_each(|label| *label = Arc::from(OTHER));
        }
        change(series.entry(key).or_insert_with(|| family.kind.empty()));
    }
}

impl Kind {
    fn empty(self) -> Sample {
        match self {
            Kind::Counter | Kind::Gauge => Sample::Number(0.0),
            Kind::Histogram(bounds) => Sample::Spread { counts: vec![0; bounds.len() + 1], sum: 0.0 },
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        }
    }
}

impl Family {
    /// Its name in Prometheus: with its unit, and `_total` behind a counter's.
    pub fn exposed(&self) -> String {
        let unit = match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{total}", self.name.replace('.', "_"))
    }
}

fn short(label: &str) -> &str {
    label.char_indices().nth(LONGEST).map_or(label, |(end, _)| &label[..end])
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_family(text: &mut String, (family, series): &Reading) -> fmt::Result {
    let name = family.exposed();
    if series.is_empty() {
        return Ok(());
    }
    writeln!(text, "# HELP {name} {}", family.help.replace('\\', "\\\\").replace('\n', "\\n"))?;
    writeln!(text, "# TYPE {name} {}", family.kind.word())?;
    for (values, sample) in series {
        match (sample, family.kind) {
            (Sample::Spread { counts, sum }, Kind::Histogram(bounds)) => {
                let mut so_far = 0;
                let ends = bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
                for (count, end) in counts.iter().zip(ends) {
                    so_far += count;
                    write!(text, "{name}_bucket")?;
                    write_labels(text, family.labels, values, Some(&end))?;
                    writeln!(text, " {so_far}")?;
                }
                for (suffix, value) in [("sum", *sum), ("count", so_far as f64)] {
                    write!(text, "{name}_{suffix}")?;
                    write_labels(text, family.labels, values, None)?;
                    writeln!(text, " {value}")?;
                }
            }
            (Sample::Number(number), _) => {
                text.push_str(&name);
                write_labels(text, family.labels, values, None)?;
                writeln!(text, " {number}")?;
            }
            (Sample::Spread { .. }, _) => {}
        }
    }
    Ok(())
}

/// Labels without a value are left out: to Prometheus that is the same.
fn write_labels(text: &mut String, names: &[&str], values: &[Arc<str>], end: Option<&str>) -> fmt::Result {
    let said =
        names.iter().copied().zip(values.iter().map(|value| &**value)).chain(end.map(|end| ("le", end)));
    let mut before = '{';
    for (name, value) in said.filter(|(_, value)| !value.is_empty()) {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        write!(text, "{before}{}=\"{value}\"", name.replace('.', "_"))?;
        before = ',';
    }
    if before == ',' {
        text.push('}');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    static RUNS: Family = Family {
        name: "flowrun.test.runs",
        unit: "{run}",
        help: "Counts \\ runs.\nTwice.",
        labels: &["flow", "error.type"],
        kind: Kind::Counter,
    };
    static TIMES: Family = Family {
        name: "flowrun.test.duration",
        unit: "s",
        help: "How long.",
        labels: &["flow"],
        kind: Kind::Histogram(&[0.5, 1.0]),
    };
    static SIZE: Family =
        Family { name: "flowrun.test.size", unit: "By", help: "How large.", labels: &[], kind: Kind::Gauge };

    // The form: https://prometheus.io/docs/instrumenting/exposition_formats/ (escapes of HELP and of label values, cumulative
    // buckets with `le`, a value that equals a bound belongs to its bucket).
    #[test]
    fn it_is_written_as_prometheus_reads_it() {
        let registry = Registry::default();
        registry.add(&RUNS, &["a \"b\"\\\nc", ""], 2.0);
        registry.add(&RUNS, &["a \"b\"\\\nc", ""], 1.0);
        registry.add(&RUNS, &["d", "RateLimit"], 1.0);
        for seconds in [0.25, 0.5, 2.0] {
            registry.observe(&TIMES, &["d"], seconds);
        }
        registry.ask(&SIZE, || vec![(Vec::new(), 4096.0)]);
        let expected = r#"# HELP flowrun_test_duration_seconds How long.
# TYPE flowrun_test_duration_seconds histogram
flowrun_test_duration_seconds_bucket{flow="d",le="0.5"} 2
flowrun_test_duration_seconds_bucket{flow="d",le="1"} 2
flowrun_test_duration_seconds_bucket{flow="d",le="+Inf"} 3
flowrun_test_duration_seconds_sum{flow="d"} 2.75
flowrun_test_duration_seconds_count{flow="d"} 3
# HELP flowrun_test_runs_total Counts \\ runs.\nTwice.
# TYPE flowrun_test_runs_total counter
flowrun_test_runs_total{flow="a \"b\"\\\nc"} 3
flowrun_test_runs_total{flow="d",error_type="RateLimit"} 1
# HELP flowrun_test_size_bytes How large.
# TYPE flowrun_test_size_bytes gauge
flowrun_test_size_bytes 4096
"#;
        assert_eq!(registry.prometheus(), expected);
    }

    #[test]
    fn no_label_makes_endless_series_and_what_is_gone_from_a_gauge_is_gone() {
        let registry = Registry::default();
        for number in 0..MOST_SERIES + 10 {
            registry.add(&RUNS, &[&number.to_string(), ""], 1.0);
        }
        registry.add(&RUNS, &["7", ""], 1.0);
        registry.add(&RUNS, &[&"ü".repeat(LONGEST * 2), ""], 1.0);
        let readings = registry.readings();
        let series = &readings[0].1;
        assert_eq!(series.len(), MOST_SERIES + 1);
        assert_eq!(series[&vec![OTHER.into(), OTHER.into()]], Sample::Number(11.0));
        assert_eq!(series[&vec!["7".into(), "".into()]], Sample::Number(2.0));

        let registry = Registry::default();
        let flows = Arc::new(Mutex::new(vec!["a", "b"]));
        let asked = flows.clone();
        static OPEN: Family =
            Family { name: "open", unit: "{run}", help: "Open.", labels: &["flow"], kind: Kind::Gauge };
        registry.ask(&OPEN, move || {
            asked.lock().unwrap().iter().map(|flow| (vec![Arc::from(*flow)], 1.0)).collect()
        });
        assert_eq!(registry.readings()[0].1.len(), 2);
        flows.lock().unwrap().pop();
        assert_eq!(registry.readings()[0].1.len(), 1);
    }
}
