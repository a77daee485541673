//! Runs Okta-Workflows-style YAML flows from the command line
