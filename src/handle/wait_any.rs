// C header: ring
//! Waits for several rings at once.

use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::any_observer::AnyObserver;
use crate::handle::consumer::{Consumer, ConsumerCore};
use crate::handle::observer::{Observer, RowObserver};
use crate::handle::read::Read;
use crate::handle::reader_core::{Ended, ReaderCore};
use crate::ring::canceller::Canceller;
use crate::ring::state::Ending;
use crate::ring::wait::{Awaited, Wait, wait_for};
use crate::sys::futex::MAX_WAITERS;
use crate::sys::futex::{self, Slept};
use crate::sys::os;
use crate::sys::words::Shared;
use std::fmt;
use std::time::Duration;

/// Tells the state of a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum News {
    /// Nothing new.
    #[default]
    None = 0,
    /// A read returns something: a record, a lap, or a take-over.
    Readable = 1,
    /// Nothing is left to read, and the writer closed its handle.
    Closed = 2,
    /// Nothing is left to read, and the writer died.
    Died = 3,
    /// Nothing is left to read, and the segment's name leads to another segment now.
    Superseded = 4,
    /// Nothing is left to read, and the writer ended by failing.
    Failed = 5,
}

impl News {
    fn of(ended: Ended) -> Self {
        match ended.how {
            Read::WriterGone(Ending::Closed) => Self::Closed,
            Read::WriterGone(Ending::Failed) => Self::Failed,
            Read::WriterGone(Ending::Died) => Self::Died,
            Read::Superseded => Self::Superseded,
            _ => Self::None,
        }
    }
}

/// Marks what [`wait_any`] can wait for and a [`Bell`](crate::Bell) can be armed with: an
/// [`Observer`], a [`RowObserver`], a [`Consumer`], an [`AnyObserver`], both ends of a link, or a
/// program's own type that contains one of them.
///
/// A [`Controller`](crate::Controller) stands for its observations and outcomes, a
/// [`Trainer`](crate::Trainer) for the decisions and commands of all lanes. Read everything that a
/// source stands for: what is left unread is news again at once. For a part of it, pass the
/// [`Watch`] that [`Trainer::watch_commands`](crate::Trainer::watch_commands) or
/// [`Controller::watch_observations`](crate::Controller::watch_observations) returns.
pub trait Source {
    /// Returns the rings to wait for.
    fn watch(&mut self) -> Watch<'_>;
}

/// Represents the rings of a [`Source`].
#[derive(Debug)]
pub struct Watch<'a> {
    rings: Watched<'a>,
    /// True if the ring's writer is to be asked about.
    is_asked: bool,
}

#[derive(Debug)]
enum Watched<'a> {
    Reader(&'a mut ReaderCore),
    Consumer(&'a mut ConsumerCore),
    Several(&'a mut dyn Several),
}

/// Stands for several rings.
pub(crate) trait Several: fmt::Debug {
    /// Calls `visit` with each ring.
    fn each(&mut self, visit: &mut dyn FnMut(Watch<'_>));
    /// Returns true if there are records that were taken from their ring and not handed out.
    fn has_kept(&self) -> bool {
        false
    }
}

impl<'a> Watch<'a> {
    pub(crate) fn reader(core: &'a mut ReaderCore) -> Self {
        Self { rings: Watched::Reader(core), is_asked: true }
    }

    pub(crate) fn consumer(core: &'a mut ConsumerCore) -> Self {
        Self { rings: Watched::Consumer(core), is_asked: true }
    }

    pub(crate) fn several(rings: &'a mut dyn Several) -> Self {
        Self { rings: Watched::Several(rings), is_asked: true }
    }

    /// Leaves the question whether the writer lives to another ring of the same source.
    pub(crate) fn unasked(self) -> Self {
        Self { is_asked: false, ..self }
    }

    /// Calls `visit` with each ring, and true if its writer is to be asked about.
    pub(crate) fn each(&mut self, visit: &mut dyn FnMut(&mut ReaderCore, bool)) {
        match &mut self.rings {
            Watched::Reader(core) => visit(core, self.is_asked),
            Watched::Consumer(core) => visit(&mut core.reader, self.is_asked),
            Watched::Several(rings) => rings.each(&mut |mut watch| watch.each(visit)),
        }
    }

    /// Returns the ending that was reported last and is still so, of the last ring with a writer of
    /// its own.
    #[cfg(feature = "tokio")]
    pub(crate) fn told(&mut self) -> News {
        let mut told = News::None;
        self.each(&mut |core, is_asked| {
            if is_asked {
                told = core.told.map_or(News::None, News::of);
            }
        });
        told
    }

    fn has_news(&mut self) -> bool {
        match &mut self.rings {
            Watched::Reader(core) => core.reader.is_readable(),
            Watched::Consumer(core) => core.has_news(),
            Watched::Several(rings) => {
                let mut found = rings.has_kept();
                rings.each(&mut |mut watch| found |= watch.has_news());
                found
            }
        }
    }
}

impl Source for Watch<'_> {
    fn watch(&mut self) -> Watch<'_> {
        let rings = match &mut self.rings {
            Watched::Reader(core) => Watched::Reader(core),
            Watched::Consumer(core) => Watched::Consumer(core),
            Watched::Several(rings) => Watched::Several(&mut **rings),
        };
        Watch { rings, is_asked: self.is_asked }
    }
}

impl<T> Source for Observer<T> {
    fn watch(&mut self) -> Watch<'_> {
        Watch::reader(&mut self.core)
    }
}

impl<T> Source for RowObserver<T> {
    fn watch(&mut self) -> Watch<'_> {
        Watch::reader(&mut self.core)
    }
}

impl<T> Source for Consumer<T> {
    fn watch(&mut self) -> Watch<'_> {
        Watch::consumer(&mut self.core)
    }
}

impl Source for AnyObserver {
    fn watch(&mut self) -> Watch<'_> {
        Watch::reader(&mut self.core)
    }
}

impl<S: Source + ?Sized> Source for &mut S {
    fn watch(&mut self) -> Watch<'_> {
        (**self).watch()
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn watch(&mut self) -> Watch<'_> {
        (**self).watch()
    }
}

/// Waits until one of several sources has news, and writes the state of each to `news`. Returns
/// true if there is something new, and false after the timeout. [`ErrorKind::InvalidArgument`]:
/// `news` is not as long as `sources`.
///
/// Pass sources of one type as a slice of them, others as a slice of `&mut dyn Source`:
///
/// ```no_run
/// # use leyline::{Consumer, Controller, News, Observer, Source, Wait, wait_any};
/// # fn f(controllers: &mut [Controller], mut a: Observer<leyline::Observation>, wait: Wait) -> leyline::Result<()> {
/// let mut news = vec![News::None; controllers.len()];
/// while wait_any(controllers, &mut news, wait)? {
///     // Read from each that is News::Readable, until it gives Read::Empty.
/// }
/// wait_any(&mut [&mut a as &mut dyn Source, &mut controllers[0]], &mut [News::None; 2], wait)?;
/// # Ok(())
/// # }
/// ```
///
/// `news` is in/out: pass it again at the next call. A source already marked closed, failed or died
/// is ignored, so one dead writer cannot turn the wait into a busy loop. Records of its successor make
/// it [`News::Readable`] again. The liveness of each source's writer is checked every 5 ms, however
/// busy the other sources are.
///
/// Reads from no source and allocates nothing. Makes no system call while records keep coming,
/// except to check silent writers. Sleeps on up to 128 rings at once; with more, or with read-only
/// segments, it polls every millisecond. Fails only if the kernel cannot be asked about a writer.
pub fn wait_any<S: Source>(sources: &mut [S], news: &mut [News], wait: Wait) -> Result<bool> {
    crate::base::error::same_length("news", sources.len(), news.len())?;
    wait_on(sources, news, wait)
}

/// Gives access to sources by index.
pub(crate) trait Sources {
    fn at(&mut self, i: usize) -> Watch<'_>;
}

impl<S: Source> Sources for [S] {
    fn at(&mut self, i: usize) -> Watch<'_> {
        self[i].watch()
    }
}

/// Waits like [`wait_any`], for as many sources as `news` has entries.
pub(crate) fn wait_on<S: Sources + ?Sized>(sources: &mut S, news: &mut [News], wait: Wait) -> Result<bool> {
    some(news.len())?;
    let mut any = Any { sources, news };
    if wait_for(&mut any, wait)?.found()?.is_none() {
        return Ok(false);
    }
    // Otherwise one busy source would keep the silent ones from ever being checked.
    any.ask(Silent::ForAWhile)?;
    Ok(true)
}

/// Looks once at what [`wait_any`] would wait for, and checks some of the writers.
pub(crate) fn look_at<S: Sources + ?Sized>(
    sources: &mut S,
    news: &mut [News],
    which: Silent,
) -> Result<bool> {
    some(news.len())?;
    let mut any = Any { sources, news };
    let found = any.poll().is_some();
    Ok(any.ask(which)? || found)
}

fn some(count: usize) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidArgument).about("sources").expected_found("1 or more", "none"))
}

/// Selects the silent writers to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silent {
    Now,
    ForAWhile,
}

struct Any<'a, S: ?Sized> {
    sources: &'a mut S,
    news: &'a mut [News],
}

impl<S: Sources + ?Sized> Any<'_, S> {
    /// Checks writers. Returns true if a source's ending is new.
    fn ask(&mut self, which: Silent) -> Result<bool> {
        let mut found = false;
        let now = os::monotonic_ns();
        for (i, news) in self.news.iter_mut().enumerate().filter(|(_, n)| **n != News::Readable) {
            let mut watch = self.sources.at(i);
            let (mut asked, mut writers, mut ended) = (Ok(false), 0, false);
            watch.each(&mut |core, is_asked| {
                if !is_asked {
                    return;
                }
                if asked.is_ok() && (which == Silent::Now || core.is_overdue(now)) {
                    asked = core.reader.ring.guard.check().and_then(|()| core.ended()).map(|_| true);
                }
                writers += 1;
                ended |= core.ended.is_some();
            });
            if !asked? {
                continue;
            }
            // A record may have come just before the writer ended.
            if ended && watch.has_news() {
                *news = News::Readable;
                found = true;
                continue;
            }
            let told = std::mem::replace(news, News::None);
            watch.each(&mut |core, is_asked| {
                if is_asked && let Some(ended) = core.ended {
                    let is_other = |before: Ended| before.generation != ended.generation;
                    // Of one writer the caller says what it was told.
                    let is_new = match writers {
                        1 => told != News::of(ended) || core.told.is_some_and(is_other),
                        _ => core.told != core.ended,
                    };
                    if is_new || *news == News::None {
                        *news = News::of(ended);
                    }
                    found |= is_new;
                }
                core.told = core.ended;
            });
        }
        Ok(found)
    }
}

impl<S: Sources + ?Sized> Awaited for Any<'_, S> {
    type Found = ();

    fn poll(&mut self) -> Option<()> {
        let mut found = None;
        for (i, news) in self.news.iter_mut().enumerate() {
            if self.sources.at(i).has_news() {
                *news = News::Readable;
                found = Some(());
            } else if *news == News::Readable {
                *news = News::None;
            }
        }
        found
    }

    fn check(&mut self) -> Result<Option<()>> {
        Ok(self.ask(Silent::Now)?.then_some(()))
    }

    fn is_cancelled(&mut self) -> bool {
        let mut found = false;
        for i in 0..self.news.len() {
            self.sources.at(i).each(&mut |core, _| found = found || core.canceller.take());
        }
        found
    }

    fn sleep(&mut self, timeout: Duration) -> Slept<()> {
        let n = self.news.len();
        let mut waiters = [None::<Shared>; MAX_WAITERS];
        let mut cancellers = [const { None::<Canceller> }; MAX_WAITERS];
        let (mut rings, mut given, mut longest) = (0, 0, timeout);
        for i in 0..n {
            self.sources.at(i).each(&mut |core, _| {
                match core.waiter().filter(|_| rings < MAX_WAITERS) {
                    Some(waiter) => {
                        waiters[rings] = Some(waiter);
                        rings += 1;
                    }
                    None => longest = longest.min(futex::UNWAKEABLE_SLICE),
                }
                // The rings of one handle have one, and so may handles of the same options.
                let is_new = cancellers[..given]
                    .last()
                    .is_none_or(|c| !c.as_ref().is_some_and(|c| c.is(&core.canceller)));
                if core.canceller.is_given() && is_new && given < MAX_WAITERS {
                    cancellers[given] = Some(core.canceller.clone());
                    given += 1;
                }
            });
        }
        if rings + given > MAX_WAITERS {
            longest = longest.min(futex::UNSURE_SLICE);
        }
        let cancels = cancellers.iter().flatten().map(Canceller::word);
        futex::sleep_any(waiters.iter().flatten().copied(), cancels, || {
            self.poll().ok_or_else(|| {
                for i in 0..n {
                    self.sources.at(i).each(&mut |core, _| longest = longest.min(core.longest_sleep()));
                }
                longest
            })
        })
    }
}
