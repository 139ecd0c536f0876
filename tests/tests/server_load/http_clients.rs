//! The HTTP clients: keep-alive, pipelined, many streams, and clients that disconnect.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::board::Board;
use super::jobs::{End, Job};

/// The requests that are written to a socket before the first response is read.
const PIPELINED: usize = 6;

fn request(job: &Job) -> Request<Body> {
    let mut request = Request::get(job.path()).header("host", "shop.example");
    for (name, value) in job.all_headers() {
        request = request.header(name, value);
    }
    request.body(Body::empty()).unwrap()
}

/// Reads a response, or drops it in the middle if the request says so.
async fn read<B>(board: &Board, job: &Job, response: Response<B>)
where
    B: hyper::body::Body + Unpin,
{
    if let Some(tracer) = response.headers().get("x-tracer") {
        board.answered(job.id, tracer.to_str().unwrap());
    }
    let mut body = response.into_body();
    while let Some(Ok(_)) = body.frame().await {
        if job.end == End::StreamDropped {
            return;
        }
    }
}

/// Waits for `answer`; a client of a handler that hangs disconnects.
async fn patiently<T>(job: &Job, answer: impl Future<Output = T>) -> Option<T> {
    match job.end {
        End::Hang => tokio::time::timeout(Duration::from_millis(job.id % 5 + 1), answer).await.ok(),
        _ => Some(answer.await),
    }
}

/// Sends the requests over a keep-alive connection, one after another.
///
/// A connection that a panic or a cancel has ended is replaced.
pub(crate) async fn keep_alive(board: Arc<Board>, address: SocketAddr, jobs: Vec<Job>) {
    let mut open: Option<http1::SendRequest<Body>> = None;
    for job in jobs {
        if let Some(sender) = open.as_mut()
            && sender.ready().await.is_err()
        {
            open = None;
        }
        let mut sender = match open.take() {
            Some(sender) => sender,
            None => {
                let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
                let (sender, connection) = http1::handshake(io).await.unwrap();
                tokio::spawn(connection);
                sender
            }
        };
        board.send(&job);
        if let Some(Ok(response)) = patiently(&job, sender.send_request(request(&job))).await {
            read(&board, &job, response).await;
            open = Some(sender);
        }
    }
}

/// Sends the requests over one HTTP/2 connection, up to `streams` of them at once.
pub(crate) async fn many_streams(board: Arc<Board>, address: SocketAddr, jobs: Vec<Job>, streams: usize) {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let requests = stream::iter(jobs).for_each_concurrent(streams, |job| {
        let (board, mut sender) = (Arc::clone(&board), sender.clone());
        async move {
            board.send(&job);
            if sender.ready().await.is_ok()
                && let Some(Ok(response)) = patiently(&job, sender.send_request(request(&job))).await
            {
                read(&board, &job, response).await;
            }
        }
    });
    requests.await;
}

/// Writes several requests to a socket before it reads the responses.
///
/// None of the requests may end the connection.
pub(crate) async fn pipelined(board: Arc<Board>, address: SocketAddr, jobs: Vec<Job>) {
    for jobs in jobs.chunks(PIPELINED) {
        let mut text = String::new();
        for (at, job) in jobs.iter().enumerate() {
            board.send(job);
            text += &format!("GET {} HTTP/1.1\r\nhost: shop.example\r\n", job.path());
            for (name, value) in job.all_headers() {
                text += &format!("{name}: {value}\r\n");
            }
            text += if at + 1 == jobs.len() { "connection: close\r\n\r\n" } else { "\r\n" };
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answers = Vec::new();
        stream.read_to_end(&mut answers).await.unwrap();
        let answers = String::from_utf8_lossy(&answers);
        let tracers: Vec<_> = answers.lines().filter_map(|line| line.strip_prefix("x-tracer: ")).collect();
        // an excluded path has no header
        let named = jobs.iter().filter(|job| !job.path().starts_with("/healthz"));
        let named: Vec<_> = named.collect();
        assert_eq!(tracers.len(), named.len(), "{answers}");
        for (job, tracer) in named.iter().zip(tracers) {
            board.answered(job.id, tracer);
        }
    }
}
