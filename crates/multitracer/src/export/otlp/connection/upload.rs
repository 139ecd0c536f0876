//! The body of a request, which shows how much of it was sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The largest part of a body that is given to the connection at once. HTTP/2 asks for a part when
/// the backend has room for some of it.
const PART_BYTES: usize = 16 << 10;

/// The body of one request.
pub(crate) struct Upload {
    rest: Bytes,
    unsent: Arc<AtomicUsize>,
}

/// The number of bytes of a body that the connection did not take yet.
#[derive(Clone)]
pub(super) struct Unsent(Arc<AtomicUsize>);

impl Upload {
    pub(super) fn new(body: Bytes) -> (Self, Unsent) {
        let unsent = Arc::new(AtomicUsize::new(body.len()));
        (Self { rest: body, unsent: Arc::clone(&unsent) }, Unsent(unsent))
    }
}

impl Unsent {
    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let part = match self.rest.len() {
            0 => return Poll::Ready(None),
            1 => 1,
            // the connection asks for the last byte when it can send all others
            left => PART_BYTES.min(left - 1),
        };
        let part = self.rest.split_to(part);
        self.unsent.store(self.rest.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
