//! Tests that each mistake in the attribute is one error at the wrong word.

#[test]
fn mistakes_are_single_errors() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
