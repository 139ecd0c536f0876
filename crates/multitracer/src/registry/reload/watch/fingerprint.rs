//! The fingerprints of files, which tell if a file changed.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::config::{ContentHash, READ_BYTES, SECRET_READ_BYTES};

/// The longest tick of a file system's clock. Within one tick, a file can change without a new
/// time.
const TICK: Duration = Duration::from_secs(3);

/// The fingerprints of the configuration file and of the files that it refers to.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Fingerprints {
    config: Fingerprint,
    /// The files of `${file:PATH}`.
    secrets: BTreeMap<PathBuf, Fingerprint>,
}

impl Fingerprints {
    /// Takes the fingerprints of `config` and of the other files in `previous`.
    pub(super) fn take(config: &Path, previous: Self) -> Self {
        let secrets = previous.secrets.into_iter().map(|(path, secret)| {
            let secret = Fingerprint::take(&path, SECRET_READ_BYTES, secret);
            (path, secret)
        });
        let secrets = secrets.collect();
        Self { config: Fingerprint::take(config, READ_BYTES, previous.config), secrets }
    }

    /// Replaces the files beside the configuration file by those that a load has read.
    pub(super) fn set_secrets(&mut self, read: BTreeMap<PathBuf, ContentHash>) {
        // a file that has changed since the load is different at the next look
        let fingerprint = |content| Fingerprint { stamp: None, content: Some(content) };
        self.secrets = read.into_iter().map(|(path, content)| (path, fingerprint(content))).collect();
    }
}

/// The fingerprint of a file at one moment. Fingerprints are equal if the contents are equal.
#[derive(Clone, Default)]
struct Fingerprint {
    stamp: Option<Stamp>,
    /// `None` before the first look at the file.
    content: Option<ContentHash>,
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
    /// Takes the fingerprint of a file, and follows links. Reads at most `limit` bytes of the
    /// content, and only if the metadata differ from those of `previous`.
    fn take(path: &Path, limit: u64, previous: Self) -> Self {
        let Ok(metadata) = fs::metadata(path) else {
            return Self { stamp: None, content: Some(ContentHash::unreadable()) };
        };
        let stamp = Stamp::of(&metadata);
        if previous.stamp.as_ref() == Some(&stamp) && !stamp.is_recent() {
            return previous;
        }
        Self { stamp: Some(stamp), content: Some(ContentHash::read(path, limit)) }
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
