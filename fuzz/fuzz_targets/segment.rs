//! A hostile segment, before and while it is used. See `tests/hostile/attack.rs`.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/hostile/attack.rs"]
mod attack;

use std::path::PathBuf;
use std::sync::OnceLock;

static ARENA: OnceLock<attack::Arena> = OnceLock::new();

/// A folder of this process's own on tmpfs, in the place of those whose processes are gone.
fn folder() -> PathBuf {
    let shm = PathBuf::from("/dev/shm");
    for entry in std::fs::read_dir(&shm).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        if let Some(pid) = name.strip_prefix("leyline-fuzz-")
            && !PathBuf::from("/proc").join(pid).exists()
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let own = shm.join(format!("leyline-fuzz-{}", std::process::id()));
    let _ = std::fs::create_dir(&own);
    own
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ARENA.get_or_init(|| attack::Arena::new(&folder())).attack(bytes);
});
