//! Any bytes as each record, and as each text. See `tests/hostile/attack.rs`.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/hostile/attack.rs"]
mod attack;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| attack::contract(bytes));
