//! Passes the compiler's version and the target to the program, because the counts depend on them.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let version = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    // `rustc 1.95.0 (59807616e 2026-04-14)`
    let number = version.as_deref().and_then(|version| version.split_whitespace().nth(1));
    println!("cargo::rustc-env=COUNTS_RUSTC={}", number.unwrap_or("unknown"));
    println!("cargo::rustc-env=COUNTS_TARGET={}", env::var("TARGET").unwrap_or_default());
    println!("cargo::rerun-if-changed=build.rs");
}
