//! A body that passes unchanged, and of which a copy is taken.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use super::live::Live;

/// What was copied of a body.
#[derive(Clone, Debug, Default)]
pub(super) struct Copy {
    pieces: Vec<Bytes>,
    kept: usize,
    /// How many bytes passed.
    pub(super) passed: u64,
    /// Whether it was seen to its end.
    pub(super) ended: bool,
}

impl Copy {
    fn take(&mut self, data: &Bytes, limit: usize) {
        self.passed += data.len() as u64;
        if self.kept < limit {
            let piece = data.slice(..data.len().min(limit - self.kept));
            self.kept += piece.len();
            self.pieces.push(piece);
        }
    }

    /// Whether less was kept than passed.
    pub(super) fn is_cut(&self) -> bool {
        self.passed > self.kept as u64
    }

    /// The bytes that were kept.
    pub(super) fn bytes(&self) -> Bytes {
        match self.pieces.as_slice() {
            [] => Bytes::new(),
            [one] => one.clone(),
            several => {
                let mut whole = BytesMut::with_capacity(self.kept);
                for piece in several {
                    whole.extend_from_slice(piece);
                }
                whole.freeze()
            }
        }
    }
}

/// A copy that the body's owner looks at when it is time.
pub(super) type Shared = Arc<Mutex<Copy>>;

/// Takes the copy at the body's end, before whoever reads the body sees that it has ended.
pub(super) type AtEnd = Box<dyn FnOnce(Copy) + Send>;

/// A body of which a copy is taken as it passes.
pub(super) struct Tee<B> {
    inner: B,
    copy: Shared,
    limit: usize,
    at_end: Option<AtEnd>,
    /// Keeps what is about to pass.
    live: Option<Live>,
    state: State,
}

enum State {
    Flowing,
    /// The last frame is held back until the copy is in safe hands.
    Held(JoinHandle<()>, Option<Frame<Bytes>>),
    Ended,
}

/// Copies larger than this are worked on beside the connections.
const LARGE: usize = 64 << 10;

impl<B: Body> Tee<B> {
    pub(super) fn new(inner: B, limit: usize, copy: Shared, at_end: Option<AtEnd>) -> Self {
        let mut tee = Self { inner, copy, limit, at_end, live: None, state: State::Flowing };
        if tee.inner.is_end_stream() {
            // No body is another thing than an empty one.
            tee.state = State::Ended;
            tee.finish(true);
        }
        tee
    }

    /// The same, kept while it passes.
    pub(super) fn kept_live(mut self, live: Option<Live>) -> Self {
        self.live = live;
        self
    }
}

impl<B> Tee<B> {
    /// Hands over the copy; a task where that takes a while.
    fn finish(&mut self, ended: bool) -> Option<JoinHandle<()>> {
        let mut copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner);
        copy.ended = ended;
        let at_end = self.at_end.take()?;
        let copy = std::mem::take(&mut *copy);
        if copy.kept > LARGE && ended {
            return Some(tokio::task::spawn_blocking(move || at_end(copy)));
        }
        at_end(copy);
        None
    }
}

impl<B> Body for Tee<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        if let State::Held(task, frame) = &mut this.state {
            // A panic there is told there; what passes is passed.
            let _ = ready!(Pin::new(task).poll(context));
            let frame = frame.take();
            this.state = State::Ended;
            return Poll::Ready(frame.map(Ok));
        }
        if matches!(this.state, State::Ended) {
            return Poll::Ready(None);
        }
        let frame = match ready!(Pin::new(&mut this.inner).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                this.state = State::Ended;
                this.finish(false);
                return Poll::Ready(Some(Err(error)));
            }
            None => {
                return match this.finish(true) {
                    None => {
                        this.state = State::Ended;
                        Poll::Ready(None)
                    }
                    Some(task) => {
                        this.state = State::Held(task, None);
                        Pin::new(this).poll_frame(context)
                    }
                };
            }
        };
        if let Some(data) = frame.data_ref() {
            this.copy.lock().unwrap_or_else(PoisonError::into_inner).take(data, this.limit);
            if let Some(live) = &mut this.live {
                live.take(data);
            }
        }
        if !frame.is_trailers() && !this.inner.is_end_stream() {
            return Poll::Ready(Some(Ok(frame)));
        }
        match this.finish(true) {
            None => {
                this.state = State::Ended;
                Poll::Ready(Some(Ok(frame)))
            }
            Some(task) => {
                this.state = State::Held(task, Some(frame));
                Pin::new(this).poll_frame(context)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> Drop for Tee<B> {
    /// A reader that goes away has what it has: that is kept.
    fn drop(&mut self) {
        if matches!(self.state, State::Flowing) {
            self.finish(false);
        }
    }
}
