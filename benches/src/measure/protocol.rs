//! The lines between the program and the process of a contender.

use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::{Contender, Failure, Size, Turn};
use crate::rows;

const CHILD: &str = "as-contender";

/// Units of the first turn, whose length says how many units fill a turn.
const FIRST: u64 = 64;

/// The process of a contender.
pub(super) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts this program again as a contender of a row.
    pub(super) fn start(row: &str, contender: &str) -> Result<Self, Failure> {
        let mut child = Command::new(env::current_exe()?)
            .args([CHILD, row, contender])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        Ok(Self { child, input, output })
    }

    /// Lets the contender find out how many units fill a turn of this many milliseconds.
    pub(super) fn calibrate(&mut self, milliseconds: f64, is_quick: bool) -> Result<u64, Failure> {
        let word = if is_quick { "quick" } else { "full" };
        Ok(self.ask(&format!("{word} {milliseconds}"))?.trim().parse()?)
    }

    /// Lets the contender take a turn.
    pub(super) fn turn(&mut self, units: u64) -> Result<Turn, Failure> {
        Ok(serde_json::from_str(&self.ask(&format!("turn {units}"))?)?)
    }

    fn ask(&mut self, line: &str) -> Result<String, Failure> {
        let input = self.input.as_mut().ok_or("no pipe")?;
        writeln!(input, "{line}")?;
        let mut answer = String::new();
        if self.output.read_line(&mut answer)? == 0 {
            return Err("the process of the contender ended".into());
        }
        Ok(answer)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.input.take());
        // the process ends when its input ends
        let _ = self.child.wait();
    }
}

/// Runs a contender if this process was started as one, and returns `true` when it has ended.
#[expect(clippy::print_stdout, reason = "the other process reads the standard output")]
pub(crate) fn run_contender_if_asked() -> Result<bool, Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [word, row, name] = &arguments[..] else { return Ok(false) };
    if word != CHILD {
        return Ok(false);
    }
    let row = rows::all().into_iter().find(|each| each.name == row).ok_or("unknown row")?;
    let (_, set_up) = row.contenders.iter().find(|(each, _)| each == name).ok_or("unknown contender")?;
    let mut contender = set_up()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (word, number) = line.split_once(' ').ok_or("no number")?;
        match word {
            "turn" => println!("{}", serde_json::to_string(&(contender.turn)(number.parse()?))?),
            _ => println!("{}", calibrate(&mut contender, number.parse()?, word == "quick")),
        }
    }
    Ok(true)
}

/// Returns the number of units that fill a turn.
fn calibrate(contender: &mut Contender, milliseconds: f64, is_quick: bool) -> u64 {
    let most = match contender.size {
        Size::Fill(most) => most,
        Size::Fixed(units, quick) => return if is_quick { quick } else { units },
    };
    let mut units = FIRST.min(most);
    loop {
        // the fastest turn counts, because another program may have used the processor
        let turns = (0..2).map(|_| (contender.turn)(units).time);
        let fastest = turns.fold(f64::INFINITY, f64::min);
        if units >= most {
            return most;
        }
        if fastest >= milliseconds * 1e6 {
            return units;
        }
        units = (units * 2).min(most);
    }
}
