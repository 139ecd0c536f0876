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
