//! Times the import against the sandbox over TCP, beside the plain program that makes the same requests.
//!
//!     cargo build --release -p flowrun && cargo build --release -p flowrun-tests --examples
//!     target/release/examples/bench_import 1000 100000 500000
//!
//! Each run has a new sandbox in a process of its own. Limits and waits pass a thousand times as fast, so that what is
//! left is the work. The users whom Okta has are not compared first, as the plain program does not. Prints a Markdown table: the best of three wall times and the peak memory of each program.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TIME_SCALE: &str = "1000";
const RUNS: usize = 3;

/// A sandbox that ends with its owner.
struct Sandbox {
    process: Child,
    variables: BTreeMap<String, String>,
}

impl Sandbox {
    fn start(flowrun: &Path, employees: &str) -> Result<Sandbox> {
        let mut process = Command::new(flowrun)
            .args(["sandbox", "--port", "0", "--employees", employees, "--time-scale", TIME_SCALE])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = process.stdout.take().ok_or("the sandbox has no output")?;
        let mut variables = BTreeMap::new();
        for line in BufReader::new(output).lines() {
            if let Some((name, value)) = line?.strip_prefix("export ").and_then(|line| line.split_once('=')) {
                variables.insert(name.to_owned(), value.trim_matches(['\'', '"']).to_owned());
            }
            if variables.len() == 6 {
                return Ok(Sandbox { process, variables });
            }
        }
        Err("the sandbox did not name its variables".into())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a program to its end; its wall time and its peak memory in kilobytes.
fn measure(mut command: Command) -> Result<(Duration, u64)> {
    let started = Instant::now();
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", process.id());
    let mut peak = 0;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(kilobytes.unwrap_or(0));
        }
        if let Some(status) = process.try_wait()? {
            if !status.success() {
                return Err(format!("{command:?} failed: {status}").into());
            }
            return Ok((started.elapsed(), peak));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn best(flowrun: &Path, employees: &str, command: impl Fn() -> Command) -> Result<(Duration, u64)> {
    let mut best = (Duration::MAX, 0);
    for _ in 0..RUNS {
        let sandbox = Sandbox::start(flowrun, employees)?;
        let mut command = command();
        command.envs(&sandbox.variables).env("TIME_SCALE", TIME_SCALE);
        let (wall, peak) = measure(command)?;
        best = (best.0.min(wall), best.1.max(peak));
    }
    Ok(best)
}

fn main() -> Result<()> {
    let here = std::env::current_exe()?;
    let examples = here.parent().ok_or("this program lies nowhere")?;
    let flowrun: PathBuf = examples.parent().ok_or("this program lies nowhere")?.join("flowrun");
    let plain = examples.join("plain_import");
    let flow = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows/import.yaml");
    let state = tempfile::tempdir()?;
    let mut out = std::io::stdout();
    writeln!(out, "| employees | plain program | flowrun | ratio | memory, plain | memory, flowrun |")?;
    writeln!(out, "|---:|---:|---:|---:|---:|---:|")?;
    for employees in std::env::args().skip(1) {
        let (plain_wall, plain_peak) = best(&flowrun, &employees, || Command::new(&plain))?;
        let (wall, peak) = best(&flowrun, &employees, || {
            let mut command = Command::new(&flowrun);
            command.arg("run").arg(&flow).args(["--live", "--time-scale", TIME_SCALE]);
            // The same requests as the plain program makes.
            command.args(["--set", "compare_first=false", "--no-audit"]).arg("--state").arg(state.path());
            command
        })?;
        let ratio = wall.as_secs_f64() / plain_wall.as_secs_f64();
        writeln!(
            out,
            "| {employees} | {:.2} s | {:.2} s | {ratio:.2} | {} MB | {} MB |",
            plain_wall.as_secs_f64(),
            wall.as_secs_f64(),
            plain_peak / 1024,
            peak / 1024
        )?;
    }
    Ok(())
}
