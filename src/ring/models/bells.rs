//! The models of bells: their thread against an owner that arms and clears and a writer that
//! publishes.

use crate::ring::bells::{Alarm, Bells, Rung, Watched};
use crate::ring::cursors::Policy;
use crate::ring::models::fixture::{Model, Modelled, Reading};
use crate::sys::atomic::{Relaxed, Word32};
use loom::sync::{Condvar, Mutex};
use loom::thread;
use std::sync::Arc;

/// A descriptor that an owner polls.
#[derive(Clone)]
struct Event(Arc<(Mutex<bool>, Condvar)>);

impl Alarm for Event {
    fn ring(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

impl Event {
    fn new() -> Self {
        Self(Arc::new((Mutex::new(false), Condvar::new())))
    }

    fn clear(&self) {
        *self.0.0.lock().unwrap() = false;
    }

    fn is_readable(&self) -> bool {
        *self.0.0.lock().unwrap()
    }

    fn poll(&self) {
        let mut is_readable = self.0.0.lock().unwrap();
        while !*is_readable {
            is_readable = self.0.1.wait(is_readable).unwrap();
        }
    }
}

/// A ring as a bell is armed with it, or the end of the thread, which finds it readable.
enum Armed {
    Ring(Box<Reading>, Modelled),
    End(Arc<Word32>),
}

impl Watched for Armed {
    type Words = Modelled;
    fn waiter(&self) -> Option<Modelled> {
        match self {
            Self::Ring(_, waiter) => Some(waiter.clone()),
            Self::End(_) => None,
        }
    }
    fn is_woken(&self) -> bool {
        true
    }
    fn is_readable(&self) -> bool {
        match self {
            Self::Ring(reading, _) => reading.reader.is_readable(),
            Self::End(ended) => {
                ended.store(1, Relaxed);
                true
            }
        }
    }
    fn due_ns(&self) -> u64 {
        u64::MAX
    }
    fn check_by(&mut self, _: u64) {}
    fn has_ended(&mut self, _: u64) -> bool {
        false
    }
}

/// A bell with its thread.
struct Bell {
    bells: Arc<Bells<Armed, Event>>,
    event: Event,
    place: usize,
    ended: Arc<Word32>,
    thread: thread::JoinHandle<()>,
}

impl Bell {
    fn new() -> Self {
        #[allow(clippy::arc_with_non_send_sync)] // The threads of a model are one thread of the system.
        let (bells, event) = (Arc::new(Bells::new()), Event::new());
        let (place, ended) = (bells.add(event.clone()), Arc::new(Word32::new(0)));
        let (its, at_end) = (bells.clone(), ended.clone());
        let thread = thread::spawn(move || {
            while at_end.load(Relaxed) == 0 {
                its.turn();
            }
        });
        Self { bells, event, place, ended, thread }
    }

    fn arm(&self, model: &Model, next: u64) {
        let mut reading = model.reader();
        reading.reader.seek(next);
        self.bells.arm(self.place, &mut vec![Armed::Ring(Box::new(reading), model.waiter.clone())]);
    }

    fn clear(&self) {
        if self.bells.disarm(self.place, &mut vec![]) != Rung::No {
            self.event.clear();
        }
    }

    /// Ends the thread, through another bell.
    fn end(self) -> Event {
        let place = self.bells.add(Event::new());
        self.bells.arm(place, &mut vec![Armed::End(self.ended)]);
        self.thread.join().unwrap();
        self.event
    }
}

/// A bell that is armed after everything was read is rung by the next record: here nothing else wakes
/// its owner, so that a lost wake-up is a deadlock.
pub(super) fn arm_against_wake(registered: bool, records: u64) {
    let model = Model::new();
    let mut writing = model.writing(vec![], Policy::Keep, registered);
    let bell = Bell::new();
    let writer = thread::spawn(move || writing.publish_up_to(records));
    let (mut reading, mut next) = (model.reader(), 1);
    loop {
        while let Some(meta) = reading.record() {
            assert_eq!(meta.sequence, next);
            next += 1;
        }
        if next > records {
            break;
        }
        bell.arm(&model, next);
        bell.event.poll();
        bell.clear();
    }
    bell.end();
    writer.join().unwrap();
}

/// A bell that is cleared is not rung for what it was armed with.
pub(super) fn clear_against_wake() {
    let model = Model::new();
    let mut writing = model.writing(vec![], Policy::Keep, true);
    let bell = Bell::new();
    bell.arm(&model, 1);
    let writer = thread::spawn(move || writing.publish_up_to(1));
    bell.clear();
    writer.join().unwrap();
    assert!(!bell.end().is_readable());
}
