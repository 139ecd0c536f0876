//! The body of a request, which shows how much of it was sent, and can be stopped.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The largest part of a body that is given to the connection at once. HTTP/2 asks for a part when
/// the backend has room for some of it.
const PART_BYTES: usize = 16 << 10;

/// The number of unsent bytes of a body that is given up.
const GIVEN_UP: usize = usize::MAX;

/// The body of one request.
pub(crate) struct Upload {
    rest: Bytes,
    unsent: Arc<AtomicUsize>,
}

/// The number of bytes of a body that the connection did not take yet.
#[derive(Clone)]
pub(super) struct Unsent(Arc<AtomicUsize>);

/// The error of a body that was given up before its end.
#[derive(Debug)]
pub(crate) struct GivenUp;

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was given up before its end")
    }
}

impl std::error::Error for GivenUp {}

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

    /// Stops the body, if `unsent` bytes of it are unsent. The backend then never has all of it.
    ///
    /// The connection may take the rest of a body after the future of its request is dropped.
    /// Returns `false` if it took a part meanwhile.
    pub(super) fn give_up(&self, unsent: usize) -> bool {
        unsent > 0 && self.0.compare_exchange(unsent, GIVEN_UP, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = GivenUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, GivenUp>>> {
        let unsent = self.rest.len();
        let part = match unsent {
            0 => return Poll::Ready(None),
            1 => 1,
            // the connection asks for the last byte when it can send all others
            left => PART_BYTES.min(left - 1),
        };
        let taken = self.unsent.compare_exchange(unsent, unsent - part, Ordering::Relaxed, Ordering::Relaxed);
        if taken.is_err() {
            return Poll::Ready(Some(Err(GivenUp)));
        }
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(part)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes the next part of a body, and returns its size.
    fn take(upload: &mut Upload) -> Option<Result<usize, ()>> {
        match Pin::new(upload).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(part) => {
                part.map(|part| part.map(|frame| frame.data_ref().map_or(0, Bytes::len)).map_err(|_| ()))
            }
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_body_is_given_up_or_sent_to_its_end() {
        let size = PART_BYTES + 10;
        let (mut upload, unsent) = Upload::new(vec![0; size].into());
        assert_eq!(take(&mut upload), Some(Ok(PART_BYTES)));
        assert!(!unsent.give_up(size), "a part was sent meanwhile");
        assert!(unsent.give_up(10));
        assert_eq!(take(&mut upload), Some(Err(())), "no further part is sent");
        assert!(!upload.is_end_stream());

        let (mut upload, unsent) = Upload::new(vec![0; 2].into());
        assert_eq!((take(&mut upload), take(&mut upload)), (Some(Ok(1)), Some(Ok(1))));
        assert!(!unsent.give_up(unsent.get()), "all of it is sent");
        assert_eq!((take(&mut upload), upload.is_end_stream()), (None, true));
    }
}
