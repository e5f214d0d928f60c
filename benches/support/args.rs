//! The command line, the same for every harness.

use std::path::PathBuf;

const USAGE: &str = "\
cargo bench --bench NAME -- [OPTIONS]
  --quick        few and short rounds: correctness only (what `cargo test` runs)
  --threads      the two sides are threads of one process, not two processes
  --rounds N     how many rounds
  --cpus A,B     the processors of the two sides
  --json FOLDER  write NAME.json (NAME-threads.json) there
  --svg FOLDER   draw the pictures there";

/// The options of the command line.
#[derive(Debug, Default)]
pub struct Args {
    /// Correctness only. Always so without `--bench`, which cargo gives under `cargo bench` only.
    pub quick: bool,
    /// The two sides are threads.
    pub threads: bool,
    /// The number of rounds.
    pub rounds: Option<usize>,
    /// The processors of the two sides.
    pub cpus: Option<(usize, usize)>,
    /// The folder for JSON.
    pub json: Option<PathBuf>,
    /// The folder for pictures.
    pub svg: Option<PathBuf>,
}

impl Args {
    /// Reads the command line. Returns `None` if nothing is to be run. An unknown option ends the
    /// process.
    pub fn of_this_process(name: &str) -> Option<Self> {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let is_bench = words.iter().any(|w| w == "--bench");
        if !is_bench && words.iter().any(|w| w == "--list") {
            println!("{name}: test");
            return None;
        }
        match Self::parse(&words, is_bench) {
            Ok((args, filters)) => {
                // `cargo test FILTER` and `cargo bench FILTER` give everybody the filter.
                (filters.is_empty() || filters.iter().any(|f| name.contains(f.as_str()))).then_some(args)
            }
            Err(problem) => {
                eprintln!("{problem}\n{USAGE}");
                std::process::exit(2);
            }
        }
    }

    fn parse(words: &[String], is_bench: bool) -> Result<(Self, Vec<String>), String> {
        let mut args = Self { quick: !is_bench, ..Self::default() };
        let mut filters = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "--bench" => {}
                "--quick" => args.quick = true,
                "--threads" => args.threads = true,
                "--rounds" => {
                    let n = value()?;
                    args.rounds =
                        Some(n.parse().ok().filter(|n| *n > 0).ok_or(format!("--rounds {n}: no number"))?);
                }
                "--cpus" => {
                    let pair = value()?;
                    let cpus = pair.split_once(',').and_then(|(a, b)| a.parse().ok().zip(b.parse().ok()));
                    args.cpus = Some(cpus.ok_or(format!("--cpus {pair}: not two numbers"))?);
                }
                "--json" => args.json = Some(value()?.into()),
                "--svg" => args.svg = Some(value()?.into()),
                "--help" | "-h" => return Err(String::new()),
                filter if !filter.starts_with('-') => filters.push(filter.to_owned()),
                // The options that `cargo test` hands to every test.
                _ if !is_bench => {}
                _ => return Err(format!("{word} is not known")),
            }
        }
        Ok((args, filters))
    }
}
