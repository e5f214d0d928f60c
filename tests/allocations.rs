//! Allocations: work per observation or batch allocates nothing, and a file cannot make a reader
//! allocate more than it needs.

mod common;

use common::{Folder, LONG};
use leyline::contract::observation::FEATURES;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::version_2::VERSION_2_WIDTH;
use leyline::{
    ActionSpace, Answer, AnyObserver, Controller, LinkSpec, Normalizer, Observation, Read, RingSpec, Segment,
    Spec, Start, Steering, SteeringOptions, Task, ToObservation, Trainer,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

/// An allocator that counts for each thread.
struct Counting;

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + layout.size()));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1u8]))), 1);
}

#[test]
fn batches_are_normalized_migrated_and_masked_in_the_callers_memory() {
    const B: usize = 64;
    let normalizer = Normalizer::new(&Task::cifar10()).unwrap();
    let space = ActionSpace::cnn();
    let v1 = Observation::row_schema();
    let plan = leyline::registry().migration(v1, normalizer.version_2_schema()).unwrap();
    let mut batch = vec![Observation::EMPTY; B];
    batch[3].values[2] = f32::NAN;
    let signals = vec![TrainingSignals::default(); B];
    let (mut rows, mut wide) = (vec![0.0; B * FEATURES], vec![0.0; B * VERSION_2_WIDTH]);
    let (mut bits, mut masks) = (vec![0; B], vec![0i8; B * space.len()]);
    let mut scratch = [0.0; VERSION_2_WIDTH];
    let found = allocations(|| {
        assert_eq!(normalizer.normalize_rows(&batch, &mut rows).unwrap(), 1 << 2);
        space.masks_rows(normalizer.schema(), &rows, &mut bits).unwrap();
        space.masks_rows_i8(normalizer.schema(), &rows, &mut masks).unwrap();
        assert!(normalizer.schema().check(&rows[..FEATURES]).is_ok());
        rows[0] = 7.0;
        assert_eq!(normalizer.schema().sanitize(&mut rows[..FEATURES]).unwrap(), 1);
        assert_eq!(normalizer.restore_row(&rows[..FEATURES]).unwrap().cut_off & 1, 1);
        assert_eq!(normalizer.version_2_rows(&signals, &mut wide).unwrap(), 0);
        assert_eq!(
            plan.apply_rows(Observation::as_rows(&batch[4..]), B - 4, &mut wide[4 * VERSION_2_WIDTH..])
                .unwrap(),
            0
        );
        let one = normalizer.normalize(&batch[0]);
        assert_eq!(one.row(&mut scratch).len(), FEATURES);
        assert_eq!(normalizer.version_2(&signals[0]).row(&mut scratch).len(), VERSION_2_WIDTH);
        assert_eq!(signals[0].row(&mut scratch).len(), FEATURES);
    });
    assert_eq!(found, 0);
}

#[test]
fn a_trainer_steps_in_the_memory_that_it_has() {
    let normalizer = Normalizer::new(&Task::cifar10()).unwrap();
    for schema in [Observation::row_schema(), normalizer.schema(), normalizer.version_2_schema()] {
        let folder = Folder::new();
        let spec = LinkSpec::new(&ActionSpace::cnn()).observe(schema);
        let trainer = Trainer::create("l", &spec, &folder.options()).unwrap();
        let mut steering = Steering::new(trainer, &SteeringOptions::new(25)).unwrap();
        let mut controller = Controller::attach_with("l", schema, &folder.options(), LONG).unwrap();
        let mut row = vec![0.0; schema.width()];
        let step = |steering: &mut Steering, n| {
            let steered = steering.step(1, n, 0.5, &mut ()).unwrap();
            assert_eq!((steered.sequence, steered.decisions), (n, usize::from(n > 1)));
        };
        for n in 1..=8 {
            let found = allocations(|| step(&mut steering, n));
            assert!(n == 1 || found == 0, "{found} in step {n}");
            let Read::Record(meta) = controller.try_next(&mut row[..]).unwrap() else { panic!("none") };
            controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
        }
    }
}

#[test]
fn a_slot_of_whatever_size_is_asked_for_once_and_that_may_fail() {
    const ROWS: u32 = 4096;
    let folder = Folder::new();
    let ring = RingSpec::with_schema("wide", Observation::row_schema().schema()).unwrap();
    let spec = Spec::new().ring(ring.capacity(2).rows(ROWS));
    let segment = Segment::create("s", &spec, &folder.options()).unwrap();
    let slot = ROWS as usize * size_of::<Observation>();
    let before = BYTES.get();
    let reader = AnyObserver::open(&segment, "wide", Start::Oldest).unwrap();
    let taken = BYTES.get() - before;
    assert_eq!(reader.rows(), ROWS as usize);
    assert!((slot..2 * slot).contains(&taken), "{taken} bytes for a slot of {slot}");
}
