//! Tools for tests of traced code: a registry in memory, span trees as text, and assertions.
//!
//! ```
//! use multitracer::testing::TestRegistry;
//! use multitracer::{assert_isolated, assert_no_orphans, assert_tree, traced};
//!
//! #[traced(fields(items = items.len()))]
//! fn rank(items: &[u32]) {
//!     score();
//! }
//!
//! #[traced(tracer = "canary")]
//! fn score() {}
//!
//! let test = TestRegistry::new(["production", "canary"]);
//! test.scope(|| rank(&[3, 1]));
//!
//! assert_tree!(test.trees(), "
//!     production
//!       rank items=2
//!     canary
//!       score (linked to rank of production)
//! ");
//! assert_isolated!(test);
//! assert_no_orphans!(test);
//! ```
//!
//! Nothing here is global. Tests run in parallel, each with its own registry. Functions that use
//! the installed registry use the test's registry inside of [`scope`](TestRegistry::scope) and
//! [`run`](TestRegistry::run).

mod assert;
mod check;
mod order;
mod registry;
mod tree;

pub use self::assert::dedented;
pub use self::registry::TestRegistry;
pub use self::tree::Tree;
