//! The assertions.

/// Fails if a trace is in two projects, or a span's parent is another project's.
///
/// Takes a [`TestRegistry`](crate::testing::TestRegistry). The message shows the spans of every tracer.
#[macro_export]
macro_rules! assert_isolated {
    ($test:expr $(,)?) => {
        if let ::core::result::Result::Err(__violations) = $test.check_isolated() {
            ::core::panic!("projects are not isolated\n{__violations}");
        }
    };
}

/// Fails if a span's parent is not there: it belongs to another project, has not ended, or was dropped; or if spans have not ended.
///
/// A remote parent is another process's and is not looked for. Takes a [`TestRegistry`](crate::testing::TestRegistry).
#[macro_export]
macro_rules! assert_no_orphans {
    ($test:expr $(,)?) => {
        if let ::core::result::Result::Err(__violations) = $test.check_no_orphans() {
            ::core::panic!("traces are torn\n{__violations}");
        }
    };
}

/// Compares a [`Tree`](crate::testing::Tree), or anything that can be shown, with a text that may be indented as the test's source is.
///
/// Empty lines at both ends, the indentation that all lines have, and spaces at line ends do not count.
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

/// `text` less empty lines at both ends, the indentation that all its lines have, and spaces at line ends.
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
