#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| flowrun_tests::fuzzed::format(text));
