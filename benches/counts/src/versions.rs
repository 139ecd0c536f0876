//! The versions that the counts depend on.

use std::process::Command;

/// The versions of the compiler and of the system.
///
/// ```
/// use multitracer_counts::Versions;
///
/// let here = Versions::here();
/// assert!(here.has_compiler_of(&here) && here.has_system_of(&here));
/// let other = Versions { rustc: "1.0.0".to_owned(), ..here.clone() };
/// assert!(!here.has_compiler_of(&other) && here.has_system_of(&other));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// The version of the compiler.
    pub rustc: String,
    /// The target triple.
    pub target: String,
    /// The C library, which has the allocator.
    pub libc: String,
    /// The version of Valgrind; empty if it is not installed.
    pub valgrind: String,
}

impl Versions {
    /// Returns the versions of this program and this machine.
    #[must_use]
    pub fn here() -> Self {
        Self {
            rustc: env!("COUNTS_RUSTC").to_owned(),
            target: env!("COUNTS_TARGET").to_owned(),
            libc: output("getconf", "GNU_LIBC_VERSION"),
            valgrind: output("valgrind", "--version"),
        }
    }

    /// Returns `true` if Valgrind is installed.
    #[must_use]
    pub fn has_valgrind(&self) -> bool {
        !self.valgrind.is_empty()
    }

    /// Returns `true` if the same compiler makes the same instructions for `other`.
    #[must_use]
    pub fn has_compiler_of(&self, other: &Self) -> bool {
        (&self.rustc, &self.target) == (&other.rustc, &other.target)
    }

    /// Returns `true` if the system libraries of `other` are the same.
    #[must_use]
    pub fn has_system_of(&self, other: &Self) -> bool {
        (&self.libc, &self.valgrind) == (&other.libc, &other.valgrind)
    }
}

fn output(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().ok();
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    text.trim().to_owned()
}
