//! Drives the machine: time, connections, journals
