//! An OTLP backend in another process, which keeps every span that it receives.

use std::env;
use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use multitracer_tests::{Behaviour, Receiver};

use crate::argument;
use crate::process::arguments;

/// An OTLP receiver in another process, which keeps its memory and threads out of the measurement.
#[derive(Debug)]
pub struct Backend {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<std::process::ChildStdout>,
    /// The endpoint for OTLP over HTTP.
    pub endpoint: String,
}

/// The counts of the spans that a [`Backend`] received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedCounts {
    /// All spans.
    pub spans: u64,
    /// Spans in another project than the first span of their trace, or than their name says. The
    /// parts of project and name before the first `.` have to be equal.
    pub misplaced: u64,
    /// Spans whose parent did not arrive.
    pub orphans: u64,
}

const CHILD: &str = "as-backend";

impl Backend {
    /// Starts this program again as a backend that waits for `delay` before each response.
    ///
    /// The program calls [`Backend::run_if_asked`] before anything else.
    ///
    /// # Errors
    ///
    /// Fails if the process does not start.
    pub fn start(delay: Duration) -> io::Result<Self> {
        Self::spawn(delay, Duration::ZERO)
    }

    /// Starts a backend that is up for `period`, then down for `period`, and so on.
    ///
    /// # Errors
    ///
    /// Fails if the process does not start.
    pub fn start_flapping(period: Duration) -> io::Result<Self> {
        Self::spawn(Duration::ZERO, period)
    }

    fn spawn(delay: Duration, flap: Duration) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args([CHILD, &delay.as_millis().to_string(), &flap.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut endpoint = String::new();
        output.read_line(&mut endpoint)?;
        Ok(Self { child, input, output, endpoint: endpoint.trim().to_owned() })
    }

    /// Ends the backend, and returns its counts.
    ///
    /// # Errors
    ///
    /// Fails if the process does not report its counts.
    pub fn end(mut self) -> io::Result<ReceivedCounts> {
        drop(self.input.take());
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        self.child.wait()?;
        let mut numbers = line.split_whitespace().map_while(|number| number.parse().ok());
        let mut next = || numbers.next().ok_or(io::ErrorKind::InvalidData);
        Ok(ReceivedCounts { spans: next()?, misplaced: next()?, orphans: next()? })
    }

    /// Runs the backend if this process was started as one, and returns `true` when the backend has
    /// ended.
    ///
    /// # Errors
    ///
    /// Fails if no port can be opened.
    #[expect(clippy::print_stdout, reason = "the other process reads the standard output")]
    pub fn run_if_asked() -> io::Result<bool> {
        if arguments().first().map(String::as_str) != Some(CHILD) {
            return Ok(false);
        }
        let delay = Duration::from_millis(argument(1, 0));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(async {
            let behaviour = Behaviour { delay, ..Behaviour::default() };
            let receiver = Receiver::start_with(behaviour).await?;
            let endpoint = receiver.http_endpoint();
            let flap = Duration::from_millis(argument(2, 0));
            println!("{}", if flap.is_zero() { endpoint } else { flapping(&endpoint, flap).await? });
            // the backend runs until the other process closes the pipe
            tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
            let got = ReceivedCounts::of(&receiver);
            println!("{} {} {}", got.spans, got.misplaced, got.orphans);
            Ok(true)
        })
    }
}

/// Starts a proxy of `endpoint` that is up for `period` and down for `period`, and returns its
/// endpoint.
async fn flapping(endpoint: &str, period: Duration) -> io::Result<String> {
    use tokio::net::{TcpListener, TcpStream};
    let host = endpoint.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let shown = endpoint.replace(&host, &listener.local_addr()?.to_string());
    let (up, is_up) = tokio::sync::watch::channel(true);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(period).await;
            up.send_modify(|up| *up = !*up);
        }
    });
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut is_up = is_up.clone();
            let host = host.clone();
            tokio::spawn(async move {
                if !*is_up.borrow() {
                    return;
                }
                let Ok(mut server) = TcpStream::connect(host).await else { return };
                // a proxy that goes down closes its open connections
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    _ = is_up.wait_for(|up| !*up) => {}
                }
            });
        }
    });
    Ok(shown)
}

impl ReceivedCounts {
    fn of(receiver: &Receiver) -> Self {
        use std::collections::{HashMap, HashSet};
        let spans = receiver.spans();
        let mut traces: HashMap<&[u8], &str> = HashMap::new();
        let ids: HashSet<&[u8]> = spans.iter().map(|received| &*received.span.span_id).collect();
        let (mut misplaced, mut orphans) = (0, 0);
        for received in &spans {
            let project = received.project();
            let prefix = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
            let of_trace = *traces.entry(&received.span.trace_id).or_insert(project);
            if of_trace != project || prefix(project) != prefix(received.name()) {
                misplaced += 1;
            }
            let parent = &*received.span.parent_span_id;
            if !parent.is_empty() && !ids.contains(parent) {
                orphans += 1;
            }
        }
        Self { spans: spans.len() as u64, misplaced, orphans }
    }
}
