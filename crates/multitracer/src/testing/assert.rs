//! Assertions on the spans of a test.

/// Asserts that every trace stays in one project.
///
/// No trace has spans in two projects, and no span has its parent in another project.
/// Takes a [`TestRegistry`](crate::testing::TestRegistry). The panic message shows all spans.
///
/// ```
/// # use multitracer::{assert_isolated, testing::TestRegistry, traced};
/// #[traced]
/// fn rank() {
///     score();
/// }
///
/// #[traced(tracer = "canary")]
/// fn score() {}
///
/// let test = TestRegistry::new(["production", "canary"]);
/// test.scope(rank);
/// assert_isolated!(test);
/// ```
#[macro_export]
macro_rules! assert_isolated {
    ($test:expr $(,)?) => {
        if let ::core::result::Result::Err(__violations) = $test.check_isolated() {
            ::core::panic!("projects are not isolated\n{__violations}");
        }
    };
}

/// Asserts that all spans have ended, and that each span's parent is in the same project.
///
/// The parent of an orphan belongs to another project, has not ended, or was dropped. A remote
/// parent belongs to another process and is not checked. Takes a
/// [`TestRegistry`](crate::testing::TestRegistry).
///
/// ```should_panic
/// # use multitracer::{assert_no_orphans, manual::SpanBuilder, testing::TestRegistry};
/// let test = TestRegistry::new(["production"]);
/// let _open = test.scope(|| SpanBuilder::new("open").start());
/// assert_no_orphans!(test); // panics: `open` has not ended
/// ```
#[macro_export]
macro_rules! assert_no_orphans {
    ($test:expr $(,)?) => {
        if let ::core::result::Result::Err(__violations) = $test.check_no_orphans() {
            ::core::panic!("spans are orphans or have not ended\n{__violations}");
        }
    };
}

/// Asserts that a [`Tree`](crate::testing::Tree), or any other `Display` value, equals a text.
///
/// The text may be indented like the source of the test. The comparison ignores empty lines at both
/// ends, the common indentation, and spaces at line ends.
///
/// ```
/// # use multitracer::{assert_tree, span, testing::TestRegistry};
/// let test = TestRegistry::new(["production"]);
/// test.scope(|| {
///     let _sell = span!("sell");
///     let _pay = span!("pay", kind = "client");
/// });
/// assert_tree!(test.tree("production"), "
///     sell
///       pay [client]
/// ");
/// ```
#[macro_export]
macro_rules! assert_tree {
    ($tree:expr, $expected:expr $(,)?) => {{
        let __tree = $crate::testing::dedented(&$tree.to_string());
        let __expected = $crate::testing::dedented(&$expected.to_string());
        if __tree != __expected {
            ::core::panic!("the spans are not as expected\n--- expected\n{__expected}\n--- found\n{__tree}");
        }
    }};
}

/// Removes empty lines at both ends, the common indentation, and spaces at line ends.
#[doc(hidden)]
#[must_use]
pub fn dedented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let indent = lines
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line.get(indent..).unwrap_or("")).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}
