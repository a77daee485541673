//! Everything that is tested from outside, in one binary: linking the whole stack is what costs.

#![allow(clippy::unwrap_used)]

mod alone;
mod beside;
mod by_hand;
mod cards;
mod cli;
mod complete;
mod connections;
mod contracts;
mod corpus;
mod coverage;
mod crashes;
mod diagnostics;
mod diff;
mod docs;
mod effects;
mod exports;
mod exports_run;
mod faults;
mod flows;
mod format;
mod fuzzed;
mod graph;
mod import;
mod imported;
mod login;
mod made_up;
mod manual;
mod many;
mod oracles;
mod origins;
mod people;
mod performing;
mod quoted;
mod reference;
mod reliability;
mod replay;
mod safety;
mod sandbox;
mod schema;
mod secrets;
mod seen;
mod unchanged;
