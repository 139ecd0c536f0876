//! Measures multitracer beside its peers.
//!
//! `cargo run --release -p multitracer-benches -- --help` lists the options.

mod contenders;
mod functions;
mod measure;
mod options;
mod program;
mod report;
mod rows;

use clap::Parser as _;

use self::measure::{Failure, run_contender_if_asked};
use self::options::Options;

fn main() -> Result<(), Failure> {
    if multitracer_benches::run_backend_if_asked()? {
        return Ok(());
    }
    if run_contender_if_asked()? {
        // threads of the contenders, such as that of an exporter, do not keep the process
        std::process::exit(0);
    }
    program::run(&Options::parse())
}
