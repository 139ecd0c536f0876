//! Every mistake in the attribute is one error at the word that is wrong, and nothing else breaks.

#[test]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
