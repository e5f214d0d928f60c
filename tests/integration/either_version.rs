//! Runs the example controller on raw and on normalized observations: it decides the same on both.

use crate::common::{self, Folder, patiently};
use leyline::contract::decision::Decision;
use leyline::contract::normalizer::Normalizer;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::stage::SeedStage;
use leyline::contract::task::Task;
use leyline::schema::id::Id;
use leyline::seed::tracker::{SeedView, SignalTracker, Validation};
use leyline::{ActionSpace, LinkSpec, Observation, Read, Trainer};
use std::path::Path;
use std::process::{Command, Stdio};

const EPOCHS: u32 = 60;

#[derive(Clone, Copy)]
enum Form {
    Raw,
    Normalized,
    Version2,
}

/// Returns the controller's decisions in a short training, and its last output.
fn train(form: Form, normalizer: &Normalizer, program: &Path) -> (Vec<u16>, String) {
    let schema = match form {
        Form::Raw => Observation::row_schema(),
        Form::Normalized => normalizer.schema(),
        Form::Version2 => normalizer.version_2_schema(),
    };
    let folder = Folder::new();
    let link = LinkSpec::new(&ActionSpace::cnn()).observe(schema);
    let mut trainer = Trainer::create("either", &link, &folder.options()).unwrap();
    let running = Command::new(program)
        .args(["either", "--quiet", "--linger", "0"])
        .env("LEYLINE_DIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut tracker = SignalTracker::new();
    let (mut actions, mut decision, mut germinated) = (Vec::new(), Decision::default(), None);
    for epoch in 1..=EPOCHS {
        let accuracy = 60.0 - 20.0 * 0.7f32.powi(epoch as i32);
        tracker.update(&Validation {
            epoch,
            global_step: u64::from(epoch) * 20,
            train_loss: 1.0,
            val_loss: 1.5 - accuracy / 100.0,
            train_accuracy: accuracy,
            val_accuracy: accuracy,
        });
        if let Some(since) = germinated {
            let stage = if epoch < since + 5 { SeedStage::Training } else { SeedStage::Probationary };
            let (id, improvement) = (Id::new("seed").unwrap(), 0.25 * (epoch - since) as f32);
            let epochs_in_stage = (epoch - since) % 5;
            tracker.set_seed(&SeedView { id, stage, epochs_in_stage, alpha: 1.0, improvement });
        } else {
            tracker.clear_seed();
        }
        tracker.set_available_slots(u32::from(germinated.is_none()));
        let signals = tracker.signals();
        let published = match form {
            Form::Raw => trainer.publish(signals),
            Form::Normalized => trainer.publish(&normalizer.normalize(&signals.to_observation())),
            Form::Version2 => trainer.publish(&normalizer.version_2(signals)),
        };
        let sequence = published.unwrap().sequence;
        let Read::Record(_) = trainer.wait_decision(0, sequence, &mut decision, patiently()).unwrap() else {
            panic!("no decision")
        };
        // A command is published before its decision.
        while let Some(received) = trainer.try_command().unwrap() {
            germinated = if germinated.is_none() { Some(epoch) } else { None };
            let outcome = CommandOutcome::executed(&received.command, received.sequence);
            trainer.answer(&received, outcome).unwrap();
        }
        actions.push(decision.action);
    }
    drop(trainer);
    let done = running.wait_with_output().unwrap();
    assert!(done.status.success());
    (actions, String::from_utf8(done.stdout).unwrap())
}

#[test]
fn the_controller_decides_the_same_on_either() {
    let program = common::example("controller", &[]);
    let task = Task { name: Id::new("either").unwrap(), max_epochs: EPOCHS.into(), ..Task::cifar10() };
    let normalizer = Normalizer::new(&task).unwrap();
    let (raw, said) = train(Form::Raw, &normalizer, &program);
    assert!(raw.iter().any(|action| *action != 0), "{raw:?}");
    assert!(
        said.starts_with(&format!("controller: received {EPOCHS} lost 0 decisions {EPOCHS} commands ")),
        "{said}"
    );
    for form in [Form::Normalized, Form::Version2] {
        assert_eq!(train(form, &normalizer, &program), (raw.clone(), said.clone()));
    }
}
