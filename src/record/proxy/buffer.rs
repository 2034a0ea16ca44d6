//! A body that is read before it is passed on: as far as a bound goes, the rest streams behind.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// A body whose beginning was read.
pub(super) struct Buffered {
    frames: VecDeque<Frame<Bytes>>,
    /// What is not read yet; `None` where all is.
    rest: Option<Incoming>,
    left: SizeHint,
}

impl Buffered {
    /// Reads up to `limit` bytes.
    pub(super) async fn read(mut body: Incoming, limit: usize) -> Result<Self, hyper::Error> {
        let left = body.size_hint();
        let mut frames = VecDeque::new();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame?;
            length += frame.data_ref().map_or(0, Bytes::len);
            frames.push_back(frame);
            if length > limit {
                return Ok(Self { frames, rest: Some(body), left });
            }
        }
        Ok(Self { frames, rest: None, left })
    }

    /// All bytes, where all were read.
    pub(super) fn whole(&self) -> Option<Bytes> {
        if self.rest.is_some() {
            return None;
        }
        let mut whole = BytesMut::new();
        self.frames.iter().filter_map(Frame::data_ref).for_each(|data| whole.extend_from_slice(data));
        Some(whole.freeze())
    }
}

impl Body for Buffered {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(frame) = self.frames.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    /// As long as it was when it came: how long a message is said to be does not change.
    fn size_hint(&self) -> SizeHint {
        if self.rest.is_none() {
            let length: usize = self.frames.iter().filter_map(Frame::data_ref).map(Bytes::len).sum();
            if self.left.exact().is_some() || length == 0 {
                return SizeHint::with_exact(length as u64);
            }
        }
        self.left
    }
}
