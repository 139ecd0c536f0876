//! A server of HTTP/2, frame by frame.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::faults::{ConnectionFault, RequestFault, TAKEN};
use crate::frames::{self, Frame};
use crate::http2_answer::answer;
use crate::ledger::Body;
use crate::proxy::{PROMPT, Shared, Socket, Wire, read_to_end};

/// The end of a connection that a response asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    Reset,
    /// The client has to close the connection, because the response breaks the protocol.
    Hold,
}

/// The part of a connection that its responses use.
pub(crate) struct Writer {
    pub(crate) id: usize,
    pub(crate) shared: Arc<Shared>,
    stream: Mutex<WriteHalf<Box<dyn Wire>>>,
    /// The newest stream of the client.
    newest: AtomicU32,
    /// The last stream that the client may use.
    last: AtomicU32,
    /// `true` once the client may not read any further response.
    is_broken: AtomicBool,
}

impl Writer {
    pub(crate) async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = self.stream.lock().await;
        stream.write_all(bytes).await?;
        stream.flush().await
    }

    /// Sends a GOAWAY. The server ignores later streams from then on.
    pub(crate) async fn go_away(&self, last: u32, code: u32) -> io::Result<()> {
        self.last.fetch_min(last, Ordering::Relaxed);
        self.write(&frames::goaway(last, code)).await?;
        // the client drops the responses on its other streams
        if last < self.newest() {
            self.broke();
        }
        Ok(())
    }

    /// Notes that the client may have lost the last responses, and loses all later ones.
    fn broke(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
        self.shared.ledger.broke(self.id);
    }

    pub(crate) fn newest(&self) -> u32 {
        self.newest.load(Ordering::Relaxed)
    }
}

/// A request under way.
struct Request {
    began: Instant,
    /// The time since which the client may wait for a response.
    since: Instant,
    body: Vec<u8>,
}

/// A connection that its loop reads.
struct Server {
    reader: ReadHalf<Box<dyn Wire>>,
    writer: Arc<Writer>,
    socket: Socket,
    start: Option<ConnectionFault>,
    accepted: Option<Instant>,
    requests: BTreeMap<u32, Request>,
    /// The numbers in the ledger of requests that may get a response.
    entries: BTreeMap<u32, usize>,
    answers: JoinSet<()>,
    ends: mpsc::UnboundedSender<End>,
}

/// Responds to the requests of a connection.
pub(crate) async fn serve(
    connection: crate::proxy::Connection,
    start: Option<ConnectionFault>,
) -> io::Result<()> {
    let crate::proxy::Connection { id, accepted, stream, socket, shared } = connection;
    let (reader, stream) = tokio::io::split(stream);
    let writer = Writer {
        id,
        shared,
        stream: Mutex::new(stream),
        newest: AtomicU32::new(0),
        last: AtomicU32::new(u32::MAX),
        is_broken: AtomicBool::new(false),
    };
    let (ends, mut end) = mpsc::unbounded_channel();
    let mut server = Server {
        reader,
        writer: Arc::new(writer),
        socket,
        start,
        accepted: Some(accepted),
        requests: BTreeMap::new(),
        entries: BTreeMap::new(),
        answers: JoinSet::new(),
        ends,
    };
    match server.read(&mut end).await {
        Ok(Some(end)) => server.end(end).await,
        Ok(None) => Ok(()),
        Err(error) => {
            // the GOAWAY that says why the client closed may be unread
            server.writer.broke();
            Err(error)
        }
    }
}

impl Server {
    async fn start(&mut self) -> io::Result<()> {
        use ConnectionFault as F;
        let mut preface = [0; frames::PREFACE.len()];
        self.reader.read_exact(&mut preface).await?;
        if preface != frames::PREFACE {
            return Err(io::Error::other("the client does not speak HTTP/2"));
        }
        let settings = match self.start {
            Some(F::NoSettings) => return Ok(()),
            Some(F::NoStreams) => frames::settings(&[(frames::MAX_STREAMS, 0)]),
            Some(F::OneStream) => frames::settings(&[(frames::MAX_STREAMS, 1)]),
            Some(F::NoWindow) => frames::settings(&[(frames::INITIAL_WINDOW, 0)]),
            Some(F::SmallWindow) => frames::settings(&[(frames::INITIAL_WINDOW, 100)]),
            _ => frames::settings(&[]),
        };
        self.writer.write(&settings).await?;
        if self.start == Some(F::GoAwayAtOnce) {
            self.writer.go_away(0, 0).await?;
        }
        Ok(())
    }

    /// Reads the frames of the client. Returns the end that a response asks for, or `None` if the
    /// client closes the connection.
    async fn read(&mut self, end: &mut mpsc::UnboundedReceiver<End>) -> io::Result<Option<End>> {
        self.start().await?;
        loop {
            // only the end of the connection leaves a frame read in part
            tokio::select! {
                biased;
                Some(end) = end.recv() => return Ok(Some(end)),
                frame = frames::read(&mut self.reader) => match frame? {
                    Some(frame) => self.react(frame).await?,
                    None => return Ok(None),
                },
            }
        }
    }

    async fn react(&mut self, frame: Frame) -> io::Result<()> {
        let Frame { kind, flags, stream, payload } = frame;
        match kind {
            frames::SETTINGS
                if flags & frames::ACK == 0 && self.start != Some(ConnectionFault::NoSettings) =>
            {
                self.writer.write(&frames::frame(frames::SETTINGS, frames::ACK, 0, b"")).await?;
            }
            frames::PING if flags & frames::ACK == 0 => {
                self.writer.write(&frames::frame(frames::PING, frames::ACK, 0, &payload)).await?;
            }
            frames::HEADERS if stream <= self.writer.last.load(Ordering::Relaxed) => {
                self.writer.newest.fetch_max(stream, Ordering::Relaxed);
                let began = Instant::now();
                let since = self.accepted.take().unwrap_or(began);
                self.requests.insert(stream, Request { began, since, body: Vec::new() });
            }
            frames::DATA => {
                if !payload.is_empty() {
                    let mut update = frames::window_update(0, payload.len());
                    if flags & frames::END_STREAM == 0 {
                        update.extend(frames::window_update(stream, payload.len()));
                    }
                    self.writer.write(&update).await?;
                }
                if let Some(request) = self.requests.get_mut(&stream) {
                    request.body.extend(payload);
                }
            }
            frames::RST_STREAM => {
                self.requests.remove(&stream);
                if let Some(entry) = self.entries.remove(&stream) {
                    // the client gave up, perhaps before it saw the response
                    self.writer.shared.ledger.state().entries[entry].responded = None;
                }
            }
            // an error of the whole connection; the client reads no response on any stream
            frames::GOAWAY if !payload.ends_with(&[0; 4]) || payload.len() != 8 => self.writer.broke(),
            _ => {}
        }
        if matches!(kind, frames::HEADERS | frames::DATA)
            && flags & frames::END_STREAM != 0
            && let Some(request) = self.requests.remove(&stream)
            && stream <= self.writer.last.load(Ordering::Relaxed)
        {
            self.respond(stream, request);
        }
        Ok(())
    }

    fn respond(&mut self, stream: u32, request: Request) {
        let shared = Arc::clone(&self.writer.shared);
        let is_grpc = shared.plan.protocol.is_grpc();
        let fault = shared.script.next_request();
        let effect = fault.map_or(TAKEN, |fault: RequestFault| fault.effect(is_grpc));
        let body = if is_grpc { Body::over_grpc(request.body) } else { Body::over_http(request.body) };
        let entry = shared.ledger.note(self.writer.id, request.began, &body, effect, fault);
        self.entries.insert(stream, entry);
        while self.answers.try_join_next().is_some() {}
        let (writer, ends) = (Arc::clone(&self.writer), self.ends.clone());
        self.answers.spawn(async move {
            let end = answer(&writer, stream, &body, fault).await;
            if end.is_ok() && request.since.elapsed() < PROMPT {
                writer.shared.ledger.responded(entry);
            }
            if writer.is_broken.load(Ordering::Relaxed) {
                writer.broke();
            }
            if let Ok(Some(end)) = end {
                // the loop may have ended already
                let _ = ends.send(end);
            }
        });
    }

    async fn end(mut self, end: End) -> io::Result<()> {
        self.answers.shutdown().await;
        let shared = Arc::clone(&self.writer.shared);
        self.writer.broke();
        match end {
            End::Close => self.writer.stream.lock().await.shutdown().await?,
            End::Reset => {
                self.socket.reset_on_close();
                return Ok(());
            }
            End::Hold => {}
        }
        shared.drained().await;
        read_to_end(&mut self.reader).await;
        Ok(())
    }
}
