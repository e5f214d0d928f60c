//! Bells: descriptors that an event loop polls for news of rings.

use crate::base::error::Result;
use crate::base::error::same_length;
use crate::handle::reader_core::{Ended, ReaderCore, ended};
use crate::handle::wait_any::{News, Silent, Source, Sources, look_at};
use crate::ring::bells::{Bells, Rung, Watched};
use crate::ring::reader::Reader;
use crate::ring::wait::{CHECK_EVERY, FIRST_CHECK};
use crate::segment::attached::Segment;
use crate::sys::atomic::{Acquire, AtomicPtr, Lock, Relaxed, Release};
use crate::sys::event::Event;
use crate::sys::lock::ForkGuard;
use crate::sys::os;
use crate::sys::protected_map::WritablePart;
use crate::sys::words::Shared;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

/// The name of the thread that rings the bells.
const THREAD: &str = "leyline-bell";

/// A ring that a bell is armed with. Borrows nothing from its reader, whose owner goes on using it.
#[derive(Debug)]
struct ArmedRing {
    reader: Reader<Shared>,
    waiter: Option<Shared>,
    /// Keeps the waiter word writable.
    _waiters: Option<Arc<WritablePart>>,
    segment: Segment,
    /// The writer's role.
    role: usize,
    /// The ending that the reader's owner knows.
    told: Option<Ended>,
    /// The time of the next question about the writer, and the time between the two after it. `None`
    /// if another ring's question answers this one.
    check: Option<(u64, Duration)>,
}

impl Watched for ArmedRing {
    type Words = Shared;

    fn waiter(&self) -> Option<Shared> {
        self.waiter
    }

    fn is_woken(&self) -> bool {
        self.waiter.is_some() && self.reader.ring.device_generation() == 0
    }

    fn is_readable(&self) -> bool {
        self.reader.is_readable()
    }

    fn due_ns(&self) -> u64 {
        self.check.map_or(u64::MAX, |(due_ns, _)| due_ns)
    }

    fn check_by(&mut self, by_ns: u64) {
        if let Some((due_ns, _)) = &mut self.check {
            *due_ns = by_ns.min(*due_ns);
        }
    }

    fn has_ended(&mut self, now_ns: u64) -> bool {
        if let Some((due_ns, slice)) = &mut self.check {
            *slice = (2 * *slice).min(CHECK_EVERY);
            *due_ns = now_ns + slice.as_nanos() as u64;
        }
        match ended(&self.segment, self.role, &self.reader.ring) {
            Ok(ended) => ended.is_some() && ended != self.told,
            // Its owner finds the error.
            Err(_) => true,
        }
    }
}

impl ArmedRing {
    fn of(core: &ReaderCore, is_asked: bool) -> Self {
        Self {
            reader: core.reader.clone(),
            waiter: core.waiter(),
            _waiters: core.waiters.clone(),
            segment: core.segment.clone(),
            role: core.info.place.first_role,
            told: core.told,
            check: is_asked.then(|| (core.checked_ns + FIRST_CHECK.as_nanos() as u64, FIRST_CHECK)),
        }
    }
}

/// The bells of one process.
#[derive(Debug)]
struct Ringer {
    bells: Bells<ArmedRing, Event>,
    guard: ForkGuard,
    /// True once the thread runs.
    has_thread: Lock<bool>,
}

impl Ringer {
    /// Returns the bells of this process, with their thread.
    fn of_this_process() -> Result<&'static Self> {
        static RINGER: AtomicPtr<Ringer> = AtomicPtr::new(std::ptr::null_mut());
        let ringer = loop {
            // Acquire: a thread that sees the pointer sees the bells. PAIRS: handle/bell::Ringer::of_this_process.
            let found = RINGER.load(Acquire);
            // SAFETY: null, or made below and never freed.
            if let Some(ringer) = unsafe { found.as_ref() }
                && ringer.guard.holds()
            {
                break ringer;
            }
            // A forked child leaves its parent's alone: a thread of the parent may hold the lock.
            let new = Self { bells: Bells::new(), guard: ForkGuard::new()?, has_thread: Lock::new(false) };
            let new = Box::into_raw(Box::new(new));
            // Release: the bells are there before their pointer is seen. PAIRS: handle/bell::Ringer::of_this_process.
            if RINGER.compare_exchange(found, new, Release, Relaxed).is_err() {
                // SAFETY: made above, and no other thread has seen it.
                drop(unsafe { Box::from_raw(new) });
            }
        };
        let mut has_thread = ringer.has_thread.lock();
        if !*has_thread {
            os::start_thread(THREAD, || {
                loop {
                    ringer.bells.turn();
                }
            })?;
            *has_thread = true;
        }
        Ok(ringer)
    }
}

/// A descriptor that an event loop polls: readable when a reader that the bell is armed with has
/// news. For `poll`, `epoll`, and every event loop that takes a descriptor.
///
/// ```no_run
/// # use leyline::{Bell, Controller, News, Observation, Read};
/// # use std::os::fd::AsFd;
/// # fn poll(fd: std::os::fd::BorrowedFd<'_>) {}
/// # fn f(mut controller: Controller) -> leyline::Result<()> {
/// let (mut bell, mut news) = (Bell::new()?, [News::None]);
/// let mut observation = Observation::EMPTY;
/// loop {
///     while let Read::Record(_) = controller.try_next(&mut observation)? {}
///     while let Some(_) = controller.try_outcome()? {}
///     if !bell.arm(&mut [&mut controller], &mut news)? {
///         poll(bell.as_fd()); // Or return to the event loop.
///         bell.clear()?;
///     }
/// }
/// # }
/// ```
///
/// Level-triggered and one-shot: it becomes readable once for each time it is armed, and stays so
/// until [`Bell::clear`] or the next [`Bell::arm`]. Endings of writers make it readable too.
///
/// One thread of the process, `leyline-bell`, looks after all bells. The first bell starts it. It
/// blocks all signals, and sleeps while no bell is armed. Writers and programs without a bell pay
/// nothing.
///
/// The descriptor is closed on `exec`, and when the bell is dropped. After `fork` a bell belongs to
/// the parent: the child gets [`ErrorKind::Forked`](crate::ErrorKind::Forked), and makes bells of
/// its own.
#[derive(Debug)]
pub struct Bell {
    ringer: &'static Ringer,
    place: usize,
    event: Event,
    /// Room for the rings of the next [`Bell::arm`].
    rings: Vec<ArmedRing>,
    /// True if [`Bell::arm`] has rung it.
    is_rung: bool,
    /// The writers to check in the next [`Bell::arm`].
    asks: Silent,
}

impl Bell {
    /// Makes a bell. Fails at the limit of open files or threads.
    pub fn new() -> Result<Self> {
        let _whole = os::Uncancelled::new();
        let ringer = Ringer::of_this_process()?;
        let event = Event::new()?;
        let place = ringer.bells.add(event.clone());
        Ok(Self { ringer, place, event, rings: Vec::new(), is_rung: false, asks: Silent::ForAWhile })
    }

    /// Arms the bell with sources in which nothing was found, in place of what it was armed with.
    /// Looks a last time: if there is news by now, the bell is not armed but readable at once, and
    /// this returns true. `news` is in and out, as in [`wait_any`](crate::wait_any), and of the same
    /// length as `sources`, or [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument).
    ///
    /// The sources stay free: the bell is rung for the positions that they have now. An armed bell
    /// keeps their segments mapped. Writers are checked within 50 ms. With more than 127 rings armed in
    /// one process, or with read-only segments, the thread looks every millisecond. Allocates nothing
    /// once the bell was armed with as many rings.
    ///
    /// [`ErrorKind::Forked`](crate::ErrorKind::Forked);
    /// [`ErrorKind::ClosedDescriptor`](crate::ErrorKind::ClosedDescriptor): the program has closed
    /// the descriptor. Also fails if the kernel cannot be asked about a writer.
    pub fn arm<S: Source>(&mut self, sources: &mut [S], news: &mut [News]) -> Result<bool> {
        same_length("news", sources.len(), news.len())?;
        self.arm_with(sources, news)
    }

    /// Arms it like [`Bell::arm`], with as many sources as `news` has entries.
    pub(crate) fn arm_with<S: Sources + ?Sized>(
        &mut self,
        sources: &mut S,
        news: &mut [News],
    ) -> Result<bool> {
        let _uncancelled = os::Uncancelled::new();
        self.disarm()?;
        self.event.check()?;
        if look_at(sources, news, std::mem::replace(&mut self.asks, Silent::ForAWhile))? {
            self.event.ring();
            self.is_rung = true;
            return Ok(true);
        }
        for i in 0..news.len() {
            sources.at(i).each(&mut |core, is_asked| self.rings.push(ArmedRing::of(core, is_asked)));
        }
        self.ringer.bells.arm(self.place, &mut self.rings);
        Ok(false)
    }

    /// Makes the descriptor not readable, and disarms the bell. Errors as [`Bell::arm`].
    pub fn clear(&mut self) -> Result<()> {
        let _uncancelled = os::Uncancelled::new();
        self.disarm()
    }

    fn disarm(&mut self) -> Result<()> {
        self.ringer.guard.check()?;
        let rung = self.ringer.bells.disarm(self.place, &mut self.rings);
        self.rings.clear();
        if rung == Rung::Ended {
            self.asks = Silent::Now;
        }
        if rung != Rung::No || std::mem::take(&mut self.is_rung) {
            self.event.clear()?;
        }
        Ok(())
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: open until the bell is dropped, unless the program closes what is not its own.
        unsafe { BorrowedFd::borrow_raw(self.event.fd()) }
    }
}

impl AsRawFd for Bell {
    fn as_raw_fd(&self) -> RawFd {
        self.event.fd()
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let _whole = os::Uncancelled::new();
        // In a child the lock may be held for good.
        if self.ringer.guard.holds() {
            drop(self.ringer.bells.remove(self.place));
        }
        self.event.close();
    }
}
