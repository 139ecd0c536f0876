//! Responses over HTTP/1.1, byte by byte.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::answer::Answer;
use crate::faults::{Effect, Http1Fault, RequestFault, TAKEN};
use crate::ledger::Body;
use crate::proxy::{Connection, PROMPT};

/// The wait before a late response.
const LATE: Duration = Duration::from_millis(120);

/// The next step of a connection after a response.
enum Next {
    Request,
    /// No request may come, because the response broke the connection.
    NoRequest,
    Close,
    Reset,
    HalfClose,
    Hold,
}

/// A request that begins.
struct Head {
    /// The time at which its first byte arrived.
    began: Instant,
    length: usize,
}

/// Responds to the requests of a connection.
pub(crate) async fn serve(mut connection: Connection) -> io::Result<()> {
    let mut unread = Vec::new();
    let mut is_first = true;
    let mut is_broken = false;
    loop {
        let Some(head) = read_head(&mut connection, &mut unread).await? else { return Ok(()) };
        // the client may have waited for the connection
        let since = if std::mem::take(&mut is_first) { connection.accepted } else { head.began };
        if is_broken {
            let body = read_body(&mut connection, &mut unread, head.length).await?;
            connection.shared.ledger.note(connection.id, head.began, &body, Effect::Retried, None);
            connection.hold().await;
            return Ok(());
        }
        let fault = connection.shared.script.next_request();
        match fault {
            Some(RequestFault::Http1(Http1Fault::EarlyAnswer)) => {
                connection.stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
            }
            Some(RequestFault::Http1(Http1Fault::EarlyRefusal)) => {
                connection.stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await?;
            }
            _ => {}
        }
        let body = read_body(&mut connection, &mut unread, head.length).await?;
        let effect = fault.map_or(TAKEN, |fault| fault.effect(false));
        let entry = connection.shared.ledger.note(connection.id, head.began, &body, effect, fault);
        let next = respond(&mut connection, &body, fault).await?;
        if since.elapsed() < PROMPT {
            connection.shared.ledger.responded(entry);
        }
        match next {
            Next::Request => {}
            Next::NoRequest => is_broken = true,
            Next::Close => {
                connection.close().await;
                return Ok(());
            }
            Next::Reset => {
                connection.reset();
                return Ok(());
            }
            Next::HalfClose => {
                connection.stream.shutdown().await?;
                connection.hold().await;
                return Ok(());
            }
            Next::Hold => {
                connection.hold().await;
                return Ok(());
            }
        }
    }
}

/// Sends a response, then reads a request.
pub(crate) async fn answer_first(mut connection: Connection) -> io::Result<()> {
    connection.stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
    let mut unread = Vec::new();
    if let Some(head) = read_head(&mut connection, &mut unread).await? {
        let body = read_body(&mut connection, &mut unread, head.length).await?;
        connection.shared.ledger.note(connection.id, head.began, &body, Effect::Unclear, None);
    }
    connection.hold().await;
    Ok(())
}

/// Reads the head of a request. Returns `None` at the end of the connection.
async fn read_head(connection: &mut Connection, unread: &mut Vec<u8>) -> io::Result<Option<Head>> {
    let mut began = None;
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let head: Vec<u8> = unread.drain(..end + 4).collect();
            let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.and_then(|length| length.trim().parse().ok());
            let length = length.ok_or_else(|| io::Error::other("a request without a length"))?;
            return Ok(Some(Head { began: began.unwrap_or_else(Instant::now), length }));
        }
        if connection.stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
        began.get_or_insert_with(Instant::now);
    }
}

async fn read_body(connection: &mut Connection, unread: &mut Vec<u8>, length: usize) -> io::Result<Body> {
    while unread.len() < length {
        if connection.stream.read_buf(unread).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Body::over_http(unread.drain(..length).collect()))
}

async fn respond(connection: &mut Connection, body: &Body, fault: Option<RequestFault>) -> io::Result<Next> {
    if let Some(fault) = fault {
        connection.shared.ledger.count(format!("{fault:?}"));
    }
    let ok = bytes(&Answer::http_success(body.content_type));
    let stream = &mut connection.stream;
    let fault = match fault {
        None | Some(RequestFault::Http2(_) | RequestFault::Grpc(_)) => {
            stream.write_all(&ok).await?;
            stream.flush().await?;
            return Ok(Next::Request);
        }
        Some(RequestFault::Http(fault)) => {
            let answer = fault.answer(body.content_type, &connection.shared.elsewhere);
            // a client that does not read all of a large body closes the connection
            stream.write_all(&bytes(&answer)).await?;
            stream.flush().await?;
            return Ok(Next::Request);
        }
        Some(RequestFault::Http1(fault)) => fault,
    };
    let (text, next): (Vec<u8>, _) = match fault {
        Http1Fault::Late => {
            tokio::time::sleep(LATE).await;
            (ok, Next::Request)
        }
        Http1Fault::NoAnswer => (Vec::new(), Next::Hold),
        Http1Fault::Close => (Vec::new(), Next::Close),
        Http1Fault::Reset => (Vec::new(), Next::Reset),
        Http1Fault::HalfClose => (Vec::new(), Next::HalfClose),
        // the response came before the body
        Http1Fault::EarlyAnswer | Http1Fault::EarlyRefusal => (Vec::new(), Next::Request),
        Http1Fault::TruncatedHead => (b"HTTP/1.1 200 OK\r\ncontent-le".into(), Next::Close),
        Http1Fault::TruncatedBody => {
            (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nabc".into(), Next::Close)
        }
        Http1Fault::SurplusBody => {
            (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nmore than that".into(), Next::NoRequest)
        }
        Http1Fault::StalledBody => (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".into(), Next::Hold),
        Http1Fault::NegativeLength => (b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n".into(), Next::Hold),
        Http1Fault::TwoLengths => {
            (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".into(), Next::Hold)
        }
        Http1Fault::BadChunk => {
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".into(), Next::Hold)
        }
        Http1Fault::UnendedChunks => {
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n".into(), Next::Close)
        }
        Http1Fault::ManyHeaders => {
            let headers: String = (0..200).map(|n| format!("x-{n}: {n}\r\n")).collect();
            (format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n").into(), Next::Hold)
        }
        Http1Fault::Garbage => ([b"\x16\x03\x01 what? ", &*ok].concat(), Next::Hold),
        Http1Fault::ByteByByte => {
            for byte in ok {
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
                tokio::task::yield_now().await;
            }
            (Vec::new(), Next::Request)
        }
        Http1Fault::Continue => ([b"HTTP/1.1 100 Continue\r\n\r\n", &*ok].concat(), Next::Request),
        Http1Fault::EarlyHints => {
            ([b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", &*ok].concat(), Next::Request)
        }
        Http1Fault::SwitchProtocol => (
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".into(),
            Next::Hold,
        ),
        Http1Fault::TwoAnswers => ([&*ok, &*ok].concat(), Next::NoRequest),
        Http1Fault::ConnectionClose => {
            (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".into(), Next::Close)
        }
        Http1Fault::CloseAfterAnswer => (ok, Next::Close),
        Http1Fault::Http10 => (b"HTTP/1.0 200 OK\r\n\r\n".into(), Next::Close),
    };
    stream.write_all(&text).await?;
    stream.flush().await?;
    Ok(next)
}

/// Returns the bytes of a response.
fn bytes(answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Said So\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // a response 204 has no body
    if answer.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    [head.as_bytes(), b"\r\n", &answer.body].concat()
}
