//! The JSON Schema of the language.
