//! A test that keeps the transcripts in `docs/cli.md` current.

use std::process::Command;

use multitracer_tests::Receiver;

use super::root;

/// Runs each `$ command` of a ```` ```console ```` block in the root of the workspace. The output
/// must be the same.
///
/// `MULTITRACER_WRITE_DOCS=1 cargo test -p multitracer-cli --test cli transcript` updates the page.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_current() {
    let receiver = Receiver::start().await.unwrap();
    let address = receiver.http_endpoint().replace("http://", "").replace("/v1/traces", "");
    let path = root().join("docs/cli.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut commands = 0;
    let mut updated = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        updated.push_str(line);
        updated.push('\n');
        if line != "```console" {
            continue;
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
            commands += 1;
            updated.push_str(&format!("$ {command}\n{}", transcript(command, &address)));
        }
        updated.push_str("```\n");
    }
    if std::env::var_os("MULTITRACER_WRITE_DOCS").is_some() {
        std::fs::write(&path, updated).unwrap();
        return;
    }
    assert!(commands >= 10, "{commands}");
    assert!(updated == page, "docs/cli.md is out of date: MULTITRACER_WRITE_DOCS=1 updates it\n{updated}");
}

/// Runs a command and returns its output with stable addresses and times.
fn transcript(command: &str, receiver: &str) -> String {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_multitracer")).parent().unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
    let scratch = std::env::temp_dir().join(format!("multitracer-transcript-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}; }} 2>&1")])
        .env_clear()
        .env("PATH", path)
        // the `$TMP` of the commands
        .env("TMP", &scratch)
        .env("COLLECTOR", format!("http://{receiver}/v1/traces"))
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let text = text.replace(receiver, "localhost:4318").replace(scratch.to_str().unwrap(), "/tmp");
    let _ = std::fs::remove_dir_all(&scratch);
    // latencies differ between runs
    let mut lines = String::new();
    for line in text.lines() {
        match line.strip_suffix(" ms)").and_then(|line| line.rsplit_once(" (")) {
            Some((line, _)) => lines.push_str(&format!("{line} (2 ms)\n")),
            None => lines.push_str(&format!("{line}\n")),
        }
    }
    lines
}
