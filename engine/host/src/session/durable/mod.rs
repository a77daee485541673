//! Runs that outlive their process: where they are kept, how they are written, and how they are taken up again.

pub mod chronicle;
pub mod fork;
pub mod history;
pub mod home;
pub mod lived;
pub mod opening;
pub mod programs;
pub mod recall;
pub mod seal;
pub mod tables;
