//! The program runs, and all spans arrive.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn a_quick_run_writes_a_table_a_document_and_a_chart() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("program");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_multitracer-benches"))
        .args(["--quick", "--only", "sampled/root"])
        .arg("--json")
        .arg(file("results.json"))
        .arg("--markdown")
        .arg(file("results.md"))
        .arg("--plot")
        .arg(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("sampled root span [sampled/root]"), "{table}");
    let text = fs::read_to_string(file("results.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let figure = &document["rows"][0]["figures"][0];
    assert_eq!(figure["contender"], "multitracer");
    assert!(figure["made"].as_u64().unwrap() > 0);
    assert_eq!(figure["made"], figure["arrived"]);
    assert!(fs::read_to_string(file("results.md")).unwrap().contains("| sampled root span |"));
    assert!(fs::read_to_string(file("performance-calls.svg")).unwrap().ends_with("</svg>\n"));
}

#[test]
fn an_unknown_row_is_an_error() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_multitracer-benches")).args(["--only", "nothing"]).output().unwrap();
    assert!(!output.status.success());
}
