//! A segment that an attacker may write, used in every way: every call returns a result, whatever
//! was written.
//!
//! An attack is a string of bytes: it selects the segment, what is overwritten before it is
//! attached, and then, step by step, what is called and what is overwritten meanwhile. The property
//! test and the fuzz target share this file.

use leyline::__private::bytemuck;
use leyline::contract::blueprint::BlueprintSpec;
use leyline::contract::budgets::{Budget, PerformanceBudgets};
use leyline::contract::command::AdaptationCommand;
use leyline::contract::decision::Decision;
use leyline::contract::field_report::FieldReport;
use leyline::contract::gate_result::GateResult;
use leyline::contract::outcome::CommandOutcome;
use leyline::contract::seed_state::SeedState;
use leyline::contract::seed_state_report::SeedStateReport;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::telemetry::{SeedTelemetry, TelemetryEvent};
use leyline::contract::vocabulary::decode;
use leyline::layout::{Header, PAGE, RingEntry, WAITER_STRIDE};
use leyline::link::actions_of;
use leyline::schema::canonical::{Schema, fingerprint_of};
use leyline::schema::record::Report;
use leyline::{
    ActionSpace, Answer, AnyObserver, Commit, Consumer, Controller, EnvMark, Flags, LinkSpec, Meta,
    NameState, News, Observation, Observer, Options, Policy, Read, RingSpec, RowObserver, RowSchema,
    RowWriter, Segment, Source, Spec, Stamp, Start, Trainer, Wait, Writer, record, wait_any,
};
use std::fmt::Write;
use std::fs::{File, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

const NAME: &str = "s";

/// A wait of one look and one sleep.
const SHORT: Wait = Wait::sleep(Duration::from_micros(30));
const AT_ONCE: Wait = Wait::spin(Duration::ZERO);

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Pair {
    a: u32,
    b: f32,
}
record! { Pair as "pair" version 1 { a: u32, "-", 0.0, 4_294_967_295.0; b: f32, "m", -1.0, 1.0; } }

const ONE: Pair = Pair { a: 1, b: 0.5 };

/// Bytes to take choices from; zeroes when they are used up.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or(0)
    }

    fn number(&mut self, width: usize) -> u64 {
        (0..width).fold(0, |n, i| n | u64::from(self.byte()) << (8 * i))
    }

    /// Returns a number less than `n`.
    fn below(&mut self, n: usize) -> usize {
        self.number(if n > 256 { 4 } else { 1 }) as usize % n.max(1)
    }
}

/// A segment's bytes, with some of every record, and the offsets of the words that matter.
struct Base {
    image: Vec<u8>,
    words: Vec<Range<usize>>,
}

/// The segments to attack, in a folder.
pub(crate) struct Arena {
    folder: PathBuf,
    bases: Vec<Base>,
}

impl Arena {
    /// Creates the segments in an existing, empty folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let own = Spec::new()
            .ring(RingSpec::new::<Pair>("pairs").unwrap().capacity(4).consumers(1, Policy::Keep))
            .ring(RingSpec::new::<Pair>("rows").unwrap().capacity(4).rows(3))
            .ring(RingSpec::new::<Pair>("lossy").unwrap().capacity(8).consumers(2, Policy::Release));
        let link = LinkSpec::new(&ActionSpace::cnn()).observations(8).decisions(8).commands(8);
        let other = RowSchema::builder("other", 3)
            .real("LOSS", "nats", 0.0, 10.0)
            .whole("HAS_ACTIVE_SEED", "-", 0.0, 1.0)
            .whole("SEED_STAGE", "-", 0.0, 10.0)
            .whole("AVAILABLE_SLOTS", "-", 0.0, 9.0)
            .build()
            .unwrap();
        let rows = link.clone().lanes(2).rows(3).observe(&other);
        let mut arena = Self { folder: folder.to_owned(), bases: Vec::new() };
        for spec in [own, link.to_spec().unwrap(), rows.to_spec().unwrap()] {
            drop(Segment::create(NAME, &spec, &arena.options()).unwrap());
            let image = small(&std::fs::read(arena.path()).unwrap());
            arena.write(&image);
            // Something of everything, in the ordinary way.
            let mut use_of = Use::new(&arena);
            let all: Vec<u8> = (0..4).flat_map(|_| (0..Use::STEPS).flat_map(|s| [s, 1])).collect();
            use_of.attach();
            for step in all.chunks_exact(2) {
                use_of.step(&mut Choices(step));
            }
            drop(use_of);
            let image = std::fs::read(arena.path()).unwrap();
            let words = words(&image);
            arena.bases.push(Base { image, words });
            std::fs::remove_file(arena.path()).unwrap();
        }
        arena
    }

    fn options(&self) -> Options {
        Options::default().in_directory(&self.folder)
    }

    fn path(&self) -> PathBuf {
        self.folder.join("s.leyline")
    }

    fn write(&self, image: &[u8]) -> File {
        let _ = std::fs::remove_file(self.path());
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(self.path()).unwrap();
        file.write_all_at(image, 0).unwrap();
        file
    }

    /// Runs one attack. Returns true if the segment could be attached. Panics or crashes on a
    /// defect.
    pub(crate) fn attack(&self, bytes: &[u8]) -> bool {
        let mut choices = Choices(bytes);
        let base = &self.bases[choices.below(self.bases.len())];
        let mut image = base.image.clone();
        let writes = choices.byte() % 8;
        for _ in 0..writes {
            let (at, bytes) = base.overwrite(&mut choices);
            image[at..at + bytes.len()].copy_from_slice(&bytes);
        }
        match choices.byte() % 8 {
            0 => make_plausible(&mut image),
            1 | 2 => {
                lie(&mut image, &mut choices);
                make_plausible(&mut image);
            }
            3 => image.truncate(choices.below(base.image.len())),
            4 => image.resize(base.image.len() + choices.below(3 * PAGE), 0xa5),
            _ => {}
        }
        let file = self.write(&image);
        let mut use_of = Use::new(self);
        let attached = use_of.attach();
        // A file that is shorter than what is mapped raises SIGBUS: what is written stays inside.
        while !choices.0.is_empty() {
            if choices.byte() % 4 == 0 {
                let (at, bytes) = base.overwrite(&mut choices);
                if at + bytes.len() <= image.len() {
                    file.write_all_at(&bytes, at as u64).unwrap();
                }
            } else {
                use_of.step(&mut choices);
            }
        }
        drop(use_of);
        if let Ok((segment, _)) = Segment::recreate(
            NAME,
            &Spec::new().ring(RingSpec::new::<Pair>("r").unwrap().capacity(2)),
            &self.options(),
        ) {
            assert_eq!(segment.name_state().unwrap(), NameState::Current);
        }
        let _ = Segment::remove_unused(NAME, &self.options());
        let left = Segment::list(&self.options()).unwrap();
        assert!(left.len() <= 1, "{left:?}");
        attached
    }
}

/// Returns the same segment with short rings of reports, so that an attack takes no longer than it
/// has to.
fn small(image: &[u8]) -> Vec<u8> {
    let mut header: Header = bytemuck::pod_read_unaligned(&image[..size_of::<Header>()]);
    let first = entry(image, &header, 0);
    let start = first.cursors_offset as usize;
    let mut small = image[..start].to_vec();
    for i in 0..header.ring_count as usize {
        let mut e = entry(image, &header, i);
        if e.kind == 5 {
            e.capacity = 2;
        }
        let pages = e.consumers as usize + 1;
        let from = e.cursors_offset as usize;
        let at = small.len();
        small.extend_from_slice(&image[from..from + pages * PAGE]);
        e.cursors_offset = at as u64;
        e.control_offset = (at + e.consumers as usize * PAGE) as u64;
        e.data_offset = small.len() as u64;
        let data = e.stride as usize * e.capacity as usize;
        small.resize(small.len() + data.next_multiple_of(PAGE), 0);
        let at = header.rings_offset as usize + i * size_of::<RingEntry>();
        small[at..at + size_of::<RingEntry>()].copy_from_slice(bytemuck::bytes_of(&e));
    }
    header.segment_size = small.len() as u64;
    small[..size_of::<Header>()].copy_from_slice(bytemuck::bytes_of(&header));
    small
}

fn entry(image: &[u8], header: &Header, i: usize) -> RingEntry {
    let at = header.rings_offset as usize + i * size_of::<RingEntry>();
    bytemuck::pod_read_unaligned(&image[at..at + size_of::<RingEntry>()])
}

/// Returns the offsets of the words that matter, without the empty parts of pages.
fn words(image: &[u8]) -> Vec<Range<usize>> {
    let header: Header = bytemuck::pod_read_unaligned(&image[..size_of::<Header>()]);
    let mut words = Vec::new();
    let mut add = |at: u64, len: usize| words.push(at as usize..at as usize + len);
    add(0, size_of::<Header>());
    add(header.domain_offset, header.domain_len as usize);
    add(header.schemas_offset, header.schemas_len as usize);
    add(header.waiters_offset, header.ring_count as usize * WAITER_STRIDE);
    for r in 0..header.role_count {
        let page = header.roles_offset + u64::from(r) * PAGE as u64;
        add(page, 960);
        // Owed observations.
        add(page + 272, 8);
        add(page + 1024, 64);
        add(page + 1024 + 512, 64);
    }
    for i in 0..header.ring_count as usize {
        let e = entry(image, &header, i);
        add(header.rings_offset + (i * size_of::<RingEntry>()) as u64, 144);
        // The control page and the slots more often than others.
        for _ in 0..2 {
            // The counters; how far consumers let the writer go; take-overs; time regions.
            for (at, len) in [(0, 8), (128, 56), (512, 32), (1024, 96), (3072, 96)] {
                add(e.control_offset + at, len);
            }
            for slot in 0..e.capacity.min(8) {
                add(e.data_offset + slot * u64::from(e.stride), e.stride as usize);
            }
        }
        for k in 0..u64::from(e.consumers) {
            add(e.cursors_offset + k * PAGE as u64, 8);
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

/// Words of which a segment's texts are made.
const WORDS: [&str; 16] = [
    "field 0 a u32 1 0 - ",
    "\n",
    " ",
    "leyline-schema 1\n",
    "record pair 1 8\n",
    "f32",
    "u64",
    "utf8",
    "parameter p ",
    "0000000000000000",
    "7ff0000000000000",
    "leyline-actions 1\n",
    "action 1 GERMINATE_X x\n",
    "18446744073709551615",
    "-",
    "\u{e4}",
];

impl Base {
    /// Returns a value and an offset to write it to.
    fn overwrite(&self, choices: &mut Choices<'_>) -> (usize, Vec<u8>) {
        let range = if choices.byte() == 255 {
            0..self.image.len()
        } else {
            self.words[choices.below(self.words.len())].clone()
        };
        let width = [8, 4, 2, 1][choices.below(4)];
        let at = range.start + choices.below(range.len()) / width * width;
        let width = width.min(self.image.len() - at);
        let old = self.image[at..at + width].iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
        let value = match choices.byte() % 16 {
            0..4 => choices.number(width),
            4 => old.wrapping_add(choices.number(1)),
            5 => old.wrapping_sub(choices.number(1)),
            6 => old ^ 1 << (choices.byte() % 64),
            7 => old.wrapping_mul(2),
            8 => old / 2,
            9 => u64::MAX - choices.number(1),
            10 => (u64::MAX - (1 << 32)).wrapping_add(choices.number(1)).wrapping_sub(128),
            11 => (1u64 << (choices.byte() % 64)).wrapping_sub(choices.number(1) & 1),
            12 => u64::from(f32::NAN.to_bits()) << 32 | u64::from(f32::INFINITY.to_bits()),
            13 => {
                // Another place of the segment, as an offset or a length.
                self.words[choices.below(self.words.len())].start as u64
            }
            14 => {
                let word = WORDS[choices.below(WORDS.len())].as_bytes();
                return (at, word[..word.len().min(self.image.len() - at)].to_vec());
            }
            _ => 0,
        };
        (at, value.to_le_bytes()[..width].to_vec())
    }
}

/// Changes the shape of a ring to another plausible one.
fn lie(image: &mut [u8], choices: &mut Choices<'_>) {
    let header: Header = bytemuck::pod_read_unaligned(&image[..size_of::<Header>()]);
    let at = header.rings_offset as usize;
    if header.ring_count == 0 || at.saturating_add(64 * size_of::<RingEntry>()) > image.len() {
        return;
    }
    let at = at + choices.below(header.ring_count.min(64) as usize) * size_of::<RingEntry>();
    let mut e: RingEntry = bytemuck::pod_read_unaligned(&image[at..at + size_of::<RingEntry>()]);
    match choices.byte() % 4 {
        0 | 1 => e.record_size = 4 * (1 + choices.below(100) as u32),
        2 => e.rows = 1 + choices.below(8) as u32,
        _ => e.capacity = 2 << choices.below(6),
    }
    image[at..at + size_of::<RingEntry>()].copy_from_slice(bytemuck::bytes_of(&e));
}

/// Makes dependent numbers consistent, as a careful attacker does.
fn make_plausible(image: &mut [u8]) {
    let mut header: Header = bytemuck::pod_read_unaligned(&image[..size_of::<Header>()]);
    let inside = |at: u64, len: u64| {
        at.checked_add(len)
            .is_some_and(|end| end <= image.len() as u64)
            .then(|| at as usize..(at + len) as usize)
    };
    if let Some(range) = inside(header.domain_offset, header.domain_len.into())
        && let Ok(text) = std::str::from_utf8(&image[range])
    {
        header.domain_fingerprint = fingerprint_of(text);
    }
    let Some(schemas) = inside(header.schemas_offset, header.schemas_len.into()) else { return };
    let mut rest = String::from_utf8_lossy(&image[schemas]).into_owned();
    let count = header.ring_count.min(64) as usize;
    let Some(entries) = inside(header.rings_offset, (count * size_of::<RingEntry>()) as u64) else { return };
    for i in 0..count {
        let at = entries.start + i * size_of::<RingEntry>();
        let mut e: RingEntry = bytemuck::pod_read_unaligned(&image[at..at + size_of::<RingEntry>()]);
        if let Some(text) = rest.get(..e.schema_len as usize) {
            e.fingerprint = fingerprint_of(text);
            rest = rest[e.schema_len as usize..].to_owned();
        }
        let (record, rows) = (u64::from(e.record_size), u64::from(e.rows));
        let up8 = |n: u64| n.next_multiple_of(8);
        let payload = if rows == 1 { record } else { up8(record * rows) + up8(2 * rows) + up8(rows) };
        e.payload_size = payload as u32;
        e.stride = (payload + 20).next_multiple_of(if payload <= 44 { 64 } else { 128 }) as u32;
        image[at..at + size_of::<RingEntry>()].copy_from_slice(bytemuck::bytes_of(&e));
    }
    image[..size_of::<Header>()].copy_from_slice(bytemuck::bytes_of(&header));
}

/// A sink for formatted output.
#[derive(Default)]
struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, _: &str) -> std::fmt::Result {
        Ok(())
    }
}

fn look_at(anything: &impl std::fmt::Debug) {
    let _ = write!(Nowhere, "{anything:?}");
}

/// Checks, sanitizes and reads an attacker's report in every way.
fn look_at_report<T: Report + std::fmt::Debug>(report: &T) {
    look_at(report);
    look_at(&report.check());
    let mut mended = *report;
    mended.sanitize();
    look_at(&mended.check());
    let bytes = bytemuck::bytes_of(report);
    // Each looks like a signal or an event to somebody.
    macro_rules! as_one {
        ($t:ty, $look:expr) => {
            if let Ok(one) = bytemuck::try_pod_read_unaligned::<$t>(bytes) {
                let look: fn(&$t) = $look;
                look(&one);
            }
        };
    }
    as_one!(TrainingSignals, |s| {
        look_at(&(
            s.active_seeds(),
            s.seed_stage(),
            s.loss_history(),
            s.accuracy_history(),
            s.time_unix_ns(),
        ));
        look_at(&(s.to_observation(), s.gpu_memory_gb(), s.gpu_utilization(), s.epoch_duration_ms()));
    });
    as_one!(SeedStateReport, |r| look_at(&(
        r.stage(),
        r.previous_stage(),
        r.seed(),
        r.blueprint(),
        r.slot()
    )));
    as_one!(GateResult, |r| look_at(&(r.gate(), r.checks_passed(), r.checks_failed(), r.seed())));
    as_one!(FieldReport, |r| look_at(&(r.final_stage(), r.signals(), r.failure(), r.commands(), r.slot())));
    as_one!(SeedTelemetry, |t| look_at(&(t.layer(), t.stage(), t.to_features())));
    as_one!(TelemetryEvent, |e| {
        look_at(&(e.event_type(), e.severity(), e.seed(), e.epoch(), e.value("x")));
        if let Ok(data) = e.data() {
            data.for_each(|pair| look_at(&pair));
        }
    });
    as_one!(BlueprintSpec, |b| look_at(&(b.max_channels(), b.tags())));
    as_one!(PerformanceBudgets, |b| look_at(&b.exceeded_by(Budget::Epoch, f32::NAN)));
}

fn look_at_command(c: &AdaptationCommand) {
    look_at(c);
    look_at(&(c.check(), c.command_type(), c.target_stage(), c.risk(), c.alpha(), c.learning_rate()));
    look_at(&(c.blueprint(), c.action(), c.reason_cut()));
}

fn look_at_outcome(o: &CommandOutcome) {
    look_at(o);
    look_at(&(o.check(), o.status(), o.code(), o.stages(), o.verdict(), o.seed(), o.metrics()));
}

/// Interprets arbitrary bytes as each record and as each text.
pub(crate) fn contract(bytes: &[u8]) {
    fn filled<T: Report>(bytes: &[u8]) -> T {
        let mut one = T::zeroed();
        let place = bytemuck::bytes_of_mut(&mut one);
        let n = bytes.len().min(place.len());
        place[..n].copy_from_slice(&bytes[..n]);
        one
    }
    look_at_report(&filled::<TrainingSignals>(bytes));
    look_at_report(&filled::<SeedStateReport>(bytes));
    look_at_report(&filled::<GateResult>(bytes));
    look_at_report(&filled::<FieldReport>(bytes));
    look_at_report(&filled::<SeedTelemetry>(bytes));
    look_at_report(&filled::<TelemetryEvent>(bytes));
    look_at_report(&filled::<BlueprintSpec>(bytes));
    look_at_report(&filled::<PerformanceBudgets>(bytes));
    let text = String::from_utf8_lossy(bytes);
    if let Ok(space) = ActionSpace::from_canonical(&text) {
        assert_eq!(space.canonical(), text);
        (0..space.len()).for_each(|i| look_at(&(space.name(i), space.kind(i), space.command(i))));
        look_at(&space.space_json());
    }
    if let Ok(schema) = Schema::from_canonical(&text) {
        assert_eq!(schema.canonical(), text);
        if let Ok(space) = RowSchema::from_schema(&schema) {
            look_at(&space.space_json());
            let mut row = vec![f32::NAN; space.width()];
            look_at(&(space.check(&row), SeedState::of_row(&space, &row)));
            space.sanitize(&mut row).unwrap();
            look_at(&space.check(&row));
        }
    }
}

/// One handle of every kind.
struct Use<'a> {
    options: Options,
    segment: Option<Segment>,
    observer: Option<Observer<Pair>>,
    rows: Option<RowObserver<Pair>>,
    consumers: [Option<Consumer<Pair>>; 2],
    writer: Option<Writer<Pair>>,
    lossy: Option<Writer<Pair>>,
    row_writer: Option<RowWriter<Pair>>,
    trainer: Option<Trainer>,
    controllers: [Option<Controller>; 2],
    metas: Vec<Meta>,
    tickets: Vec<[u8; 16]>,
    arena: std::marker::PhantomData<&'a Arena>,
}

/// Returns a block for the observations of any link here.
const BLOCK: usize = 27 * 3;

impl<'a> Use<'a> {
    /// The number of kinds of steps.
    const STEPS: u8 = 33;

    fn new(arena: &'a Arena) -> Self {
        Self {
            options: arena.options(),
            segment: None,
            observer: None,
            rows: None,
            consumers: [None, None],
            writer: None,
            lossy: None,
            row_writer: None,
            trainer: None,
            controllers: [None, None],
            metas: Vec::new(),
            tickets: Vec::new(),
            arena: std::marker::PhantomData,
        }
    }

    fn attach(&mut self) -> bool {
        match Segment::attach(NAME, &self.options) {
            Ok(segment) => {
                look_at(&(segment.rings(), segment.domain(), segment.id(), segment.created_unix_ns()));
                self.segment = Some(segment);
                true
            }
            Err(e) => {
                look_at(&e);
                let _ = e.to_string();
                false
            }
        }
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        let Some(segment) = self.segment.clone() else {
            self.attach();
            return;
        };
        let (step, more) = (choices.byte() % Self::STEPS, choices.byte());
        let start =
            [Start::Oldest, Start::Newest, Start::Now, Start::At(u64::from(more)), Start::At(u64::MAX)]
                [usize::from(more) % 5];
        let wait = if more & 64 == 0 { AT_ONCE } else { SHORT };
        let which = usize::from(more & 1);
        match step {
            0 => self.trainer = Trainer::on(&segment).ok(),
            1 => self.controllers[which] = Controller::on_any(&segment, more.into()).ok(),
            2 => self.controllers[1] = Controller::on_any(&segment, u32::from(more) / 64).ok(),
            3 => self.observer = Observer::open(&segment, ["pairs", "lossy"][which], start).ok(),
            4 => self.rows = RowObserver::open(&segment, "rows", start).ok(),
            5 => self.writer = Writer::open(&segment, "pairs").ok(),
            6 => self.row_writer = RowWriter::open(&segment, "rows").ok(),
            7 => self.lossy = Writer::open(&segment, "lossy").ok(),
            8 => {
                let commit = if more & 2 == 0 { Commit::Manual } else { Commit::Auto };
                self.consumers[which] =
                    Consumer::open(&segment, ["pairs", "lossy"][which], usize::from(more & 4 != 0), commit)
                        .ok();
            }
            9..13 => self.use_writers(step - 9, more),
            13..17 => self.use_readers(step - 13, more, start, wait),
            17..21 => self.use_trainer(step - 17, more, wait),
            21..27 => self.use_controller(step - 21, more, wait),
            27 => self.wait_for_all(wait),
            28 => {
                for ring in segment.rings() {
                    let k = if more & 1 == 0 { None } else { Some(usize::from(more / 2)) };
                    if let Ok(info) = segment.role(&ring.name, k) {
                        look_at(&(info.latency.quantile(f64::from(more) / 100.0), info));
                    }
                }
                look_at(&(
                    segment.name_state(),
                    segment.check_domain(ActionSpace::transformer().canonical()),
                ));
            }
            29 => {
                for controller in self.controllers.iter().flatten() {
                    look_at_reports(controller, start);
                }
            }
            30 => {
                for ring in segment.rings() {
                    look_at(&segment.ring_status(&ring.name));
                    let Ok(mut any) = AnyObserver::open(&segment, &ring.name, start) else { continue };
                    let actions = actions_of(&segment).ok().flatten();
                    for _ in 0..3 {
                        let read = if more & 1 == 0 { any.try_next() } else { any.try_latest() };
                        let shown = |row| {
                            let record = any.record(row)?;
                            decode(any.schema(), record, actions.as_ref()).ok()
                        };
                        look_at(&(read, shown(0), shown(2), any.beside(usize::from(more))));
                    }
                    look_at(&(any.next(AT_ONCE), any.peer_state(), any.record(0).map(<[u8]>::len)));
                }
            }
            // Handles come and go.
            31 if more % 8 == 7 => {
                self.trainer = None;
                self.controllers = [None, None];
                self.consumers = [None, None];
                (self.writer, self.lossy, self.row_writer) = (None, None, None);
            }
            _ => {
                let read_only = Segment::attach(NAME, &self.options.clone().read_only());
                if let Ok(segment) = read_only
                    && let Ok(mut observer) = Observer::<Pair>::open(&segment, "pairs", start)
                {
                    look_at(&observer.next(&mut ONE.clone(), AT_ONCE));
                }
            }
        }
    }

    fn use_writers(&mut self, step: u8, more: u8) {
        for writer in [&mut self.writer, &mut self.lossy].into_iter().flatten() {
            match step {
                0 => drop(writer.publish(&ONE)),
                1 => drop(writer.publish_batch(&[ONE; 11][..usize::from(more % 12)])),
                2 => drop(writer.publish_waiting(&ONE, Stamp::default(), AT_ONCE)),
                _ => look_at(&(writer.next_sequence(), writer.generation(), writer.now())),
            }
        }
        if let Some(writer) = &mut self.row_writer {
            let env = [more.into(), 0, u16::MAX];
            let _ = writer.publish(&[ONE; 3], &env, &[Flags::NONE; 3]);
        }
    }

    fn use_readers(&mut self, step: u8, more: u8, start: Start, wait: Wait) {
        let (mut pair, mut pairs, mut metas) = (ONE, [ONE; 5], [Meta::default(); 5]);
        let (mut env, mut flags, mut marks) = ([0; 3], [Flags::NONE; 3], [EnvMark::NEVER_SEEN; 5]);
        if let Some(o) = &mut self.observer {
            let before = o.next_sequence();
            match step {
                0 => look_at(&(o.try_next(&mut pair), o.next(&mut pair, wait))),
                1 => look_at(&(o.try_latest(&mut pair), o.latest(&mut pair, wait))),
                2 => look_at(&(
                    o.try_next_batch(&mut pairs, &mut metas),
                    o.try_latest_by_env(&mut pairs, &mut marks),
                    o.latest_by_env(&mut pairs, &mut marks, wait),
                )),
                _ => look_at(&(o.peer_state(), o.published())),
            }
            assert!(o.next_sequence() >= before, "a reader went back from {before}");
            if more & 128 != 0 {
                o.seek(start);
            }
        }
        if let Some(o) = &mut self.rows {
            match step {
                0 => look_at(&o.try_next(&mut pairs[..3], &mut env, &mut flags)),
                1 => look_at(&o.try_latest(&mut pairs[..3], &mut env, &mut flags)),
                2 => look_at(&o.try_latest_by_env(&mut pairs, &mut marks)),
                _ => look_at(&(o.peer_state(), o.next(&mut pairs[..3], &mut env, &mut flags, wait))),
            }
        }
        for c in self.consumers.iter_mut().flatten() {
            match step {
                0 => look_at(&(c.try_next(&mut pair), c.next(&mut pair, wait))),
                1 => look_at(&c.try_next_batch(&mut pairs, &mut metas)),
                2 => look_at(&(c.read_up_to(), c.commit_to(more.into()), c.commit())),
                _ => look_at(&(c.peer_state(), c.latest_by_env(&mut pairs, &mut marks, wait))),
            }
        }
    }

    fn use_trainer(&mut self, step: u8, more: u8, wait: Wait) {
        let Some(t) = &mut self.trainer else { return };
        let numbers = [f32::from(more); BLOCK];
        let block = t.rows() * t.observation_schema().width();
        match step {
            0 if t.rows() == 1 => look_at(&t.publish(&Observation::EMPTY)),
            0 if block <= BLOCK => {
                let env: Vec<u16> = (0..t.rows() as u16).map(|r| r * u16::from(more % 3 + 1)).collect();
                look_at(&t.publish_rows(&numbers[..block], &env, &vec![Flags::NONE; t.rows()]));
            }
            0 => {}
            1 => {
                let mut decisions = vec![Decision::default(); t.rows()];
                look_at(&t.try_decision(0, &mut decisions[0]));
                look_at(&t.wait_decision(u32::from(more & 1), more.into(), &mut decisions[0], wait));
                look_at(&t.wait_decisions(u32::from(more & 1), t.sent(), &mut decisions, wait));
                look_at(&decisions[0].check());
            }
            2 => {
                if let Ok(Some(received)) = t.try_command() {
                    look_at_command(&received.command);
                    received.command.check().expect("it was checked");
                    look_at(&t.annotations(&received));
                    let outcome = if more & 2 == 0 {
                        CommandOutcome::executed(&received.command, received.sequence)
                    } else {
                        CommandOutcome::accepted(&received.command, received.sequence)
                    };
                    look_at(&t.answer(&received, outcome));
                }
            }
            _ => {
                let signals = TrainingSignals::default();
                look_at(&(t.report(&signals), t.publish(&signals), t.report(&SeedTelemetry::default())));
                look_at(&(t.controller_state(0), t.refused(), t.decided(), t.last_latency_ns(), t.lanes()));
                look_at(&t.wait_for_controller(u32::from(more & 1), AT_ONCE));
            }
        }
    }

    fn use_controller(&mut self, step: u8, more: u8, wait: Wait) {
        let Some(c) = &mut self.controllers[usize::from(more & 1)] else { return };
        let (rows, width) = (c.rows(), c.observation_schema().width());
        let mut numbers = vec![0.0f32; rows * width];
        match step {
            0 => {
                let (mut env, mut flags) = (vec![0; rows], vec![Flags::NONE; rows]);
                let read = if more & 2 == 0 {
                    c.try_next_rows(&mut numbers[..], &mut env, &mut flags)
                } else if more & 4 == 0 {
                    c.try_latest_rows(&mut numbers[..], &mut env, &mut flags)
                } else {
                    c.next_rows(&mut numbers[..], &mut env, &mut flags, wait)
                };
                if let Ok(Read::Record(meta)) = read {
                    self.metas.push(meta.of_row(env[0], flags[0]));
                    if let Ok(mask) = c.mask_of_row(&numbers[..width]) {
                        assert!(mask.allows(0));
                    }
                    look_at(&c.signals_of(&meta));
                }
            }
            1 => {
                let mut observation = Observation::EMPTY;
                if let Ok(Read::Record(meta)) = c.next(&mut observation, wait) {
                    assert!(c.mask(&observation).allows(0));
                    self.metas.push(meta);
                }
            }
            2 => {
                let meta = self.metas.pop().unwrap_or_default();
                if let Ok(decided) = c.decide(&meta, usize::from(more) / 2 % 8, &Answer::default()) {
                    self.tickets.extend(decided.command.map(|t| t.id));
                }
                look_at(&c.wait_on_all(&self.metas));
            }
            3 => {
                let command = c.actions().request(usize::from(more) / 2 % c.actions().len());
                if let Ok(command) = command
                    && let Ok(ticket) =
                        c.send_annotated(command, &[("k", "v"), ("l", "w")][..usize::from(more) % 3])
                {
                    self.tickets.push(ticket.id);
                }
            }
            4 => {
                if let Ok(Some(outcome)) = c.try_outcome() {
                    look_at_outcome(&outcome);
                }
                if let Some(id) = self.tickets.pop() {
                    look_at(&c.wait_outcome(&id, wait));
                }
            }
            _ => {
                look_at(&(c.trainer_state(), c.published(), c.received(), c.lost(), c.lane()));
                let mut metas = [Meta::default(); 3];
                let mut block = vec![0.0f32; 3 * width];
                look_at(&c.try_next_batch(&mut block[..], &mut metas));
            }
        }
    }

    fn wait_for_all(&mut self, wait: Wait) {
        let mut sources: Vec<&mut dyn Source> = Vec::new();
        sources.extend(self.observer.iter_mut().map(|o| o as &mut dyn Source));
        sources.extend(self.rows.iter_mut().map(|o| o as &mut dyn Source));
        sources.extend(self.consumers.iter_mut().flatten().map(|c| c as &mut dyn Source));
        sources.extend(self.controllers.iter_mut().flatten().map(|c| c as &mut dyn Source));
        let mut news = vec![News::None; sources.len()];
        look_at(&wait_any(&mut sources, &mut news, wait));
    }
}

fn look_at_reports(controller: &Controller, start: Start) {
    fn look<T: Report + std::fmt::Debug>(controller: &Controller, start: Start) {
        let Ok(mut observer) = controller.reports::<T>(start) else { return };
        let mut report = T::zeroed();
        for _ in 0..3 {
            if let Read::Record(_) = observer.try_next(&mut report) {
                look_at_report(&report);
            }
        }
    }
    look::<TrainingSignals>(controller, start);
    look::<SeedStateReport>(controller, start);
    look::<GateResult>(controller, start);
    look::<FieldReport>(controller, start);
    look::<SeedTelemetry>(controller, start);
    look::<TelemetryEvent>(controller, start);
    look::<BlueprintSpec>(controller, start);
    look::<PerformanceBudgets>(controller, start);
}
