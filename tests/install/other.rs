//! Another Rust library for C: it allocates, starts a thread and catches a panic, so that much of
//! `std` is in it.

/// Returns the number, and 0 for those above 100.
#[unsafe(no_mangle)]
pub extern "C" fn other_count(count: u32) -> u32 {
    std::panic::set_hook(Box::new(|_| {}));
    let counted = std::thread::spawn(move || {
        let words: std::collections::HashMap<u32, String> = (0..count).map(|n| (n, n.to_string())).collect();
        assert!(count <= 100);
        words.len() as u32
    });
    counted.join().unwrap_or(0)
}
