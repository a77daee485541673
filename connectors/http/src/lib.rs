//! The API Connector: raw HTTP cards
