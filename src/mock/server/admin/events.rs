//! Exchanges and callbacks as they come, as server-sent events (HTML Living Standard, section 9.2).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http_body_util::{BodyExt as _, Either, StreamBody};
use hyper::body::Frame;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::super::Shared;
use super::super::body::ReplyBody;
use super::super::journal::Exchanged;
use super::calls;
use crate::mock::callback::Sent;

/// How often something is said where nothing happens, so that a dead connection is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What a listener hears from.
pub(super) struct Heard {
    pub(super) news: broadcast::Receiver<Arc<Exchanged>>,
    pub(super) calls: broadcast::Receiver<Arc<Sent>>,
    pub(super) stopped: watch::Receiver<bool>,
    /// What shows them.
    pub(super) shared: Arc<Shared>,
}

/// A body that never ends of itself, but with the server.
pub(super) fn stream(heard: Heard) -> ReplyBody {
    let frames = unfold((heard, true), async |(mut heard, first)| {
        let text = if first { Some(": listening\n\n".to_owned()) } else { next(&mut heard).await };
        text.map(|text| (Ok::<_, Infallible>(Frame::data(Bytes::from(text))), (heard, false)))
    });
    Either::Right(StreamBody::new(frames).map_err(|never| match never {}).boxed_unsync())
}

async fn next(heard: &mut Heard) -> Option<String> {
    if *heard.stopped.borrow() {
        return None;
    }
    tokio::select! {
        news = heard.news.recv() => match news {
            Ok(exchanged) => {
                let shown = heard.shared.office.presenter().summary(&exchanged);
                Some(format!("id: {}\nevent: exchange\ndata: {shown}\n\n", exchanged.number))
            }
            // The reader was too slow: it can ask for what it has missed.
            Err(RecvError::Lagged(missed)) => Some(format!("event: missed\ndata: {missed}\n\n")),
            Err(RecvError::Closed) => None,
        },
        call = heard.calls.recv() => match call {
            Ok(sent) => {
                let shown = calls::told_of(&sent, &mut heard.shared.office.presenter());
                Some(format!("event: callback\ndata: {shown}\n\n"))
            }
            Err(RecvError::Lagged(_)) => Some("event: callback\ndata: null\n\n".to_owned()),
            Err(RecvError::Closed) => None,
        },
        _ = heard.stopped.changed() => None,
        () = tokio::time::sleep(HEARTBEAT) => Some(": still here\n\n".to_owned()),
    }
}
