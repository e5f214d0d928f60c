//! The program `leyline`: shows the segments of a directory, and removes unused ones.
//!
//! Uses the public interface of the library only. Attaches read-only and takes no role.

mod inspect;
mod ls;
mod rm;
mod text;
mod unlinked;
mod view;

use clap::{Args, Parser, Subcommand};
use leyline::{Access, Error, ErrorKind, Options, Trust};
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Lists the exit codes; the help describes them.
mod exit {
    pub(crate) const FAILED: u8 = 1;
    /// Also the code of the argument parser.
    pub(crate) const NOT_UNDERSTOOD: u8 = 2;
    pub(crate) const NOT_FOUND: u8 = 3;
    pub(crate) const IN_USE: u8 = 4;
    pub(crate) const DAMAGED: u8 = 5;
    pub(crate) const NOT_PERMITTED: u8 = 6;
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  wrong usage
  3  no such segment or directory
  4  in use: a live process holds a role
  5  damaged, or not a segment
  6  no permission";

/// Shows leyline segments: their holders, their rings and their last records. Removes unused ones.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Common {
    /// Directory of the segments [default: $LEYLINE_DIR, or else /dev/shm]
    #[arg(long, global = true, value_name = "PATH")]
    dir: Option<PathBuf>,
    /// Accept segments of other users, and files that everybody may write
    #[arg(long, global = true)]
    any_owner: bool,
    /// Print JSON, also for errors on standard error
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the segments of the directory, and the hidden files of killed programs
    Ls,
    /// Show a segment: its holders, its rings and its last records
    Inspect(inspect::Inspect),
    /// Remove unused segments
    Rm(rm::Rm),
}

impl Common {
    /// Makes the options of attaching: read-only, which is all that this program needs.
    fn options(&self) -> Options {
        Options {
            directory: self.dir.clone(),
            trust: if self.any_owner { Trust::Anyone } else { Trust::Owner },
            access: Access::ReadOnly,
            ..Options::default()
        }
    }
}

fn main() -> ExitCode {
    let Cli { common, command } = Cli::parse();
    let result = match command {
        Command::Ls => ls::run(&common),
        Command::Inspect(inspect) => inspect::run(&common, &inspect),
        Command::Rm(rm) => rm::run(&common, &rm),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            report(&common, &e);
            ExitCode::from(code_of(e.kind()))
        }
    }
}

fn code_of(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::InvalidName => exit::NOT_UNDERSTOOD,
        ErrorKind::NotFound | ErrorKind::NoDirectory => exit::NOT_FOUND,
        ErrorKind::RoleHeld => exit::IN_USE,
        kind if is_damage(kind) => exit::DAMAGED,
        ErrorKind::PermissionDenied | ErrorKind::ForeignOwner | ErrorKind::InsecureMode => {
            exit::NOT_PERMITTED
        }
        _ => exit::FAILED,
    }
}

/// Returns true if an error means that this version cannot read a file as a segment.
fn is_damage(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Truncated
            | ErrorKind::BadMagic
            | ErrorKind::LayoutVersion
            | ErrorKind::ByteOrder
            | ErrorKind::Corrupt
            | ErrorKind::NotRegularFile
    )
}

fn error_json(e: &Error) -> serde_json::Value {
    json!({
        "kind": format!("{:?}", e.kind()),
        "code": e.kind().code(),
        "exit": code_of(e.kind()),
        "message": e.to_string(),
        "path": e.path().map(|p| p.to_string_lossy()),
        "expected": e.expected(),
        "found": e.found(),
    })
}

fn report(common: &Common, e: &Error) {
    let line = if common.json {
        json!({ "error": error_json(e) }).to_string()
    } else {
        format!("leyline: {}", text::clean(&e.to_string()))
    };
    // If this fails, there is no way left to report it.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes all output at once. A closed pipe is no error.
fn print(what: &str) -> leyline::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(what.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.map_err(|e| Error::os(e, "write")),
    }
}

/// Returns true if the output is a terminal and NO_COLOR is unset.
fn coloured() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}
