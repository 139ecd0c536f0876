//! Bodies of requests whose memory is used again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// The most buffers that wait for the next request.
const MAX_WAITING: usize = 2;

/// The largest buffer that is used again, in bytes.
const MAX_BYTES: usize = 512 << 10;

/// Empty buffers. Allocators give a large buffer back to the system with each request.
static WAITING: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// A body, whose memory is used again once all parts are sent.
struct Body(Vec<u8>);

/// Returns the body that `write` appends to an empty buffer. `size` is its expected size.
pub(super) fn body(size: usize, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut buffer = waiting().pop().unwrap_or_default();
    buffer.reserve(size);
    write(&mut buffer);
    Bytes::from_owner(Body(buffer))
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        buffer.clear();
        let mut waiting = waiting();
        if waiting.len() < MAX_WAITING && buffer.capacity() <= MAX_BYTES {
            waiting.push(buffer);
        }
    }
}

fn waiting() -> MutexGuard<'static, Vec<Vec<u8>>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
