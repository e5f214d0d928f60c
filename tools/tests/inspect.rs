//! The `leyline` command on real segments: live ones, such as their users have died on, and broken
//! ones.

#[path = "../../tests/common/mod.rs"]
mod common;

use common::{Folder, LONG, is_child, listen, patiently, say, start};
use leyline::Stamp;
use leyline::contract::outcome::{CommandOutcome, OutcomeCode};
use leyline::contract::telemetry::{EventType, Severity, TelemetryEvent};
use leyline::schema::id::Text;
use leyline::{
    Access, ActionSpace, Answer, AnyObserver, Controller, Feature, Flags, LinkSpec, NameState, Observation,
    Options, Policy, Read, RingSpec, RowWriter, Segment, Spec, Start, Trainer, Writer,
};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read as _};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn leyline(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leyline"));
    command.args(arguments).env("LEYLINE_DIR", folder.path()).env("TZ", "UTC").stdin(Stdio::null());
    command
}

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    leyline(folder, arguments).output().unwrap()
}

/// Returns the output of a successful run; no line may be wider than a terminal.
fn text(folder: &Folder, arguments: &[&str]) -> String {
    let ran = run(folder, arguments);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 110, "{line}");
        assert!(!line.contains('\x1b'), "{line:?}");
    }
    text
}

fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let ran = run(folder, &[arguments, &["--json"]].concat());
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// Runs a command that fails. Returns the exit code, and the JSON of its standard error.
fn failure(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let ran = run(folder, &[arguments, &["--json"]].concat());
    let line = String::from_utf8(ran.stderr).unwrap();
    (ran.status.code().unwrap(), serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")))
}

fn ring<'v>(view: &'v Value, name: &str) -> &'v Value {
    view["rings"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap_or_else(|| panic!("{view:#}"))
}

#[test]
#[ignore = "started by its parent"]
fn child_trains() {
    if !is_child() {
        return;
    }
    let spec = LinkSpec::new(&ActionSpace::cnn());
    let (mut trainer, _) = Trainer::open_or_create("watched", &spec, &Options::default()).unwrap();
    let mut observation = Observation::EMPTY;
    observation[Feature::AvailableSlots] = 1.0;
    for step in 1..=20u8 {
        observation[Feature::Epoch] = step.into();
        observation[Feature::ValAccuracy] = 10.1 + f32::from(step);
        trainer.publish(&observation).unwrap();
    }
    say(std::process::id());
    // Told so, it takes all commands, answers the first and refuses the second.
    if listen().is_some() {
        let received: Vec<_> = std::iter::from_fn(|| trainer.try_command().unwrap()).collect();
        let done = CommandOutcome::executed(&received[0].command, received[0].sequence);
        trainer.answer(&received[0], done).unwrap();
        let second = &received[1];
        let refused =
            CommandOutcome::rejected(&second.command, second.sequence, OutcomeCode::Gate, "not yet");
        trainer.answer(second, refused).unwrap();
        say(received.len());
        listen();
    }
}

#[test]
#[ignore = "started by its parent"]
fn child_decides() {
    if !is_child() {
        return;
    }
    let mut controller = Controller::attach("watched", &Options::default(), LONG).unwrap();
    controller.set_deadline(Duration::from_nanos(1));
    let mut observation = Observation::EMPTY;
    let germinate = controller.actions().germinate("depthwise").unwrap();
    for n in 0..20 {
        let Read::Record(meta) = controller.next(&mut observation, patiently()).unwrap() else { panic!() };
        let action = if n < 4 { germinate } else { ActionSpace::WAIT };
        let answer = Answer { confidence: 0.75, reason: "because", ..Answer::default() };
        controller.decide(&meta, action, &answer).unwrap();
    }
    say(std::process::id());
    listen();
}

#[test]
fn a_live_link_is_shown_and_then_what_its_dead_have_left() {
    let folder = Folder::new();
    let mut trainer = start("child_trains", &folder);
    let trainer_pid: u32 = trainer.hear().parse().unwrap();
    let mut controller = start("child_decides", &folder);
    let controller_pid: u32 = controller.hear().parse().unwrap();
    trainer.tell("take commands");
    assert_eq!(trainer.hear(), "4");

    let view = json(&folder, &["inspect", "watched"]);
    assert_eq!(view["name"], "watched");
    assert_eq!(view["name_state"], "current");
    assert_eq!(view["actions"]["names"][1], "GERMINATE_NORM");
    let observations = ring(&view, "observations");
    assert_eq!(observations["last_sequence"], 20);
    assert_eq!((&observations["generation"], &observations["restarts"]), (&1.into(), &0.into()));
    assert_eq!(observations["record"]["name"], "observation");
    let writer = &observations["writer"];
    assert_eq!((&writer["state"], &writer["side"]), (&"held".into(), &"trainer".into()));
    assert_eq!(writer["pid"], trainer_pid);
    assert!(writer["silent_ns"].as_u64().is_some() && writer["since_unix_ns"].as_i64().unwrap() > 0);
    // The program, and nothing of what followed it on its command line.
    let command = writer["command"].as_str().unwrap();
    assert!(command.starts_with("inspect") && !command.contains("child_trains"), "{command}");
    let last = &observations["last"];
    assert_eq!(last.as_array().unwrap().len(), 3);
    let newest = &last[2];
    assert_eq!(newest["sequence"], 20);
    // The f32 that was written, not the f64 next to it.
    assert_eq!(newest["rows"][0]["fields"]["VAL_ACCURACY"]["value"], 30.1);
    assert_eq!(newest["rows"][0]["fields"]["VAL_ACCURACY"]["unit"], "percent");
    assert_eq!(newest["rows"][0]["fields"]["SEED_STAGE"]["meaning"], "UNKNOWN");

    let decisions = ring(&view, "decisions.0");
    assert_eq!(decisions["writer"]["pid"], controller_pid);
    assert_eq!(decisions["writer"]["side"], "controller 0");
    assert_eq!(decisions["writer"]["records"], 20);
    let latency = &decisions["writer"]["latency"];
    assert_eq!((&latency["count"], &latency["deadline_misses"]), (&20.into(), &20.into()));
    assert!(latency["p99_ns"].as_u64() >= latency["p50_ns"].as_u64());
    assert!(latency["max_ns"].as_u64() >= latency["min_ns"].as_u64());
    assert_eq!(decisions["last"][2]["rows"][0]["fields"]["action"]["meaning"], "WAIT");

    let commands = ring(&view, "commands.0");
    let consumer = &commands["consumers"][0];
    assert_eq!((&consumer["state"], &consumer["pid"]), (&"held".into(), &trainer_pid.into()));
    assert_eq!((&consumer["committed"], &consumer["behind"]), (&2.into(), &2.into()));
    let command = &commands["last"][2]["rows"][0]["fields"];
    assert_eq!(command["command_type"]["meaning"], "GERMINATE");
    assert_eq!(command["blueprint"]["value"], "depthwise");
    assert_eq!(command["alpha"]["value"], Value::Null, "it is not there");
    assert_eq!(command["reason"]["value"], "because");
    assert!(command["present"]["meaning"].as_str().unwrap().contains("target_stage"));
    let outcomes = ring(&view, "outcomes.0");
    let outcome = &outcomes["last"][1]["rows"][0]["fields"];
    assert_eq!(
        (&outcome["status"]["meaning"], &outcome["code"]["meaning"]),
        (&"REJECTED".into(), &"GATE".into())
    );
    let lane = &view["lanes"][0];
    assert_eq!((&lane["uncommitted"], &lane["unanswered"]), (&2.into(), &2.into()));
    assert_eq!(lane["commands"][0]["sequence"], 3);
    assert_eq!(
        (&lane["commands"][0]["type"], &lane["commands"][0]["fate"]),
        (&"GERMINATE".into(), &"unanswered".into())
    );

    let shown = text(&folder, &["inspect", "watched"]);
    for needed in [
        "trainer: held, silent for ",
        &format!("by process {trainer_pid} since "),
        "$ inspect",
        "2 uncommitted, 2 of them unanswered",
        "  sequence  id         ",
        "GERMINATE_DEPTHWISE",
        "VAL_ACCURACY",
        "because",
        "20 over 1 ns",
    ] {
        assert!(shown.contains(needed), "{needed}:\n{shown}");
    }
    let listed = text(&folder, &["ls"]);
    assert!(listed.contains(" in use") && listed.contains("1 segment"), "{listed}");

    controller.kill();
    trainer.kill();
    let view = json(&folder, &["inspect", "watched"]);
    let observations = ring(&view, "observations");
    assert_eq!(
        (&observations["writer"]["state"], &observations["writer"]["held"]),
        (&"died".into(), &false.into())
    );
    assert_eq!(observations["writer"]["pid"], trainer_pid);
    assert_eq!(observations["last"][2]["rows"][0]["fields"]["EPOCH"]["value"], 20.0);
    assert_eq!(ring(&view, "commands.0")["consumers"][0]["state"], "free");
    assert_eq!(view["lanes"][0]["unanswered"], 2);
    let shown = text(&folder, &["inspect", "watched"]);
    assert!(shown.contains("trainer: died, silent for "), "{shown}");
    assert!(shown.contains(&format!("last by process {trainer_pid}")), "{shown}");
    // A process ends as a whole: its consumer's role is not told as if somebody else had left it.
    let roles: Vec<&str> = shown.lines().filter(|l| l.contains("last by process ")).collect();
    assert_eq!(roles.len(), 2, "{roles:#?}");
    // The end of it is what a terminal shows: who is there, since when not, and what was said last.
    let end: Vec<&str> = shown.lines().skip_while(|l| *l != "IN SHORT").skip(1).collect();
    let starts = [
        "  trainer: died; last observation #20, ",
        "  controller 0: died; last decision #20, ",
        "  commands of lane 0: 2 unanswered; last #4 GERMINATE, unanswered",
    ];
    assert!(
        end.len() == starts.len() && end.iter().zip(starts).all(|(line, start)| line.starts_with(start)),
        "{end:#?}"
    );
    assert!(end[0].contains(" ago, at 20") && end[1].contains(" ago, at 20"), "{end:#?}");
    let listed = json(&folder, &["ls"]);
    assert_eq!(listed["segments"][0]["state"], "left behind");
    let segment = Segment::attach("watched", &folder.options()).unwrap();
    let roles: usize = segment.rings().iter().map(|r| 1 + r.consumers).sum();
    assert_eq!(
        (&listed["segments"][0]["roles_held"], &listed["segments"][0]["roles"]),
        (&0.into(), &roles.into())
    );

    // A successor: two generations, and the first one's end.
    let mut trainer = start("child_trains", &folder);
    trainer.hear();
    let view = json(&folder, &["inspect", "watched", "--last=0", "--ring=observations"]);
    let observations = ring(&view, "observations");
    assert_eq!((view["rings"].as_array().unwrap().len(), &observations["restarts"]), (1, &1.into()));
    assert_eq!(observations["takeovers"][1]["first_sequence"], 21);
    assert_eq!(observations["last"], serde_json::json!([]));
}

#[test]
fn the_last_records_are_shown_whatever_restarts_come_between_them() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn());
    let mut trainer = Trainer::create("crashing", &spec, &folder.options()).unwrap();
    let segment = trainer.segment().clone();
    trainer.publish(&Observation::EMPTY).unwrap();
    for _ in 0..60 {
        drop(trainer);
        trainer = Trainer::on(&segment).unwrap();
    }
    trainer.publish(&Observation::EMPTY).unwrap();
    let view = json(&folder, &["inspect", "crashing", "--last=2", "--ring=observations"]);
    let observations = ring(&view, "observations");
    assert_eq!(observations["last"].as_array().unwrap().len(), 2);
}

#[test]
fn reports_and_annotations_are_told_like_the_rest() {
    let folder = Folder::new();
    let options = folder.options();
    let mut trainer = Trainer::create("rich", &LinkSpec::new(&ActionSpace::cnn()), &options).unwrap();
    let mut controller = Controller::attach("rich", &options, LONG).unwrap();
    let event = TelemetryEvent::new(
        [7; 16],
        EventType::PlateauDetected,
        Severity::Warning,
        1_700_000_000_000_000_000,
    );
    trainer.report(&event.with_seed("seed-1").unwrap()).unwrap();
    let request = controller.actions().request(ActionSpace::WAIT).unwrap();
    let sent = controller.send_annotated(request, &[("policy", "greedy"), ("run", "a b")]).unwrap();

    let view = json(&folder, &["inspect", "rich"]);
    let event = &ring(&view, "events")["last"][0]["rows"][0]["fields"];
    assert_eq!(event["event_type"]["meaning"], "PLATEAU_DETECTED");
    assert_eq!(event["severity"]["meaning"], "WARNING");
    assert_eq!((&event["seed"]["value"], &event["slot"]["value"]), (&"seed-1".into(), &Value::Null));
    assert_eq!(ring(&view, "events")["writer"]["side"], "trainer");
    let command = &view["lanes"][0]["commands"][0];
    assert_eq!(command["sequence"], sent.sequence);
    assert_eq!(command["annotations"], serde_json::json!({"policy": "greedy", "run": "a b"}));
    let last = &ring(&view, "commands.0")["last"];
    assert_eq!(last[0]["rows"][0]["fields"]["key"]["value"], "policy");
    assert_eq!(last[2]["rows"][0]["fields"]["command_type"]["meaning"], "REQUEST_STATE");
    let shown = text(&folder, &["inspect", "rich"]);
    assert!(shown.contains("3 says policy = greedy; run = a b;"), "{shown}");
    // Of reports there is a word on where they are; who asks for them gets them.
    let names = "  not shown (--last=N or --ring=RING shows them): events";
    assert!(shown.contains(names) && !shown.contains("PLATEAU_DETECTED"), "{shown}");
    for asked in ["--last=1", "--ring=events"] {
        let shown = text(&folder, &["inspect", "rich", asked]);
        assert!(shown.contains("6 PLATEAU_DETECTED") && !shown.contains("not shown"), "{shown}");
    }
}

#[test]
#[ignore = "started by its parent"]
fn child_hands_over() {
    if !is_child() {
        return;
    }
    let spec = LinkSpec::new(&ActionSpace::cnn());
    let (mut trainer, _) = Trainer::open_or_create("handed", &spec, &Options::default()).unwrap();
    trainer.publish(&Observation::EMPTY).unwrap();
    trainer.hand_over().unwrap();
    say("handed over");
    listen();
}

#[test]
fn a_ring_in_a_devices_hands_is_shown() {
    let folder = Folder::new();
    let mut trainer = start("child_hands_over", &folder);
    trainer.hear();
    let view = json(&folder, &["inspect", "handed"]);
    assert_eq!(
        (&ring(&view, "observations")["handed_over"], &ring(&view, "decisions.0")["handed_over"]),
        (&true.into(), &false.into())
    );
    assert!(text(&folder, &["inspect", "handed"]).contains("held, a device writes"));
    trainer.kill();
    assert_eq!(ring(&json(&folder, &["inspect", "handed"]), "observations")["handed_over"], true);
    assert!(text(&folder, &["inspect", "handed"]).contains("died, LEFT TO A DEVICE"));
}

/// Scripts rest on these; docs/troubleshooting.md promises that they stay. More may come: add them
/// here.
#[test]
fn scripts_find_the_keys_that_they_are_promised() {
    let folder = Folder::new();
    let options = folder.options();
    let mut trainer = Trainer::create("keys", &LinkSpec::new(&ActionSpace::cnn()), &options).unwrap();
    let mut controller = Controller::attach("keys", &options, LONG).unwrap();
    trainer.publish(&Observation::EMPTY).unwrap();
    controller.send(controller.actions().request(ActionSpace::WAIT).unwrap()).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let view = json(&folder, &["inspect", "keys"]);
    let (observations, commands) = (ring(&view, "observations"), ring(&view, "commands.0"));
    let slot = &observations["last"][0];
    let row = &slot["rows"][0];
    let listed = json(&folder, &["ls"]);
    let (_, refused) = failure(&folder, &["inspect", "none"]);
    let role = "command failure held latency lost pid records sanitized side silent_ns since_unix_ns state";
    let consumer = "behind command committed failure held latency lost passed_over pid records sanitized side silent_ns \
                    since_unix_ns state";
    let promised = [
        (&view, "actions bytes created_unix_ns id lanes name name_state path rings"),
        (&view["actions"], "fingerprint names topology"),
        (
            observations,
            "age_ns capacity consumers error generation handed_over kind lane last last_sequence name policy rate_hz rate_now_hz \
             readable record restarts rows takeovers time_source writer written",
        ),
        (&observations["record"], "bytes fingerprint name version"),
        (&observations["takeovers"][0], "first_sequence generation"),
        (&observations["writer"], role),
        (&commands["consumers"][0], consumer),
        (
            &observations["writer"]["latency"],
            "count deadline_misses deadline_ns max_ns mean_ns min_ns p50_ns p90_ns p999_ns p99_ns",
        ),
        (slot, "age_ns generation rows sequence time_ns"),
        (row, "env fields flags"),
        (&row["fields"]["VAL_ACCURACY"], "unit value"),
        (&row["fields"]["SEED_STAGE"], "meaning unit value"),
        (&view["lanes"][0], "commands error lane unanswered uncommitted"),
        (&view["lanes"][0]["commands"][0], "annotations env fate id sequence time_ns type"),
        (&listed, "debris directory segments unlinked"),
        (
            &listed["segments"][0],
            "bytes created_unix_ns error failure holders last_record_age_ns name owner path roles roles_held state",
        ),
        (&refused["error"], "code exit expected found kind message path"),
    ];
    for (value, promised) in promised {
        assert_eq!(keys(value), promised);
    }
}

#[test]
fn records_with_replaced_values_are_counted_and_flagged() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn());
    let mut trainer = Trainer::create("diverged", &spec, &folder.options()).unwrap();
    trainer.publish(&Observation::EMPTY).unwrap();
    assert!(!text(&folder, &["inspect", "diverged"]).contains("SANITIZED"));
    let mut diverged = Observation::EMPTY;
    diverged[Feature::TrainLoss] = f32::NAN;
    trainer.publish(&diverged).unwrap();
    trainer.publish(&diverged).unwrap();

    let view = json(&folder, &["inspect", "diverged"]);
    let observations = ring(&view, "observations");
    assert_eq!(observations["writer"]["sanitized"], 2);
    let row = &observations["last"][2]["rows"][0];
    assert_eq!(row["flags"], serde_json::json!(["SANITIZED"]));
    assert_eq!(row["fields"]["TRAIN_LOSS"]["value"], 1e6);
    let shown = text(&folder, &["inspect", "diverged"]);
    let table = shown.split("SANITIZED, in the life of the segment").nth(1).expect(&shown);
    let line = table.lines().find(|line| line.contains("observations")).expect(&shown);
    assert!(line.ends_with(" 2") && table.contains("NaN by the worst value"), "{shown}");
}

/// Inspecting leaves no trace: no lock, no writable page, no descriptor that could write; and not
/// one byte changes.
#[test]
fn watching_a_link_disturbs_nothing() {
    let folder = Folder::new();
    let mut trainer = start("child_trains", &folder);
    trainer.hear();
    let path = folder.path().join("watched.leyline");
    let before = std::fs::read(&path).unwrap();
    let mut watching = leyline(&folder, &["inspect", "watched", "--watch=0.05", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let frames: Vec<Value> =
        lines.by_ref().take(3).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let proc = Path::new("/proc").join(watching.id().to_string());
    let maps = std::fs::read_to_string(proc.join("maps")).unwrap();
    let mapped: Vec<&str> = maps.lines().filter(|l| l.ends_with("watched.leyline")).collect();
    assert!(!mapped.is_empty() && mapped.iter().all(|l| l.contains(" r--s ")), "{mapped:?}");
    for entry in std::fs::read_dir(proc.join("fdinfo")).unwrap() {
        let entry = entry.unwrap().path();
        let leads_to = std::fs::read_link(proc.join("fd").join(entry.file_name().unwrap()));
        let Ok(info) = std::fs::read_to_string(&entry) else { continue };
        if leads_to.is_ok_and(|to| to == path) {
            assert!(!info.contains("lock:"), "{info}");
            let flags = info.lines().find_map(|l| l.strip_prefix("flags:")).unwrap().trim();
            assert_eq!(u32::from_str_radix(flags, 8).unwrap() & 3, 0, "not read-only: {info}");
        }
    }
    assert_eq!(ring(&frames[0], "observations")["rate_now_hz"], Value::Null);
    assert_eq!(ring(&frames[2], "observations")["rate_now_hz"], 0.0);
    assert!(std::fs::read(&path).unwrap() == before, "a byte has changed");

    // It follows the name to the segment that replaces this one, and ends with it.
    trainer.kill();
    let spec = Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap());
    Segment::recreate("watched", &spec, &folder.options()).unwrap();
    let followed = lines.by_ref().map(|l| serde_json::from_str::<Value>(&l.unwrap()).unwrap());
    assert!(followed.into_iter().any(|frame| frame["rings"][0]["name"] == "samples"));
    Segment::unlink("watched", &folder.options()).unwrap();
    lines.for_each(|line| drop(line.unwrap()));
    assert_eq!(watching.wait().unwrap().code(), Some(3));
}

/// A page that is gone ends who touches it; between two looks it is an error with a reason.
#[test]
fn a_segment_cut_short_while_it_is_watched_is_told() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn()).to_spec().unwrap();
    let segment = Segment::create("cut", &spec, &folder.options()).unwrap();
    let mut watching = leyline(&folder, &["inspect", "cut", "--last=0", "--watch", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(watching.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    std::fs::OpenOptions::new().write(true).open(segment.path()).unwrap().set_len(4096).unwrap();
    let ended = watching.wait_with_output().unwrap();
    let said: Value =
        serde_json::from_slice(&ended.stderr).unwrap_or_else(|e| panic!("{e}: {}", ended.status));
    assert_eq!((ended.status.code(), &said["error"]["kind"]), (Some(5), &"Truncated".into()));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = Folder::new();
    let spec = Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap());
    Segment::create("piped", &spec, &folder.options()).unwrap();
    let mut watching = leyline(&folder, &["inspect", "piped", "--watch=0.01"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(watching.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    assert_eq!(watching.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    watching.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Inner {
    volts: f32,
    stage: u32,
}
leyline::record! { Inner as "inner" version 1 { volts: f32, "V", -5.0, 5.0; stage: u32, "SeedStage", 0.0, 10.0; } }

/// A program's own record.
#[derive(Clone, Copy)]
#[repr(C)]
struct Sample {
    id: [u8; 16],
    inner: Inner,
    levels: [i64; 3],
    note: Text,
    notes: [Text; 2],
    present: u32,
    level_count: u32,
}
leyline::record! { Sample as "sample" version 7 {
    id: [u8; 16], "uuid", 0.0, 255.0; inner: Inner, "-", 0.0, 0.0; levels: [i64; 3], "dB", -9.0, 9.0;
    note: Text, "-", 0.0, 0.0; notes: [Text; 2], "-", 0.0, 0.0; present: u32, "bits", 0.0, 3.0;
    level_count: u32, "-", 0.0, 3.0;
} }

fn sample(note: &str, stage: u32) -> Sample {
    Sample {
        id: [0x11; 16],
        inner: Inner { volts: 0.1, stage },
        levels: [-1, 2, 9],
        note: Text::new(note).0,
        notes: [Text::new("one").0, Text::new("two").0],
        present: 2,
        level_count: 2,
    }
}

#[test]
fn a_programs_own_records_are_decoded_by_their_schema() {
    let folder = Folder::new();
    let spec = Spec::new()
        .ring(RingSpec::new::<Sample>("samples").unwrap().consumers(1, Policy::Release).capacity(8))
        .ring(RingSpec::new::<Sample>("rows").unwrap().rows(3).capacity(4));
    let segment = Segment::create("own", &spec, &folder.options()).unwrap();
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    for n in 0..20 {
        writer.publish_stamped(&sample("fine", n % 11), Stamp::default()).unwrap();
    }
    let mut bad = sample("\x1b[31mred\u{202e}", 77);
    bad.inner.volts = f32::NAN;
    bad.levels[0] = 10;
    writer
        .publish_stamped(&bad, Stamp { env: 5, flags: Flags::FIRST.with(Flags::TRUNCATED), time_ns: 16 })
        .unwrap();
    let mut rows = RowWriter::<Sample>::open(&segment, "rows").unwrap();
    let three = [1, 2, 3].map(|n| sample("row", n));
    rows.publish(&three, &[7, 8, 9], &[Flags::NONE, Flags::TERMINATED, Flags::NONE]).unwrap();

    let view = json(&folder, &["inspect", "own", "--last=2", "--rows=2"]);
    let samples = ring(&view, "samples");
    let fields = &samples["last"][0]["rows"][0]["fields"];
    assert_eq!(fields["id"]["value"], "11111111-1111-1111-1111-111111111111");
    assert_eq!((&fields["inner.volts"]["value"], &fields["inner.volts"]["unit"]), (&0.1.into(), &"V".into()));
    assert_eq!(fields["inner.stage"]["meaning"], "CULLED");
    assert_eq!(fields["levels"]["value"], serde_json::json!([-1, 2]), "as many as are counted");
    assert_eq!(fields["notes"]["value"], serde_json::json!(["one", "two"]));
    let wrong = &samples["last"][1]["rows"][0];
    assert_eq!((&wrong["env"], &wrong["flags"]), (&5.into(), &serde_json::json!(["FIRST", "TRUNCATED"])));
    let wrong = &wrong["fields"];
    assert_eq!(
        (&wrong["inner.volts"]["value"], &wrong["inner.volts"]["problem"]),
        (&Value::Null, &"not finite".into())
    );
    assert_eq!(wrong["inner.stage"]["problem"], "outside 0 to 10");
    assert_eq!(wrong["levels"]["problem"], "outside -9 to 9");
    assert_eq!(samples["consumers"][0]["state"], "never");
    // The writer has gone over what nobody took, by an eighth of the ring at a time.
    assert_eq!(samples["consumers"][0]["committed"], 0);
    assert!(samples["consumers"][0]["passed_over"].as_u64().unwrap() >= 13);
    let slots = ring(&view, "rows");
    assert_eq!(slots["rows"], 3);
    let shown = slots["last"][0]["rows"].as_array().unwrap();
    assert_eq!(shown.len(), 2);
    assert_eq!((&shown[1]["env"], &shown[1]["flags"]), (&8.into(), &serde_json::json!(["TERMINATED"])));

    let shown = text(&folder, &["inspect", "own"]);
    assert!(shown.contains("\\u{1b}[31mred\\u{202e}"), "{shown}");
    assert!(shown.contains("(!) #21 inner.volts: not finite"), "{shown}");
    assert!(shown.contains("sample 7") && shown.contains("#1[2]"), "{shown}");

    let mut reader = AnyObserver::open(&segment, "rows", Start::Oldest).unwrap();
    assert!(reader.record(0).is_none() && reader.beside(0).is_none(), "nothing has been read");
    assert!(matches!(reader.try_next(), Read::Record(_)));
    assert_eq!(reader.record(2).unwrap(), bytemuck_bytes(&three[2]));
    assert_eq!(reader.beside(1), Some((8, Flags::TERMINATED)));
    assert!(reader.record(3).is_none());
    assert_eq!(reader.try_next(), Read::Empty);
    assert!(reader.record(0).is_none() && reader.beside(0).is_none(), "the last read gave nothing");
}

fn bytemuck_bytes(sample: &Sample) -> &[u8] {
    leyline::__private::bytemuck::bytes_of(sample)
}

#[test]
fn what_is_damaged_is_said_and_told_by_the_exit_code() {
    let folder = Folder::new();
    let spec = Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap());
    let path = Segment::create("whole", &spec, &folder.options()).unwrap().path().to_owned();
    let whole = std::fs::read(&path).unwrap();
    let broken = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(format!("{name}.leyline")), bytes).unwrap();
    };
    broken("short", &whole[..5000]);
    broken("other", &[b'x'; 5000]);
    let mut later = whole.clone();
    later[8] = 9;
    broken("later", &later);
    // The schema's text, which only decoding looks at.
    let mut text_gone = whole.clone();
    let at = whole.windows(5).position(|w| w == b"field").unwrap();
    text_gone[at] = b'F';
    broken("text", &text_gone);
    std::fs::write(folder.path().join(".0123456789abcdef0123456789abcdef.tmp"), b"half").unwrap();

    for (name, kind) in [("short", "Truncated"), ("other", "BadMagic"), ("later", "LayoutVersion")] {
        let (code, said) = failure(&folder, &["inspect", name]);
        assert_eq!((code, &said["error"]["kind"]), (5, &kind.into()), "{said}");
        assert!(said["error"]["message"].as_str().unwrap().contains(&format!("{name}.leyline")), "{said}");
        let (code, said) = failure(&folder, &["rm", name]);
        assert_eq!(code, 5, "{said}");
        assert!(said["error"]["message"].as_str().unwrap().contains("--damaged"), "{said}");
    }
    let view = json(&folder, &["inspect", "text"]);
    assert_eq!(ring(&view, "samples")["error"]["kind"], "Corrupt");
    let segment = Segment::attach("text", &folder.options()).unwrap();
    assert_eq!(
        AnyObserver::open(&segment, "samples", Start::Oldest).unwrap_err().kind(),
        leyline::ErrorKind::Corrupt
    );
    let listed = json(&folder, &["ls"]);
    let states: Vec<(&str, &str)> = listed["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["name"].as_str().unwrap(), s["state"].as_str().unwrap()))
        .collect();
    let damaged = |name| (name, "damaged");
    assert_eq!(
        states,
        [
            damaged("later"),
            damaged("other"),
            damaged("short"),
            ("text", "never used"),
            ("whole", "never used")
        ]
    );
    assert_eq!(listed["segments"][2]["error"]["code"], -11);
    assert_eq!(
        (listed["debris"].as_array().unwrap().len(), &listed["debris"][0]["in_use"]),
        (1, &false.into())
    );
    let shown = text(&folder, &["ls"]);
    assert!(
        shown.contains("short: fewer bytes than the header says") && shown.contains("rm --debris"),
        "{shown}"
    );

    let (code, said) = failure(&folder, &["inspect", "nothing"]);
    assert_eq!((code, &said["error"]["kind"]), (3, &"NotFound".into()));
    assert_eq!(failure(&folder, &["inspect", "whole", "--ring=none"]).0, 1);
    assert_eq!(run(&folder, &["inspect"]).status.code(), Some(2));
    assert_eq!(run(&folder, &["ls", "--dir=/nowhere"]).status.code(), Some(3));

    text(&folder, &["rm", "--damaged", "short", "other", "later"]);
    text(&folder, &["rm", "--debris"]);
    assert_eq!(folder.files(), ["text.leyline", "whole.leyline"]);
}

#[test]
fn each_role_shows_how_it_ended_and_why() {
    let folder = Folder::new();
    let options = folder.options();
    let trainer = Trainer::create("ended", &LinkSpec::new(&ActionSpace::cnn()), &options).unwrap();
    let controller = Controller::attach("ended", &options, LONG).unwrap();
    trainer.abort("out of \u{1b}[31mmemory");
    let state = |listed: &Value| listed["segments"][0]["state"].clone();
    assert_eq!(state(&json(&folder, &["ls"])), "in use");
    drop(controller);
    let view = json(&folder, &["inspect", "ended"]);
    let writer = |ring_name: &str| {
        let writer = &ring(&view, ring_name)["writer"];
        (writer["state"].as_str().unwrap().to_owned(), writer["failure"].as_str().map(str::to_owned))
    };
    for ring_name in ["observations", "outcomes.0", "signals"] {
        assert_eq!(writer(ring_name), ("failed".to_owned(), Some("out of \u{1b}[31mmemory".to_owned())));
    }
    assert_eq!(writer("decisions.0"), ("closed".to_owned(), None));
    let shown = text(&folder, &["inspect", "ended"]);
    assert!(shown.contains("trainer: failed: out of \\u{1b}[31mmemory"), "{shown}");
    assert!(shown.contains("controller 0: closed"), "{shown}");
    let listed = json(&folder, &["ls"]);
    assert_eq!(state(&listed), "failed");
    assert_eq!(listed["segments"][0]["failure"], "out of \u{1b}[31mmemory");
    assert!(text(&folder, &["ls"]).contains("failed: out of \\u{1b}[31mmemory"));
    // A successor that closes in order leaves nothing of it.
    drop(Trainer::open_or_create("ended", &LinkSpec::new(&ActionSpace::cnn()), &options).unwrap());
    assert_eq!(state(&json(&folder, &["ls"])), "closed");
}

/// A segment that was removed under its users' hands is found through them.
#[test]
fn a_name_that_is_gone_is_shown_with_the_processes_that_go_on() {
    let folder = Folder::new();
    let mut trainer = start("child_trains", &folder);
    let pid: u32 = trainer.hear().parse().unwrap();
    assert_eq!(json(&folder, &["ls"])["unlinked"], Value::Array(Vec::new()));
    std::fs::remove_file(folder.path().join("watched.leyline")).unwrap();
    let listed = json(&folder, &["ls"]);
    let gone = &listed["unlinked"][0];
    assert_eq!((&gone["file"], &gone["users"][0]["pid"]), (&"watched.leyline".into(), &pid.into()));
    assert_eq!(listed["segments"], Value::Array(Vec::new()));
    let path = gone["users"][0]["descriptor"].as_str().unwrap();
    assert!(text(&folder, &["ls"]).contains("name gone: 1 segment"));
    // Its state is as it was.
    let view = json(&folder, &["inspect", path]);
    assert_eq!(view["name_state"], "unlinked");
    assert_eq!(ring(&view, "observations")["writer"]["state"], "held");
    assert_eq!(ring(&view, "observations")["last_sequence"], 20);
    assert!(text(&folder, &["inspect", path]).contains("NAME GONE"));
    // Who asks for it by its name is told where it is.
    let (code, said) = failure(&folder, &["inspect", "watched"]);
    assert_eq!((code, &said["error"]["kind"]), (3, &"NotFound".into()));
    let message = said["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("used by {pid}")) && message.contains(path), "{message}");
    // Replaced, it is another matter; and gone with its users.
    let spec = LinkSpec::new(&ActionSpace::cnn()).to_spec().unwrap();
    drop(Segment::create("watched", &spec, &folder.options()).unwrap());
    assert_eq!(json(&folder, &["inspect", path])["name_state"], "replaced");
    assert!(text(&folder, &["inspect", path]).contains("SUPERSEDED"));
    trainer.kill();
    assert_eq!(json(&folder, &["ls"])["unlinked"], Value::Array(Vec::new()));
}

/// A segment without a name is found by a descriptor of a process that has it.
#[test]
fn a_segment_without_a_name_is_looked_at_through_a_holders_descriptor() {
    let folder = Folder::new();
    let spec = Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap());
    let segment = Segment::create_memfd("nameless", &spec, &Options::default()).unwrap();
    let mut writer = Writer::<Sample>::open(&segment, "samples").unwrap();
    writer.publish(&sample("seen", 1)).unwrap();
    let descriptor = segment.descriptor(Access::ReadOnly).unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), descriptor.as_raw_fd());
    let view = json(&folder, &["inspect", &path]);
    assert_eq!(view["path"], "memfd:nameless.leyline");
    let ring = ring(&view, "samples");
    assert_eq!(ring["last"][0]["rows"][0]["fields"]["note"]["value"], "seen");
    assert_eq!(
        (&ring["writer"]["state"], &ring["writer"]["pid"]),
        (&"held".into(), &std::process::id().into())
    );
    // A file that could be cut short under it is none of those; nor is what is not there.
    let named = Segment::create("named", &spec, &folder.options()).unwrap();
    let (_, said) = failure(&folder, &["inspect", named.path().to_str().unwrap()]);
    assert_eq!(said["error"]["kind"], "NotSealed");
    let (code, said) = failure(&folder, &["inspect", folder.path().to_str().unwrap()]);
    assert_eq!((code, &said["error"]["kind"]), (5, &"NotRegularFile".into()));
    let (code, said) = failure(&folder, &["inspect", "/proc/self/fd/none"]);
    assert_eq!((code, &said["error"]["kind"]), (3, &"NotFound".into()));
    assert_eq!(writer.publish(&sample("more", 1)).unwrap(), 2);
}

#[test]
fn what_is_no_file_is_told_and_the_help_helps() {
    let folder = Folder::new();
    let at = |name: &str| folder.path().join(format!("{name}.leyline"));
    drop(std::os::unix::net::UnixListener::bind(at("socket")).unwrap());
    std::os::unix::fs::symlink("/etc/passwd", at("link")).unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let listed = json(&folder, &["ls"]);
    assert!(listed["segments"].as_array().unwrap().iter().all(|s| s["state"] == "damaged"), "{listed}");
    for name in ["link", "pipe", "socket"] {
        for command in [&["inspect"][..], &["rm"], &["rm", "--damaged"]] {
            let (code, said) = failure(&folder, &[command, &[name]].concat());
            assert_eq!((code, &said["error"]["kind"]), (5, &"NotRegularFile".into()), "{said}");
            let message = said["error"]["message"].as_str().unwrap();
            assert!(command[0] == "inspect" || message.contains("rm --force"), "{message}");
        }
        text(&folder, &["rm", "--force", name]);
    }
    assert_eq!(folder.files(), [] as [&str; 0]);
    assert_eq!(failure(&folder, &["inspect", "no name"]).0, 2);
}

#[test]
fn a_user_who_may_only_read_sees_it_all() {
    let folder = Folder::new();
    let options = Options { mode: 0o644, ..folder.options() };
    let spec = Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap());
    let segment = Segment::create("readable", &spec, &options).unwrap();
    Writer::<Sample>::open(&segment, "samples").unwrap().publish(&sample("seen", 1)).unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    // A copy, because the other user may not reach the folder that the binary lies in.
    let binary = folder.path().join("binary");
    std::fs::copy(env!("CARGO_BIN_EXE_leyline"), &binary).unwrap();
    let nobody = |arguments: &[&str]| {
        Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&binary)
            .args(arguments)
            .env("LEYLINE_DIR", folder.path())
            .output()
    };
    if !nobody(&["--version"]).is_ok_and(|ran| ran.status.success()) {
        eprintln!("NOT CHECKED: another user: setpriv needs root");
        return;
    }
    assert_eq!(nobody(&["inspect", "readable"]).unwrap().status.code(), Some(6));
    let ran = nobody(&["inspect", "readable", "--any-owner", "--json"]).unwrap();
    let view: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let ring = ring(&view, "samples");
    assert_eq!(ring["last"][0]["rows"][0]["fields"]["note"]["value"], "seen");
    assert_eq!(ring["writer"]["state"], "closed");
    assert_eq!(nobody(&["rm", "readable", "--any-owner"]).unwrap().status.code(), Some(6));
    assert_eq!(segment.name_state().unwrap(), NameState::Current);
    // What other users have is left, and is no failure: in /dev/shm there usually is some.
    Segment::create("private", &spec, &folder.options()).unwrap();
    let ran = nobody(&["rm", "--unused"]).unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert_eq!((ran.status.code(), said.matches(": refused: ").count()), (Some(0), 2), "{said}");
}

#[test]
fn removing_is_refused_while_a_role_is_held_and_one_of_two_removals_succeeds() {
    let folder = Folder::new();
    let mut trainer = start("child_trains", &folder);
    let pid = trainer.hear();
    let (code, said) = failure(&folder, &["rm", "watched"]);
    assert_eq!((code, &said["error"]["kind"]), (4, &"RoleHeld".into()));
    assert!(said["error"]["found"].as_str().unwrap().contains(&format!("process {pid} ")), "{said}");
    assert_eq!(folder.files(), ["watched.leyline"]);
    trainer.kill();
    for _ in 0..10 {
        let racing: Vec<_> = (0..2)
            .map(|_| {
                let mut command = leyline(&folder, &["rm", "watched"]);
                command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        let mut codes: Vec<_> = racing.into_iter().map(|mut r| r.wait().unwrap().code().unwrap()).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 3]);
        let spec = LinkSpec::new(&ActionSpace::cnn()).to_spec().unwrap();
        Segment::create("watched", &spec, &folder.options()).unwrap();
    }
    // By force: the holder goes on, and its segment has no name any more.
    let segment = Segment::attach("watched", &folder.options()).unwrap();
    let held = Trainer::on(&segment).unwrap();
    assert_eq!(run(&folder, &["rm", "watched"]).status.code(), Some(4));
    assert_eq!(text(&folder, &["rm", "watched", "--force"]), "removed watched\n");
    assert_eq!(held.segment().name_state().unwrap(), NameState::Unlinked);
    assert_eq!(run(&folder, &["rm", "watched", "--force"]).status.code(), Some(3));
}

#[test]
fn what_nobody_uses_is_removed_at_once_and_the_rest_is_left_with_the_reason() {
    let folder = Folder::new();
    let spec = LinkSpec::new(&ActionSpace::cnn()).to_spec().unwrap();
    let mut trainer = start("child_trains", &folder);
    let pid = trainer.hear();
    for name in ["closed", "never-used"] {
        Segment::create(name, &spec, &folder.options()).unwrap();
    }
    let segment = Segment::attach("closed", &folder.options()).unwrap();
    drop(Trainer::on(&segment).unwrap());
    std::fs::write(folder.path().join("broken.leyline"), "no segment").unwrap();
    std::fs::write(folder.path().join(".0123456789abcdef0123456789abcdef.tmp"), "debris").unwrap();
    std::fs::write(folder.path().join("a file of somebody else's"), "").unwrap();
    let names = |view: &Value, what: &str| -> Vec<String> {
        let all = view[what].as_array().unwrap().iter();
        all.map(|l| l["name"].as_str().unwrap().to_owned()).collect()
    };
    let whys = |view: &Value| -> Vec<String> {
        view["left"].as_array().unwrap().iter().map(|l| l["why"].as_str().unwrap().to_owned()).collect()
    };

    // What has just been used may be wanted yet.
    let view = json(&folder, &["rm", "--unused", "--older", "1h"]);
    assert_eq!(names(&view, "removed"), [] as [&str; 0]);
    assert_eq!(names(&view, "left"), ["broken", "closed", "never-used", "watched"]);
    // That somebody holds a role is not asked where it is too young anyway.
    assert_eq!(whys(&view), ["damaged", "recent", "recent", "recent"]);
    assert_eq!(view["debris"].as_array().unwrap().len(), 1);

    let view = json(&folder, &["rm", "--unused"]);
    assert_eq!(names(&view, "removed"), ["closed", "never-used"]);
    assert_eq!(view["removed"][0]["bytes"], segment.size());
    assert_eq!(
        (names(&view, "left"), whys(&view)),
        (vec!["broken".to_owned(), "watched".to_owned()], vec!["damaged".to_owned(), "in use".to_owned()])
    );
    let error = &view["left"][1]["error"];
    assert!(error["found"].as_str().unwrap().contains(&format!("process {pid} (inspect")), "{error}");
    assert_eq!(view["error"], Value::Null);

    let said = text(&folder, &["rm", "--unused", "--damaged"]);
    for needed in
        ["removed broken, 10 B", "left watched: in use, held by process ", "1 segment removed, 10 B;"]
    {
        assert!(said.contains(needed), "{needed}: {said}");
    }
    trainer.kill();
    assert!(text(&folder, &["rm", "--unused", "--older", "0s"]).contains("removed watched, "));
    assert_eq!(folder.files(), ["a file of somebody else's"]);
    for wrong in [
        &["--unused", "name"][..],
        &["--unused", "--force"],
        &["--older", "1h"],
        &["--unused", "--older", "1"],
    ] {
        assert_eq!(run(&folder, &[&["rm"], wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
}

/// Fills a small file system with what it leaves behind, and makes room as the error says.
#[test]
#[ignore = "started by its parent"]
fn child_fills_its_file_system() {
    if !is_child() {
        return;
    }
    let spec = Spec::new().ring(RingSpec::new::<Sample>("samples").unwrap());
    let mut left = 0;
    let e = loop {
        match Segment::create(&format!("run-{left}"), &spec, &Options::default()) {
            Ok(_) => left += 1,
            Err(e) => break e,
        }
    };
    assert_eq!(e.kind(), leyline::ErrorKind::NoSpace);
    say(left);
    say(e);
    let ran = Command::new(env!("CARGO_BIN_EXE_leyline")).args(["rm", "--unused"]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for run in 0..left {
        Segment::create(&format!("again-{run}"), &spec, &Options::default()).unwrap();
    }
    say("there is room again");
}

#[test]
fn a_full_file_system_says_what_could_be_removed_and_how() {
    // Of bytes, and of files.
    for full in ["size=8m", "nr_inodes=6"] {
        fill_a_file_system(full);
    }
}

fn fill_a_file_system(limit: &str) {
    let folder = Folder::new();
    let mount = format!("mount -t tmpfs -o {limit} none {} && exec \"$0\" \"$@\"", folder.path().display());
    let wrapper = ["unshare", "--mount", "sh", "-c", mount.as_str()];
    let Some(mut child) = common::start_inside(&wrapper, "child_fills_its_file_system", &folder, &[]) else {
        return;
    };
    let left: usize = child.hear().parse().unwrap();
    assert!(left > 1, "{left}");
    let said = child.hear();
    let needed = format!("{left} unused segments take ");
    assert!(said.contains(&needed) && said.contains("leyline rm --unused"), "{said}");
    assert_eq!(said.contains("nr_inodes="), limit.starts_with("nr_inodes"), "{said}");
    assert_eq!(child.hear(), "there is room again");
    assert!(child.wait().success());
}

#[test]
fn the_page_for_when_something_is_wrong_names_commands_that_there_are() {
    let page = include_str!("../../docs/troubleshooting.md");
    let folder = Folder::new();
    let commands: Vec<&str> = page.lines().filter_map(|l| l.strip_prefix("$ leyline ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        assert!(run(&folder, &arguments).status.success(), "leyline {command}");
    }
    let kinds = ["RoleHeld", "SchemaMismatch", "Full", "ConsumerGone", "NoSpace", "Superseded", "Lapped"];
    for kind in kinds {
        assert!(page.lines().any(|l| l.starts_with("## ") && l.contains(kind)), "nothing on {kind}");
    }
}

/// Numbers that are the same each time.
struct Noise(u64);

impl Noise {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Inspecting ends in order whatever stands in a segment.
#[test]
fn no_contents_of_a_segment_bring_it_down() {
    let folder = Folder::new();
    let mut trainer = start("child_trains", &folder);
    trainer.hear();
    let mut controller = start("child_decides", &folder);
    controller.hear();
    controller.kill();
    trainer.kill();
    let path = folder.path().join("watched.leyline");
    let whole = std::fs::read(&path).unwrap();
    // Where there is something: the rest is zeros, and more of it.
    let used: Vec<usize> = (0..whole.len()).filter(|&at| whole[at] != 0).collect();
    // What the creator wrote, and what the roles did: where the role pages start stands at 72.
    let roles = u64::from_le_bytes(whole[72..80].try_into().unwrap()) as usize;
    let (header, words) = used.split_at(used.partition_point(|&at| at < roles));
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let (mut shown, mut refused) = (0, 0);
    for round in 0..100 {
        let mut bytes = whole.clone();
        let part = if round % 4 == 0 { header } else { words };
        for _ in 0..=noise.below(8) {
            let at = part[noise.below(part.len())];
            match noise.below(3) {
                0 => bytes[at] ^= 1 << noise.below(8),
                1 => bytes[at] = 0xff,
                // A whole word: counters, generations, cursors, offsets.
                _ => bytes[at & !7..][..8].fill([0, 0xff, 0x7f, 0x80][noise.below(4)]),
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        let how: &[&str] = if round % 3 == 0 { &["--json"] } else { &[] };
        let arguments = [&["inspect", "watched", "--last=6"][..], how].concat();
        let ran = run(&folder, &arguments);
        let said = String::from_utf8_lossy(&ran.stderr);
        match ran.status.code() {
            Some(0) => shown += 1,
            Some(1 | 5) => refused += 1,
            code => panic!("round {round}: {code:?} {said}"),
        }
        assert!(!said.contains("panicked"), "round {round}: {said}");
        assert_eq!(run(&folder, &["ls"]).status.code(), Some(0));
    }
    assert!(shown > 20 && refused > 5, "{shown} shown, {refused} refused");
}
