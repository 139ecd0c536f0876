//! A backend in another process that is gone when the benchmark says so.

mod gate;
mod server;

use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use clap::ValueEnum;

use self::gate::Gate;
use self::server::Server;
use crate::counting::line;
use crate::process::arguments;

const CHILD: &str = "as-failing-backend";

/// The way in which a backend is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutageKind {
    /// The port is closed, and all connections end.
    Refused,
    /// Connections stay open, and nothing is read or answered.
    Silent,
    /// Every request gets 503, or `UNAVAILABLE`.
    Status,
}

/// The protocol of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// OTLP over HTTP.
    Http,
    /// OTLP over gRPC.
    Grpc,
}

/// An OTLP receiver in another process. It can be gone for a time, and it knows the spans that it
/// received before.
#[derive(Debug)]
pub struct FailingBackend {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// The endpoint of OTLP.
    pub endpoint: String,
}

/// The spans that a [`FailingBackend`] received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// Different spans.
    pub spans: u64,
    /// Spans that arrived once more.
    pub repeated: u64,
    /// Milliseconds from the backend's return to the first span after it.
    pub first_after: Option<u64>,
}

impl FailingBackend {
    /// Starts this program again as a backend that is well.
    ///
    /// # Errors
    ///
    /// Fails if the process does not start.
    pub fn start(protocol: Protocol, kind: OutageKind) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args([CHILD, &name(protocol), &name(kind)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let endpoint = line(&mut output)?;
        Ok(Self { child, input, output, endpoint })
    }

    /// Lets the backend be gone.
    ///
    /// # Errors
    ///
    /// Fails if the process does not answer.
    pub fn fail(&mut self) -> io::Result<()> {
        self.ask("fail").map(drop)
    }

    /// Lets the backend be back.
    ///
    /// # Errors
    ///
    /// Fails if the process does not answer.
    pub fn recover(&mut self) -> io::Result<()> {
        self.ask("recover").map(drop)
    }

    /// Returns the spans that have arrived.
    ///
    /// # Errors
    ///
    /// Fails if the process does not answer.
    pub fn arrivals(&mut self) -> io::Result<Arrivals> {
        let line = self.ask("count")?;
        let mut numbers = line.split_whitespace().map_while(|number| number.parse().ok());
        let mut next = || numbers.next().ok_or(io::ErrorKind::InvalidData);
        Ok(Arrivals { spans: next()?, repeated: next()?, first_after: next().ok() })
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(input, "{question}")?;
        line(&mut self.output)
    }

    /// Runs the backend if this process was started as one.
    #[expect(clippy::print_stdout, reason = "the other process reads the standard output")]
    pub(crate) fn run_if_asked() -> io::Result<bool> {
        let arguments = arguments();
        let [CHILD, protocol, kind] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
            return Ok(false);
        };
        let (Ok(protocol), Ok(kind)) = (Protocol::from_str(protocol, true), OutageKind::from_str(kind, true))
        else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let server = runtime.block_on(Server::start())?;
        let mut gate = runtime.block_on(Gate::open(server.address, kind))?;
        println!("http://{}{}", gate.address(), if protocol == Protocol::Http { "/v1/traces" } else { "" });
        // each line asks for something, until the other process closes the pipe
        for line in io::stdin().lock().lines() {
            match line?.as_str() {
                "fail" => {
                    server.refuse(kind == OutageKind::Status);
                    runtime.block_on(gate.close());
                    println!();
                }
                "recover" => {
                    server.refuse(false);
                    server.expect_first();
                    runtime.block_on(gate.reopen())?;
                    println!();
                }
                _ => println!("{}", server.counts()),
            }
        }
        Ok(true)
    }
}

impl Drop for FailingBackend {
    fn drop(&mut self) {
        drop(self.input.take());
        // the process ends when its input ends
        let _ = self.child.wait();
    }
}

/// Returns the name of a value on the command line.
fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
