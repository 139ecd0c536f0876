//! The command `init`, which writes a commented configuration.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use crate::args::Init;
use crate::output::CommandResult;
use crate::output::{CommandError, err};

/// The configuration to start from. It is valid without any variable.
const STARTER: &str = include_str!("starter.yaml");

/// The placeholder in [`STARTER`] for the address of the repository.
const REPOSITORY: &str = "<repository>";

pub(crate) fn init(args: &Init) -> CommandResult {
    let name = args.file.display();
    let text = STARTER.replace(REPOSITORY, env!("CARGO_PKG_REPOSITORY"));
    if args.file == Path::new("-") {
        io::stdout().write_all(text.as_bytes())?;
        return Ok(());
    }
    let mut open = OpenOptions::new();
    // `create_new` fails for an existing file, also if another process creates it at this moment
    if args.force {
        open.write(true).create(true).truncate(true)
    } else {
        open.write(true).create_new(true)
    };
    let written = open.open(&args.file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CommandError::Message(format!(
            "{name} already exists; `--force` overwrites it, `-` prints to standard output"
        )),
        _ => CommandError::Message(format!("cannot write {name}: {error}")),
    })?;
    err(format_args!("wrote {name}; run `multitracer check {name}` to check it"))?;
    Ok(())
}
