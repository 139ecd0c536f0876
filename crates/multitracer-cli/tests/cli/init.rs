//! Tests of `multitracer init`.

use super::{Temporary, run};

#[test]
fn writes_a_file_without_problems() {
    let file = Temporary::new("init.yaml", "precious\n");
    let path = file.path();
    let refused = run(&["init", path], &[]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("already exists; `--force` overwrites it"), "{}", refused.err);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "precious\n");
    let written = run(&["init", path, "--force"], &[]);
    assert_eq!((written.code, written.out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(path).unwrap(), run(&["init", "-"], &[]).out);
    for arguments in
        [&["check", path, "--deny-warnings"][..], &["check", path, "--no-env", "--deny-warnings"]]
    {
        let checked = run(arguments, &[]);
        assert_eq!(checked.code, 0, "{}", checked.err);
    }
    let routed = run(&["route", path, "-H", "X-Canary-User: true", "--json"], &[]).json();
    assert_eq!(routed["tracer"], "canary");
    assert_eq!(run(&["init", "/does/not/exist/config.yaml"], &[]).code, 1);
}

#[test]
fn the_written_file_has_the_address_of_the_repository() {
    let written = run(&["init", "-"], &[]).out;
    let repository = env!("CARGO_PKG_REPOSITORY");
    assert!(repository.starts_with("https://"), "{repository}");
    let schema = format!("# yaml-language-server: $schema={repository}/raw/main/config.schema.json\n");
    assert!(written.starts_with(&schema), "{written}");
    assert!(written.contains(&format!("{repository}/blob/main/docs/configuration.md\n")), "{written}");
    assert!(!written.contains("<repository>"), "{written}");
}
