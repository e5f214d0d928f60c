//! The integration tests that share one binary, which builds and links faster than a binary for
//! each file. A test that needs its own process starts this binary again as a child
//! (`common::start`). A test that needs its own program, for another allocator or another `main`,
//! is in `tests/`.

#[path = "../common/mod.rs"]
mod common;
#[path = "../c/native.rs"]
mod native;
mod rebuilt;
#[path = "../vectors/mod.rs"]
mod vectors;

mod abi;
mod bell;
mod bounds;
mod c;
mod contract;
mod contract_enums;
mod contract_vectors;
mod cpp;
mod cuda;
mod descriptors;
mod either_version;
mod endings;
mod environments;
mod error;
mod gather;
mod gymnasium;
mod handed_over;
mod header;
mod hostile;
mod house;
mod install;
mod isolation;
mod killed_at_every_step;
mod layout;
mod leaks;
mod limits;
mod link;
mod listing;
mod memfd;
mod models;
mod policy;
mod prelude;
mod race;
mod readme;
mod records;
mod refused_calls;
mod reports;
mod ring;
mod roles;
mod rows;
mod schema;
mod schemas;
mod seed;
mod seed_commands;
mod segment;
mod soak;
mod status;
mod steering;
mod succession;
mod symbols;
mod system_calls;
mod tiers;
mod twins;
mod waits;
