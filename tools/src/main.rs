//! The `leyline` command: looks at the segments of a directory, and removes what nobody uses.
//!
//! It shows what the library tells; it attaches read-only, takes no role and disturbs nobody.

mod inspect;
mod ls;
mod rm;
mod text;
mod view;

use clap::{Args, Parser, Subcommand};
use leyline::{Access, Error, ErrorKind, Options, Trust};
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What a script can tell failures apart by; listed in the help.
mod exit {
    pub(crate) const FAILED: u8 = 1;
    /// Also clap's own.
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
  2  not understood
  3  no such segment or directory
  4  in use: somebody living holds a role
  5  damaged, or no segment
  6  not permitted";

/// Looks at leyline segments: who holds them, how their rings stand, what was said last.
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
    /// The directory of the segments [default: $LEYLINE_DIR, or else /dev/shm]
    #[arg(long, global = true, value_name = "PATH")]
    dir: Option<PathBuf>,
    /// Accept segments of other users, and such as everybody may write
    #[arg(long, global = true)]
    any_owner: bool,
    /// Print JSON; errors too, on the standard error
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the segments of the directory, and what killed programs have left there
    Ls,
    /// Show who holds a segment, how its rings stand and what was said last
    Inspect(inspect::Inspect),
    /// Remove segments that nobody uses
    Rm(rm::Rm),
}

impl Common {
    /// Read-only: nothing that this program does needs more.
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

/// Whether an error says that a file is no segment that this version can read.
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
    // Nobody is left to be told if this fails.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes all at once. A reader that has seen enough is no error.
fn print(what: &str) -> leyline::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(what.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.map_err(|e| Error::os(e, "write")),
    }
}

/// Colours only for a person, and only for one who wants them.
fn coloured() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}
