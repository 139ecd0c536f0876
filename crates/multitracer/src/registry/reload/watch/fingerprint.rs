//! What a file looks like from outside, and whether that is another look than before.

use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A file can be written twice within one tick of its file system's clock.
const TICK: Duration = Duration::from_secs(3);

/// What a file looked like.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    stamp: Option<Stamp>,
    content: Option<u64>,
}

/// Only the content counts: a file that was touched is the same.
impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    identity: (u64, u64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok(), length: metadata.len(), identity: identity(metadata) }
    }

    /// Whether the file may change without changing this.
    fn is_fresh(&self) -> bool {
        self.modified.is_none_or(|modified| modified.elapsed().is_ok_and(|age| age < TICK))
    }
}

/// Looks at the file, links followed. The content is read if something about the file is not as `before`.
pub(super) fn look(path: &Path, before: Seen) -> Seen {
    let Ok(metadata) = fs::metadata(path) else { return Seen { stamp: None, content: Some(0) } };
    let stamp = Stamp::of(&metadata);
    if before.stamp.as_ref() == Some(&stamp) && !stamp.is_fresh() {
        return before;
    }
    let content = match fs::read(path) {
        Ok(bytes) => {
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            // zero is for a file that cannot be read
            hasher.finish().max(1)
        }
        Err(_) => 0,
    };
    Seen { stamp: Some(stamp), content: Some(content) }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> (u64, u64) {
    (0, 0)
}
