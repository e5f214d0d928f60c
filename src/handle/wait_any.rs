// C header: ring
//! Waits for several rings at once.

use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::consumer::{Consumer, ConsumerCore};
use crate::handle::observer::{Observer, Read, ReaderCore, RowObserver};
use crate::ring::canceller::Canceller;
use crate::ring::state::Ending;
use crate::ring::wait::{Awaited, Wait, wait_for};
use crate::sys::futex::MAX_WAITERS;
use crate::sys::futex::{self, Slept};
use crate::sys::os;
use crate::sys::words::Shared;
use std::time::Duration;

/// Tells the state of a source of [`wait_any`].
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

/// Marks what [`wait_any`] can wait for: an [`Observer`], a [`RowObserver`], a [`Consumer`], a
/// [`Controller`](crate::Controller) (for its observations), or a program's own type that contains
/// one of them.
pub trait Source {
    /// Returns the ring to wait for.
    fn watch(&mut self) -> Watch<'_>;
}

/// Represents the ring of a [`Source`].
#[derive(Debug)]
pub struct Watch<'a>(Watched<'a>);

#[derive(Debug)]
enum Watched<'a> {
    Reader(&'a mut ReaderCore),
    Consumer(&'a mut ConsumerCore),
}

impl<'a> Watch<'a> {
    pub(crate) fn reader(core: &'a mut ReaderCore) -> Self {
        Self(Watched::Reader(core))
    }

    pub(crate) fn consumer(core: &'a mut ConsumerCore) -> Self {
        Self(Watched::Consumer(core))
    }

    fn core(&mut self) -> &mut ReaderCore {
        match &mut self.0 {
            Watched::Reader(core) => core,
            Watched::Consumer(core) => &mut core.reader,
        }
    }

    fn has_news(&mut self) -> bool {
        match &mut self.0 {
            Watched::Reader(core) => core.reader.is_readable(),
            Watched::Consumer(core) => core.has_news(),
        }
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
    if news.is_empty() {
        return Err(Error::new(ErrorKind::InvalidArgument)
            .about("sources")
            .expected_found("1 or more", "none"));
    }
    let mut any = Any { sources, news };
    if wait_for(&mut any, wait)?.found()?.is_none() {
        return Ok(false);
    }
    // Otherwise one busy source would keep the silent ones from ever being checked.
    any.ask(Silent::ForAWhile)?;
    Ok(true)
}

/// Selects the silent writers to check.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Silent {
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
            let core = watch.core();
            if which == Silent::ForAWhile && !core.is_overdue(now) {
                continue;
            }
            let ended = core.ended()?;
            let told = *news;
            *news = match ended {
                // A record may have come just before the writer ended.
                Some(_) if watch.has_news() => News::Readable,
                Some(Read::WriterGone(Ending::Closed)) => News::Closed,
                Some(Read::WriterGone(Ending::Failed)) => News::Failed,
                Some(Read::WriterGone(Ending::Died)) => News::Died,
                Some(Read::Superseded) => News::Superseded,
                _ => News::None,
            };
            found |= *news != told && *news != News::None;
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
        (0..self.news.len()).any(|i| self.sources.at(i).core().canceller.take())
    }

    fn sleep(&mut self, timeout: Duration) -> Slept<()> {
        let n = self.news.len();
        let mut waiters = [None::<Shared>; MAX_WAITERS];
        let mut cancellers = [const { None::<Canceller> }; MAX_WAITERS];
        let (mut count, mut words) = (0, 0);
        for i in 0..n {
            let mut watch = self.sources.at(i);
            let core = watch.core();
            let cancel = core.canceller.word().is_some();
            if words + usize::from(cancel) < MAX_WAITERS
                && let Some(waiter) = core.waiter()
            {
                waiters[count] = Some(waiter);
                cancellers[count] = cancel.then(|| core.canceller.clone());
                count += 1;
                words += 1 + usize::from(cancel);
            }
        }
        let timeout = if count < n { timeout.min(futex::UNWAKEABLE_SLICE) } else { timeout };
        let cancels = cancellers.iter().flatten().filter_map(Canceller::word);
        futex::sleep_any(waiters.iter().flatten().copied(), cancels, || {
            self.poll().ok_or_else(|| {
                let longest = (0..n).map(|i| self.sources.at(i).core().longest_sleep()).min();
                longest.map_or(timeout, |longest| longest.min(timeout))
            })
        })
    }
}
