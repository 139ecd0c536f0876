//! The fingerprint of a file, which tells if the file changed.

use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The longest tick of a file system's clock. Within one tick, a file can change without a new
/// time.
const TICK: Duration = Duration::from_secs(3);
/// The hash of a file that cannot be read.
const UNREADABLE: u64 = 0;

/// The fingerprint of a file at one moment. Fingerprints are equal if the contents are equal.
#[derive(Clone, Debug, Default)]
pub(super) struct Fingerprint {
    stamp: Option<Stamp>,
    /// The hash of the content. `None` before the first look at the file.
    content: Option<u64>,
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

/// The metadata of a file that change with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    id: FileId,
}

/// The device and the inode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok(), length: metadata.len(), id: FileId::of(metadata) }
    }

    /// Returns `true` if the content can have changed without a change of the stamp.
    fn is_recent(&self) -> bool {
        self.modified.is_none_or(|modified| modified.elapsed().is_ok_and(|age| age < TICK))
    }
}

impl Fingerprint {
    /// Takes the fingerprint of a file, and follows links. Reads the content only if the metadata
    /// differ from those of `previous`.
    pub(super) fn take(path: &Path, previous: Self) -> Self {
        let Ok(metadata) = fs::metadata(path) else {
            return Self { stamp: None, content: Some(UNREADABLE) };
        };
        let stamp = Stamp::of(&metadata);
        if previous.stamp.as_ref() == Some(&stamp) && !stamp.is_recent() {
            return previous;
        }
        let content = match fs::read(path) {
            Ok(bytes) => {
                let mut hasher = DefaultHasher::new();
                bytes.hash(&mut hasher);
                hasher.finish().max(UNREADABLE + 1)
            }
            Err(_) => UNREADABLE,
        };
        Self { stamp: Some(stamp), content: Some(content) }
    }
}

impl FileId {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    #[cfg(not(unix))]
    fn of(_metadata: &Metadata) -> Self {
        Self { device: 0, inode: 0 }
    }
}
