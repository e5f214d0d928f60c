//! Handles that tasks of Tokio wait for.

use crate::base::error::{Error, ErrorKind, Result};
use crate::handle::bell::Bell;
use crate::handle::consumer::Consumer;
use crate::handle::observer::Observer;
use crate::handle::read::Read;
use crate::handle::wait_any::{News, Source, Watch};
use crate::ring::meta::Meta;
use crate::ring::state::Ending;
use crate::schema::record::Record;
use futures_core::Stream;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;
use tokio::task::coop::poll_proceed;

/// A handle that a task of Tokio waits for: an [`Observer`], a [`Consumer`], a
/// [`Controller`](crate::Controller), a [`Trainer`](crate::Trainer), or any other [`Source`]. Has the
/// handle's methods beside its own.
///
/// ```no_run
/// # use leyline::{Answer, Async, Controller, Observation, Options, Read};
/// # async fn f() -> leyline::Result<()> {
/// let controller = Controller::attach("run", &Options::default(), std::time::Duration::from_secs(10))?;
/// let mut controller = Async::new(controller)?;
/// let mut observation = Observation::EMPTY;
/// while let Read::Record(meta) = controller.next_async(&mut observation).await? {
///     controller.decide(&meta, 0, &Answer::default())?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// All its futures are cancel-safe: a record is taken in the poll that returns it, or not at all. A
/// task that finds records all the time yields to the others as often as Tokio asks for.
///
/// An ending of a writer is returned once. The next wait is for a successor. To end a wait by time
/// or otherwise, drop its future, as `tokio::time::timeout` and `select!` do.
#[derive(Debug)]
pub struct Async<S> {
    bell: AsyncFd<Bell>,
    source: S,
}

impl<S> Async<S> {
    /// Takes a handle over, with a [`Bell`] of its own.
    ///
    /// [`ErrorKind::InvalidArgument`]: not called within a Tokio runtime. Also fails as [`Bell::new`]
    /// does.
    ///
    /// # Panics
    ///
    /// Panics if the runtime was built without `enable_io`.
    pub fn new(source: S) -> Result<Self> {
        if Handle::try_current().is_err() {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .about("a handle for tasks")
                .expected_found("a Tokio runtime around the call", "none")
                .help("make it in an async function, or after entering a runtime"));
        }
        #[allow(deprecated, reason = "the other way is unsafe, and newer")] // A bell keeps its descriptor.
        let bell = AsyncFd::with_interest(Bell::new()?, Interest::READABLE);
        Ok(Self { bell: bell.map_err(|e| Error::os(e, "epoll_ctl"))?, source })
    }

    /// Gives the handle back.
    pub fn into_inner(self) -> S {
        self.source
    }

    /// Reads with `read` until it returns something, and waits for news of `watch` before it reads
    /// again. `ended` returns what an ending gives, or `None` to go on.
    pub(crate) fn poll_with<R>(
        &mut self,
        cx: &mut Context<'_>,
        watch: impl for<'s> Fn(&'s mut S) -> Watch<'s>,
        mut read: impl FnMut(&mut S) -> Result<Option<R>>,
        mut ended: impl FnMut(&mut S, Read) -> Option<Result<R>>,
    ) -> Poll<Result<R>> {
        let turn = ready!(poll_proceed(cx));
        loop {
            if let Some(found) = read(&mut self.source)? {
                turn.made_progress();
                return Poll::Ready(Ok(found));
            }
            let mut news = [watch(&mut self.source).told()];
            if self.bell.get_mut().arm(&mut [watch(&mut self.source)], &mut news)? {
                let found = match ending_of(news[0]) {
                    Some(ending) => ended(&mut self.source, ending),
                    // It came meanwhile.
                    None => read(&mut self.source)?.map(Ok),
                };
                if let Some(found) = found {
                    turn.made_progress();
                    return Poll::Ready(found);
                }
            }
            // What could not be taken yet has rung the bell, and is tried again after Tokio has polled.
            ready!(self.poll_rung(cx))?;
        }
    }

    /// Waits until the bell was rung, and clears it.
    fn poll_rung(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let mut rung = ready!(self.bell.poll_read_ready_mut(cx)).map_err(|e| Error::os(e, "epoll_wait"))?;
        rung.clear_ready();
        Poll::Ready(rung.get_inner_mut().clear())
    }
}

/// Returns the read that an ending is.
fn ending_of(news: News) -> Option<Read> {
    match news {
        News::Closed => Some(Read::WriterGone(Ending::Closed)),
        News::Failed => Some(Read::WriterGone(Ending::Failed)),
        News::Died => Some(Read::WriterGone(Ending::Died)),
        News::Superseded => Some(Read::Superseded),
        News::None | News::Readable => None,
    }
}

/// Returns a read that found something.
pub(crate) fn found(read: Read) -> Option<Read> {
    (read != Read::Empty).then_some(read)
}

impl<S: Source> Async<S> {
    /// Waits for news of everything that the handle stands for, as [`wait_any`](crate::wait_any)
    /// does. Takes nothing: read with the handle's `try_` methods until they find nothing.
    pub async fn news_async(&mut self) -> Result<News> {
        let mut news = [self.source.watch().told()];
        poll_fn(|cx| {
            while !self.bell.get_mut().arm(&mut [&mut self.source], &mut news)? {
                ready!(self.poll_rung(cx))?;
            }
            Poll::Ready(Ok(news[0]))
        })
        .await
    }
}

impl<S> Deref for Async<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.source
    }
}

impl<S> DerefMut for Async<S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.source
    }
}

macro_rules! readers {
    ($($reader:ident),+) => {$(
        impl<T: Record> Async<$reader<T>> {
            /// Waits for the next record and reads it as `try_next` does. Returns anything but
            /// [`Read::Empty`] and [`Read::TimedOut`].
            pub async fn next_async(&mut self, record: &mut T) -> Result<Read> {
                poll_fn(|cx| self.poll_next_into(cx, record)).await
            }

            fn poll_next_into(&mut self, cx: &mut Context<'_>, record: &mut T) -> Poll<Result<Read>> {
                self.poll_with(
                    cx,
                    |reader| reader.watch(),
                    |reader| Ok(found(reader.try_next(record))),
                    |_, ending| Some(Ok(ending)),
                )
            }
        }

        /// Yields every record with its metadata, whose sequences and generations show what was lost
        /// and when a writer was replaced. Ends when the writer does; `peer_state` says how. A new
        /// writer's records come after that all the same.
        impl<T: Record + Unpin> Stream for Async<$reader<T>> {
            type Item = Result<(T, Meta)>;

            fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                let mut record = T::zeroed();
                loop {
                    return Poll::Ready(match ready!(self.poll_next_into(cx, &mut record)) {
                        Ok(Read::Record(meta)) => Some(Ok((record, meta))),
                        Ok(Read::WriterGone(_) | Read::Superseded) => None,
                        Ok(_) => continue,
                        Err(e) => Some(Err(e)),
                    });
                }
            }
        }
    )+};
}
readers!(Observer, Consumer);
