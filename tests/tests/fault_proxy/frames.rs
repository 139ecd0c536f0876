//! The frames of HTTP/2 (RFC 9113), without a library that would correct them.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

pub(crate) const MAX_STREAMS: u16 = 3;
pub(crate) const INITIAL_WINDOW: u16 = 4;

/// The largest payload that a client accepts by default.
pub(crate) const MAX_PAYLOAD: usize = 16_384;

/// A frame of a client.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// Reads a frame. Returns `None` at the end of the connection.
pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
    let mut head = [0; 9];
    if let Err(error) = from.read_exact(&mut head).await {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
    let mut payload = vec![0; length as usize];
    from.read_exact(&mut payload).await?;
    Ok(Some(Frame { kind: head[3], flags: head[4], stream, payload }))
}

/// Returns a frame of any kind.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub(crate) fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let pair = |(name, value): &(u16, u32)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat();
    frame(SETTINGS, 0, 0, &settings.iter().flat_map(pair).collect::<Vec<_>>())
}

pub(crate) fn window_update(stream: u32, bytes: usize) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &(bytes as u32).to_be_bytes())
}

pub(crate) fn rst_stream(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

pub(crate) fn goaway(last_stream: u32, code: u32) -> Vec<u8> {
    let payload = [&last_stream.to_be_bytes()[..], &code.to_be_bytes(), b"told to"].concat();
    frame(GOAWAY, 0, 0, &payload)
}

pub(crate) fn push_promise(stream: u32, promised: u32, block: &[u8]) -> Vec<u8> {
    frame(PUSH_PROMISE, END_HEADERS, stream, &[&promised.to_be_bytes()[..], block].concat())
}

/// Returns a block of headers, each of them a literal.
pub(crate) fn header_block<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            length(&mut block, text.len());
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

/// Writes a length of HPACK with a prefix of 7 bits.
fn length(block: &mut Vec<u8>, length: usize) {
    if length < 127 {
        block.push(length as u8);
        return;
    }
    block.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        block.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    block.push(rest as u8);
}

/// Returns the frames of a block of headers, with at most `size` bytes each.
pub(crate) fn headers(stream: u32, block: &[u8], is_end: bool, size: usize) -> Vec<u8> {
    let mut frames = Vec::new();
    let pieces = block.len().div_ceil(size).max(1);
    for n in 0..pieces {
        let piece = &block[n * size..block.len().min((n + 1) * size)];
        let mut flags = if n + 1 == pieces { END_HEADERS } else { 0 };
        if n == 0 && is_end {
            flags |= END_STREAM;
        }
        frames.extend(frame(if n == 0 { HEADERS } else { CONTINUATION }, flags, stream, piece));
    }
    frames
}

/// Returns the frames of a body, with at most `size` bytes each.
pub(crate) fn data(stream: u32, body: &[u8], is_end: bool, size: usize) -> Vec<u8> {
    let mut frames = Vec::new();
    let mut pieces = body.chunks(size).peekable();
    while let Some(piece) = pieces.next() {
        let is_last = is_end && pieces.peek().is_none();
        frames.extend(frame(DATA, if is_last { END_STREAM } else { 0 }, stream, piece));
    }
    frames
}

/// Returns the frame of one byte of a body with 3 bytes of padding.
pub(crate) fn padded_byte(stream: u32, byte: u8) -> Vec<u8> {
    frame(DATA, PADDED, stream, &[3, byte, 0, 0, 0])
}
