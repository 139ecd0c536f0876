//! A backend in another process that counts spans without decoding them.

use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use tokio::net::TcpListener;

use crate::argument;
use crate::process::arguments;

const CHILD: &str = "as-counting-backend";

/// The limit of a body in bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// An OTLP/HTTP receiver in another process that counts spans.
///
/// It is cheap enough to follow an exporter that runs at its limit.
#[derive(Debug)]
pub struct CountingBackend {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// The endpoint for OTLP over HTTP.
    pub endpoint: String,
}

impl CountingBackend {
    /// Starts this program again as a backend that waits for `delay` before each response.
    ///
    /// # Errors
    ///
    /// Fails if the process does not start.
    pub fn start(delay: Duration) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args([CHILD, &delay.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let endpoint = line(&mut output)?;
        Ok(Self { child, input, output, endpoint })
    }

    /// Returns the number of spans that have arrived.
    ///
    /// # Errors
    ///
    /// Fails if the process does not answer.
    pub fn spans(&mut self) -> io::Result<u64> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(b"\n")?;
        line(&mut self.output)?.parse().map_err(|_| io::ErrorKind::InvalidData.into())
    }

    /// Runs the backend if this process was started as one.
    #[expect(clippy::print_stdout, reason = "the other process reads the standard output")]
    pub(crate) fn run_if_asked() -> io::Result<bool> {
        if arguments().first().map(String::as_str) != Some(CHILD) {
            return Ok(false);
        }
        let delay = Duration::from_millis(argument(1, 0));
        let count = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let export = move |body: Bytes| {
            counted.fetch_add(count_spans(&body), Ordering::SeqCst);
            async move {
                if !delay.is_zero() {
                    tokio::time::sleep(delay).await;
                }
                ([(CONTENT_TYPE, "application/x-protobuf")], Bytes::new())
            }
        };
        let app = Router::new().route("/v1/traces", post(export)).layer(DefaultBodyLimit::max(MAX_BODY));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        println!("http://{}/v1/traces", listener.local_addr()?);
        let server = runtime.spawn(async { axum::serve(listener, app).await });
        // each line asks for the count, until the other process closes the pipe
        for line in io::stdin().lock().lines() {
            line?;
            println!("{}", count.load(Ordering::SeqCst));
        }
        server.abort();
        Ok(true)
    }
}

impl Drop for CountingBackend {
    fn drop(&mut self) {
        drop(self.input.take());
        // the process ends when its input ends
        let _ = self.child.wait();
    }
}

pub(crate) fn line(output: &mut BufReader<ChildStdout>) -> io::Result<String> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Returns the number of spans in an `ExportTraceServiceRequest`: `resource_spans` is field 1,
/// `scope_spans` is field 2, `spans` is field 2.
fn count_spans(request: &[u8]) -> u64 {
    let scopes = fields(request, 1).flat_map(|resource| fields(resource, 2));
    scopes.map(|scope| fields(scope, 2).count() as u64).sum()
}

/// Returns the parts of a message that have this number and a length.
pub(crate) fn fields(mut message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        loop {
            let (found, part, rest) = field(message)?;
            message = rest;
            if found == number {
                return Some(part);
            }
        }
    })
}

/// Returns the number and the content of the first field of a message, and the rest of the message.
/// A number has no content.
fn field(message: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (key, rest) = varint(message)?;
    let (size, rest) = match key & 7 {
        0 => (0, varint(rest)?.1),
        1 => (8, rest),
        2 => varint(rest)?,
        5 => (4, rest),
        _ => return None,
    };
    let (part, rest) = rest.split_at_checked(usize::try_from(size).ok()?)?;
    Some((key >> 3, part, rest))
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::count_spans;

    /// Returns a field with a length.
    fn part(number: u8, content: &[u8]) -> Vec<u8> {
        let size = [0x80 | (content.len() & 0x7f) as u8, (content.len() >> 7) as u8];
        [&[number << 3 | 2], &size[..], content].concat()
    }

    #[test]
    fn spans_of_all_scopes_count() {
        let span = part(2, &[0x08, 0xff, 0x01]);
        let scope = [part(1, b"scope"), span.clone(), span].concat();
        let resource = [part(1, b"resource"), part(2, &scope), part(2, &scope)].concat();
        let request = [part(1, &resource), part(1, &part(2, &scope)), part(9, &resource)].concat();
        assert_eq!(count_spans(&request), 6);
    }

    #[test]
    fn a_broken_message_ends_the_count() {
        let scope = part(2, &part(2, b"span"));
        let request = part(1, &scope);
        assert_eq!(count_spans(&request), 1);
        assert_eq!(count_spans(&request[..request.len() - 1]), 0);
        assert_eq!(count_spans(&[0x0a; 3]), 0);
    }
}
