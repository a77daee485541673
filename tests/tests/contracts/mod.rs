//! What the connectors send, what the simulators answer, and what the vendors may answer, held against the vendors' OpenAPI
//! files. Without the files the tests say so and pass: they may not be shipped with the project.

mod answers;
mod contract;
mod flow;
mod table;
mod traffic;
mod validator;
