//! Over which connections flows run: what is said alike wherever they do.

use std::path::PathBuf;

use clap::Args;

use crate::values::scale;

/// Whether connections are real.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Real {
    /// Refuse to run unless every connection that is reached is real
    #[arg(long, help_heading = "Connections")]
    pub live: bool,
    /// Let simulators answer for all connections, whatever is given for them: nothing reaches the network
    #[arg(long, conflicts_with = "live", help_heading = "Connections")]
    pub simulate: bool,
}

/// How connections are made.
#[derive(Clone, Debug, Default, Args)]
pub struct Over {
    /// Where the settings of connections are
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub connections: Option<PathBuf>,
    /// Let time pass this many times as fast, where connections are real
    #[arg(long, value_name = "X", value_parser = scale, allow_negative_numbers = true, help_heading = "Connections")]
    pub time_scale: Option<f64>,
    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub ca_file: Option<PathBuf>,
}

impl Over {
    /// What of it is said.
    pub fn said(&self) -> [(&'static str, bool); 3] {
        [
            ("--connections", self.connections.is_some()),
            ("--time-scale", self.time_scale.is_some()),
            ("--ca-file", self.ca_file.is_some()),
        ]
    }
}
