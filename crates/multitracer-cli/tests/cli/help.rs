//! Tests of the help texts, the completions and `multitracer schema`.

use super::run;

#[test]
fn every_command_has_help_with_an_example() {
    for name in ["check", "route", "assign", "ping", "schema", "init", "completions"] {
        let help = run(&[name, "--help"], &[]);
        assert_eq!(help.code, 0);
        assert!(
            help.out.contains("Example") && help.out.contains(&format!("multitracer {name}")),
            "{}",
            help.out
        );
    }
    let all = run(&["--help"], &[]);
    assert!(all.out.contains("Exit codes: 0 success, 1 a problem was found"), "{}", all.out);
    assert_eq!(run(&[], &[]).code, 2);
    let unknown = run(&["chek", "x"], &[]);
    assert!(unknown.code == 2 && unknown.err.contains("check"), "{}", unknown.err);
}

#[test]
fn completions_exist_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell], &[]);
        assert!(script.code == 0 && script.out.contains("deny-warnings"), "{shell}");
    }
    assert_eq!(run(&["completions", "cobol"], &[]).code, 2);
}

#[test]
fn the_schema_is_the_committed_one() {
    let committed = std::fs::read_to_string(super::root().join("config.schema.json")).unwrap();
    let printed = run(&["schema"], &[]).out;
    if std::env::var_os("MULTITRACER_WRITE_DOCS").is_some() {
        std::fs::write(super::root().join("config.schema.json"), printed).unwrap();
        return;
    }
    assert!(
        printed == committed,
        "config.schema.json is out of date: `multitracer schema > config.schema.json`"
    );
}
