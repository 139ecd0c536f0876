//! Shared futures that one request makes and another one polls.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures_util::future::{BoxFuture, Shared};

use super::board::Tag;

type SharedFuture = Shared<BoxFuture<'static, ()>>;

/// The futures that wait for the next request.
#[derive(Default)]
pub(crate) struct Shelf {
    futures: Mutex<HashMap<u64, SharedFuture>>,
}

impl Shelf {
    /// Leaves a future for the request whose number follows that of `tag`.
    pub(crate) fn put(&self, tag: &Tag, future: SharedFuture) {
        self.lock(|futures| futures.insert(tag.id + 1, future));
    }

    /// Takes the future that the request before left.
    pub(crate) fn take(&self, tag: &Tag) -> Option<SharedFuture> {
        self.lock(|futures| futures.remove(&tag.id))
    }

    /// Drops the futures that nobody took.
    pub(crate) fn clear(&self) {
        let left = self.lock(std::mem::take);
        drop(left);
    }

    fn lock<R>(&self, f: impl FnOnce(&mut HashMap<u64, SharedFuture>) -> R) -> R {
        f(&mut self.futures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
