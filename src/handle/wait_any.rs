// C header: ring
//! Waiting for several rings at once.

use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::consumer::{Consumer, ConsumerCore};
use crate::handle::observer::{Ending, Observer, Read, ReaderCore, RowObserver};
use crate::ring::wait::{Awaited, Wait, wait_for};
use crate::sys::futex;
use crate::sys::futex::MAX_WAITERS;
use crate::sys::os;
use crate::sys::words::Shared;
use std::time::Duration;

/// What [`wait_any`] knows of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum News {
    /// Nothing.
    #[default]
    None = 0,
    /// A read gives something: a record, or that it was lapped, or that a new writer took over.
    Readable = 1,
    /// Nothing to read, and the writer closed its handle.
    Closed = 2,
    /// Nothing to read, and the writer died.
    Died = 3,
    /// Nothing to read, and the segment's name leads elsewhere now.
    Superseded = 4,
}

/// Something to wait for together with others: an [`Observer`], a [`RowObserver`], a [`Consumer`], a
/// [`Controller`](crate::Controller) (for its observations), or whatever of a program's own has one of them in it.
pub trait Source {
    /// What is waited for.
    fn watch(&mut self) -> Watch<'_>;
}

/// The ring behind a [`Source`].
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

/// Waits until one of several sources has news, and says of each what it has. `true`: there is something new; `false`: not
/// in time. As many `news` as sources, or [`ErrorKind::InvalidArgument`].
///
/// Sources of one type go in as a slice of them, others as a slice of `&mut dyn Source`:
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
/// `news` is handed in again at the next call. An ending that stands there already is not told again and ends no wait, so
/// that one dead trainer does not keep its controller from waiting for the others; what its successor publishes is
/// [`News::Readable`] again. Whatever goes on elsewhere, each source's writer is asked about every 5 ms.
///
/// No source is read from. It makes no system call while records keep coming, but for asking about silent writers, and
/// allocates nothing. It sleeps on 128 rings at once; with more, or with read-only ones among them, it looks every
/// millisecond. Fails only if the kernel cannot be asked about a writer.
pub fn wait_any<S: Source>(sources: &mut [S], news: &mut [News], wait: Wait) -> Result<bool> {
    crate::base::error::same_length("news", sources.len(), news.len())?;
    wait_on(sources, news, wait)
}

/// Sources by index.
pub(crate) trait Sources {
    fn at(&mut self, i: usize) -> Watch<'_>;
}

impl<S: Source> Sources for [S] {
    fn at(&mut self, i: usize) -> Watch<'_> {
        self[i].watch()
    }
}

/// As [`wait_any`], with as many sources as news.
pub(crate) fn wait_on<S: Sources + ?Sized>(sources: &mut S, news: &mut [News], wait: Wait) -> Result<bool> {
    if news.is_empty() {
        return Err(Error::new(ErrorKind::InvalidArgument)
            .about("sources")
            .expected_found("1 or more", "none"));
    }
    let mut any = Any { sources, news };
    if wait_for(&mut any, wait)?.is_none() {
        return Ok(false);
    }
    // Where there is always something to read nobody would ever ask about those that are silent.
    any.ask(Silent::ForAWhile)?;
    Ok(true)
}

/// Which silent writers to ask about.
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
    /// Whether an ending was found that was not known.
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
                // It may have come just before its writer ended.
                Some(_) if watch.has_news() => News::Readable,
                Some(Read::WriterGone(Ending::Closed)) => News::Closed,
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

    fn sleep(&mut self, timeout: Duration) -> Option<()> {
        let n = self.news.len();
        let mut waiters = [None::<Shared>; MAX_WAITERS];
        let mut count = 0;
        for i in 0..n {
            if count < MAX_WAITERS
                && let Some(waiter) = self.sources.at(i).core().waiter()
            {
                waiters[count] = Some(waiter);
                count += 1;
            }
        }
        let timeout = if count < n { timeout.min(futex::UNWAKEABLE_SLICE) } else { timeout };
        futex::sleep_any(waiters.iter().flatten().copied(), || {
            self.poll().ok_or_else(|| {
                let longest = (0..n).map(|i| self.sources.at(i).core().longest_sleep()).min();
                longest.map_or(timeout, |longest| longest.min(timeout))
            })
        })
    }
}
