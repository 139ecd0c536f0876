//! A connection that is forwarded to the receiver, byte by byte.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::faults::ConnectionFault;
use crate::proxy::{Connection, PROMPT};

/// The number of bytes that pass one by one.
const SLOW_BYTES: usize = 1000;

/// The pace of bytes.
#[derive(Clone, Copy, PartialEq)]
enum Pace {
    Fast,
    ByteByByte,
    /// A wait before each piece of this size.
    Slow(Duration, usize),
}

/// The end of a direction.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Close,
    Reset,
    /// Nothing passes any more, in both directions.
    Silence,
    /// The direction to the client ends, the other goes on.
    Half,
}

/// The limits of a pipe.
struct Limits {
    pace: Pace,
    /// The end after this number of bytes to the receiver.
    up: Option<(usize, Cut)>,
    /// The end after this number of bytes to the client.
    down: Option<(usize, Cut)>,
}

impl Limits {
    fn of(fault: Option<ConnectionFault>) -> Self {
        use ConnectionFault as F;
        let (mut up, mut down, mut pace) = (None, None, Pace::Fast);
        match fault {
            Some(F::CloseInRequest) => up = Some((400, Cut::Close)),
            Some(F::ResetInRequest) => up = Some((400, Cut::Reset)),
            Some(F::DieInRequest) => up = Some((400, Cut::Silence)),
            Some(F::HalfClose) => up = Some((400, Cut::Half)),
            Some(F::CloseInResponse) => down = Some((60, Cut::Close)),
            Some(F::ResetInResponse) => down = Some((60, Cut::Reset)),
            Some(F::DieInResponse) => down = Some((60, Cut::Silence)),
            Some(F::ByteByByte) => pace = Pace::ByteByByte,
            Some(F::Lag) => pace = Pace::Slow(Duration::from_millis(20), usize::MAX),
            Some(F::Narrow) => pace = Pace::Slow(Duration::from_millis(5), 256),
            _ => {}
        }
        Self { pace, up, down }
    }
}

/// Forwards a connection to the receiver at `to`, until one of both ends it.
pub(crate) async fn forward(
    mut connection: Connection,
    to: SocketAddr,
    fault: Option<ConnectionFault>,
) -> std::io::Result<()> {
    let receiver = TcpStream::connect(to).await?;
    receiver.set_nodelay(true)?;
    let limits = Limits::of(fault);
    let is_slow = Mutex::new(false);
    let (mut from_client, mut to_client) = tokio::io::split(&mut connection.stream);
    let (mut from_receiver, mut to_receiver) = receiver.into_split();
    // the time of the request that waits for a response
    let waiting = Mutex::new(None::<Instant>);
    let lock = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let up = copy(&mut from_client, &mut to_receiver, limits.pace, limits.up, || {
        lock().get_or_insert_with(Instant::now);
    });
    let down = copy(&mut from_receiver, &mut to_client, limits.pace, limits.down, || {
        if lock().take().is_some_and(|since| since.elapsed() > PROMPT) {
            *is_slow.lock().unwrap_or_else(PoisonError::into_inner) = true;
        }
    });
    let end = {
        let (mut up, mut down) = (std::pin::pin!(up), std::pin::pin!(down));
        tokio::select! {
            end = &mut up => match end {
                Ok(Some(Cut::Half)) => Ok(Some(Cut::Half)),
                // the receiver may still respond to a client that closed
                Ok(None) => tokio::time::timeout(PROMPT, down).await.unwrap_or(Ok(None)),
                end => end,
            },
            end = &mut down => end,
        }
    };
    // the client gave up a request that had no response in good time
    let is_late = lock().is_some_and(|since| since.elapsed() > PROMPT);
    if fault.is_none() && (is_late || *is_slow.lock().unwrap_or_else(PoisonError::into_inner)) {
        connection.shared.ledger.state().is_receiver_slow = true;
    }
    match end? {
        Some(Cut::Reset) => connection.reset(),
        Some(Cut::Silence) => connection.hold().await,
        Some(Cut::Half) => {
            connection.stream.shutdown().await?;
            connection.hold().await;
        }
        Some(Cut::Close) | None => connection.close().await,
    }
    Ok(())
}

/// Copies bytes until the end of `from`, or a cut.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    pace: Pace,
    cut: Option<(usize, Cut)>,
    mut on_bytes: impl FnMut(),
) -> std::io::Result<Option<Cut>> {
    let mut buffer = vec![0; 32 << 10];
    let mut total = 0;
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            to.shutdown().await?;
            return Ok(None);
        }
        on_bytes();
        let mut rest = &buffer[..read];
        if let Some((limit, cut)) = cut
            && total + read > limit
        {
            to.write_all(&rest[..limit - total]).await?;
            to.flush().await?;
            return Ok(Some(cut));
        }
        total += read;
        while !rest.is_empty() {
            let size = match pace {
                Pace::ByteByByte if total - rest.len() < SLOW_BYTES => 1,
                Pace::Fast | Pace::ByteByByte => rest.len(),
                Pace::Slow(delay, size) => {
                    tokio::time::sleep(delay).await;
                    size.min(rest.len())
                }
            };
            to.write_all(&rest[..size]).await?;
            to.flush().await?;
            rest = &rest[size..];
        }
    }
}
