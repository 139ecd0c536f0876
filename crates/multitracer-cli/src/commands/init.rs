//! `multitracer init`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use crate::Outcome;
use crate::args::Init;
use crate::output::{Failure, err};

/// Good as it is, without any variable.
const STARTER: &str = include_str!("starter.yaml");

pub(crate) fn init(args: &Init) -> Outcome {
    let name = args.file.display();
    if args.file == Path::new("-") {
        io::stdout().write_all(STARTER.as_bytes())?;
        return Ok(());
    }
    let mut open = OpenOptions::new();
    // created, never found: another may write it between a look and the writing
    if args.force {
        open.write(true).create(true).truncate(true)
    } else {
        open.write(true).create_new(true)
    };
    let written = open.open(&args.file).and_then(|mut file| file.write_all(STARTER.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Because(format!(
            "{name} exists; `--force` writes over it, `-` prints to standard output"
        )),
        _ => Failure::Because(format!("cannot write {name}: {error}")),
    })?;
    err(format_args!("wrote {name}; `multitracer check {name}` shows what it means"))?;
    Ok(())
}
