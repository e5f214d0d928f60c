//! A controller in tasks of Tokio: one decides, and another one reads what the trainer reports.
//!
//! `cargo run --features tokio --example leyline-tokio -- NAME`. Attaches to the link NAME, decides
//! WAIT on every observation, and ends when the trainer does. Its last line says how much it
//! received.

use leyline::contract::signals::TrainingSignals;
use leyline::{ActionSpace, Answer, Async, Controller, Observation, Observer, Options, Read, Result, Start};
use std::process::ExitCode;
use std::time::Duration;

/// Decides until the trainer has ended. Returns how many observations came.
async fn decide(mut controller: Async<Controller>) -> Result<u64> {
    let mut observation = Observation::EMPTY;
    loop {
        match controller.next_async(&mut observation).await? {
            Read::Record(meta) => {
                controller.decide(&meta, ActionSpace::WAIT, &Answer::default())?;
            }
            Read::WriterGone(_) | Read::Superseded => return Ok(controller.received()),
            // A lap or a new trainer: records follow.
            _ => {}
        }
    }
}

/// Reads reports until the trainer has ended. Returns how many came.
async fn listen(mut reports: Async<Observer<TrainingSignals>>) -> Result<u64> {
    let (mut signals, mut count) = (TrainingSignals::default(), 0);
    loop {
        match reports.next_async(&mut signals).await? {
            Read::Record(_) => count += 1,
            Read::WriterGone(_) | Read::Superseded => return Ok(count),
            _ => {}
        }
    }
}

async fn follow(name: &str) -> Result<()> {
    // This blocks, as there is nothing else to do yet.
    let controller = Controller::attach(name, &Options::default(), Duration::from_secs(10))?;
    let reports = controller.reports::<TrainingSignals>(Start::Oldest)?;
    let listening = tokio::spawn(listen(Async::new(reports)?));
    let decisions = decide(Async::new(controller)?).await?;
    let reports = listening.await.expect("no panic")?;
    println!("tokio: received {decisions}, reports {reports}");
    Ok(())
}

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        eprintln!("usage: tokio NAME");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    match runtime.block_on(follow(&name)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("tokio: {e}");
            ExitCode::FAILURE
        }
    }
}
