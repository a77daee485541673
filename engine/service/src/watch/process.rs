//! What a process is told of itself, where there is a `/proc`.

use std::fs;
use std::sync::Arc;

use super::metrics::{PROCESS_CPU, PROCESS_FILES, PROCESS_MEMORY, PROCESS_MOST_FILES, PROCESS_START};
use super::registry::{Family, Registry};

/// Linux tells programs the time in hundredths of a second, whatever the kernel counts by itself.
const TICKS: f64 = 100.0;

/// Reads a number off the system.
type Read = fn() -> Option<f64>;

/// Lets a registry show what the process uses; elsewhere than on Linux there is nothing to show.
pub fn measure(registry: &Arc<Registry>) {
    let each: [(&'static Family, Read); 5] = [
        (&PROCESS_CPU, || cpu(&fs::read_to_string("/proc/self/stat").ok()?)),
        (&PROCESS_MEMORY, || memory(&fs::read_to_string("/proc/self/status").ok()?)),
        (&PROCESS_START, || {
            start(&fs::read_to_string("/proc/self/stat").ok()?, &fs::read_to_string("/proc/stat").ok()?)
        }),
        // One of them is the folder itself.
        (&PROCESS_FILES, || Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as f64)),
        (&PROCESS_MOST_FILES, || most_files(&fs::read_to_string("/proc/self/limits").ok()?)),
    ];
    for (family, read) in each {
        registry.ask(family, move || read().map(|value| (Vec::new(), value)).into_iter().collect());
    }
}

/// Field `number` of `/proc/self/stat`, as its manual counts them: the second is a name that may hold anything, brackets too.
fn field(stat: &str, number: usize) -> Option<f64> {
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

/// Seconds of processor time, its own and the kernel's on its behalf.
fn cpu(stat: &str) -> Option<f64> {
    Some((field(stat, 14)? + field(stat, 15)?) / TICKS)
}

/// When it began, in seconds since 1970.
fn start(stat: &str, system: &str) -> Option<f64> {
    let booted: f64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(booted + field(stat, 22)? / TICKS)
}

/// Bytes that lie in memory.
fn memory(status: &str) -> Option<f64> {
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(resident.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()? * 1024.0)
}

/// How many files it may have open; nothing if there is no limit.
fn most_files(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Fields by proc(5): utime is the 14th, stime the 15th, starttime the 22nd.
    #[test]
    fn the_files_of_proc_are_read() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 12345 1000000 300 18446744073709551615";
        assert_eq!(cpu(stat), Some(3.0));
        assert_eq!(start(stat, "cpu 1 2 3\nbtime 1700000000\nprocesses 9\n"), Some(1_700_000_123.45));
        assert_eq!(memory("Name:\tx\nVmRSS:\t   25600 kB\nThreads:\t3\n"), Some(26_214_400.0));
        let limits = "Limit    Soft Limit   Hard Limit  Units\nMax open files            1024                 4096                 files\n";
        assert_eq!(most_files(limits), Some(1024.0));
        assert_eq!(
            most_files("Max open files            unlimited            unlimited            files\n"),
            None
        );
        assert_eq!((cpu("7 (a"), memory(""), start(stat, "")), (None, None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_shows_all_of_it() {
        let registry = Arc::new(Registry::default());
        measure(&registry);
        let text = registry.prometheus();
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
        };
        assert!(value("process_resident_memory_bytes") > 100_000.0);
        assert!(value("process_open_fds") >= 1.0);
        assert!(value("process_cpu_seconds_total") >= 0.0);
        assert!(value("process_start_time_seconds") > 1_600_000_000.0);
    }
}
