//! For tests of code that is traced: a registry in memory, its spans as text, and what must hold for them.
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
//! Nothing here is global: as many tests as there are run at once, each with a registry of its own, and functions that use the
//! installed registry use the test's inside [`scope`](TestRegistry::scope) and [`run`](TestRegistry::run).

mod assert;
mod check;
mod order;
mod registry;
mod tree;

pub use self::assert::dedented;
pub use self::registry::TestRegistry;
pub use self::tree::Tree;
