//! Imports within the vendors' limits, on simulated time, beside the least that these limits allow.
//!
//!     cargo run --release -p flowrun-tests --example limits 10000 100000 500000
//!
//! Prints a Markdown table. Each import is a run of `flows/import.yaml` over simulators of both vendors, whose limits are those that
//! `docs/differences.md` names.

use std::io::Write;
use std::time::Instant;

use flowrun_tests::limits;
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "| employees | Personio | simulated time | least by the limits | ratio | requests | answered 429 | wall time |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for employees in std::env::args().skip(1) {
        let employees: u64 = employees.parse()?;
        for api in ["v1", "v2"] {
            let started = Instant::now();
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let limited = runtime.block_on(limits::import(employees, api));
            let minutes = |time: std::time::Duration| time.as_secs_f64() / 60.0;
            writeln!(
                out,
                "| {employees} | {api} | {:.1} min | {:.1} min | {:.2} | {} | {} | {:.1} s |",
                minutes(limited.took),
                minutes(limited.least),
                limited.took.as_secs_f64() / limited.least.as_secs_f64(),
                limited.requests,
                limited.throttled,
                started.elapsed().as_secs_f64()
            )?;
        }
    }
    Ok(())
}
