//! Responses over HTTP/2, frame by frame.

use std::future::pending;
use std::io;
use std::time::Duration;

use crate::answer::Answer;
use crate::faults::{Http2Fault, RequestFault};
use crate::frames::{self, MAX_PAYLOAD};
use crate::http2::{End, Writer};
use crate::ledger::Body;

/// The wait before a late response.
const LATE: Duration = Duration::from_millis(120);

const ENHANCE_YOUR_CALM: u32 = 11;

/// Sends the response to a request. Returns how the connection ends, if it does.
pub(crate) async fn answer(
    writer: &Writer,
    stream: u32,
    body: &Body,
    fault: Option<RequestFault>,
) -> io::Result<Option<End>> {
    let shared = &writer.shared;
    if let Some(fault) = fault {
        shared.ledger.count(format!("{fault:?}"));
    }
    let is_grpc = shared.plan.protocol.is_grpc();
    let healthy = || if is_grpc { Answer::grpc_success() } else { Answer::http_success(body.content_type) };
    match fault {
        None | Some(RequestFault::Http1(_)) => writer.write(&response(stream, &healthy())).await?,
        Some(RequestFault::Http(fault)) => {
            let answer = fault.answer(body.content_type, &shared.elsewhere);
            writer.write(&response(stream, &answer)).await?;
        }
        Some(RequestFault::Grpc(fault)) => writer.write(&response(stream, &fault.answer())).await?,
        Some(RequestFault::Http2(fault)) => return faulty(writer, stream, &healthy(), fault).await,
    }
    Ok(None)
}

async fn faulty(
    writer: &Writer,
    stream: u32,
    healthy: &Answer,
    fault: Http2Fault,
) -> io::Result<Option<End>> {
    let ok = response(stream, healthy);
    let before = |frames: Vec<u8>| [frames, ok.clone()].concat();
    let (bytes, end) = match fault {
        Http2Fault::Late => {
            tokio::time::sleep(LATE).await;
            (ok, None)
        }
        Http2Fault::NoAnswer => pending().await,
        Http2Fault::Close => (Vec::new(), Some(End::Close)),
        Http2Fault::ResetConnection => (Vec::new(), Some(End::Reset)),
        Http2Fault::GoAway | Http2Fault::GoAwayError => {
            let code = if fault == Http2Fault::GoAway { 0 } else { ENHANCE_YOUR_CALM };
            writer.go_away(stream.saturating_sub(2), code).await?;
            (Vec::new(), None)
        }
        Http2Fault::GoAwayThenAnswer => {
            writer.go_away(writer.newest(), 0).await?;
            (ok, None)
        }
        Http2Fault::Reset(code) => (frames::rst_stream(stream, code), None),
        Http2Fault::ResetAfterHeaders => {
            let headers = frames::headers(stream, &head(healthy), false, MAX_PAYLOAD);
            ([headers, frames::rst_stream(stream, 2)].concat(), None)
        }
        Http2Fault::ResetAfterAnswer => ([ok, frames::rst_stream(stream, 0)].concat(), None),
        Http2Fault::PingFlood => {
            let ping = frames::frame(frames::PING, 0, 0, &[7; 8]);
            (before(ping.repeat(300)), None)
        }
        Http2Fault::SettingsFlood => (before(frames::settings(&[]).repeat(50)), None),
        Http2Fault::UnknownFrames => (before(frames::frame(0xbe, 0xff, stream, b"what?").repeat(20)), None),
        Http2Fault::NoMoreStreams => (before(frames::settings(&[(frames::MAX_STREAMS, 0)])), None),
        Http2Fault::NoMoreWindow => (before(frames::settings(&[(frames::INITIAL_WINDOW, 0)])), None),
        Http2Fault::SmallFrames => {
            let mut bytes = frames::headers(stream, &head(healthy), false, MAX_PAYLOAD);
            for byte in &healthy.body {
                bytes.extend(frames::padded_byte(stream, *byte));
            }
            bytes.extend(last(stream, healthy));
            (bytes, None)
        }
        Http2Fault::SplitHeaders => {
            let mut bytes = frames::headers(stream, &head(healthy), false, 20);
            bytes.extend(frames::data(stream, &healthy.body, false, MAX_PAYLOAD));
            bytes.extend(last(stream, healthy));
            (bytes, None)
        }
        Http2Fault::ContinuationFlood => {
            let block = frames::header_block([("x-flood", "1")]);
            let mut bytes = frames::frame(frames::HEADERS, 0, stream, &head(healthy));
            bytes.extend(frames::frame(frames::CONTINUATION, 0, stream, &block).repeat(2000));
            (bytes, Some(End::Hold))
        }
        Http2Fault::BadHeaderBlock => {
            let bytes = frames::frame(frames::HEADERS, frames::END_HEADERS, stream, &[0xff; 20]);
            (bytes, Some(End::Hold))
        }
        Http2Fault::LargeFrame => {
            let bytes = frames::frame(frames::DATA, 0, stream, &[0; MAX_PAYLOAD + 100]);
            (bytes, Some(End::Hold))
        }
        Http2Fault::BodyFirst => (frames::data(stream, b"early", false, MAX_PAYLOAD), Some(End::Hold)),
        Http2Fault::Push => {
            let block = frames::header_block([(":method", "GET"), (":path", "/"), (":scheme", "http")]);
            (frames::push_promise(stream, 2, &block), Some(End::Hold))
        }
        Http2Fault::WindowOverflow => (frames::window_update(0, 0x7fff_ffff).repeat(2), Some(End::Hold)),
        Http2Fault::WindowByZero => (frames::window_update(0, 0), Some(End::Hold)),
        Http2Fault::BadSetting => {
            (frames::settings(&[(frames::INITIAL_WINDOW, 0x8000_0000)]), Some(End::Hold))
        }
        Http2Fault::Http1 => (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into(), Some(End::Hold)),
        Http2Fault::NoStatus => {
            let block = frames::header_block([("content-type", "application/grpc")]);
            let mut bytes = frames::headers(stream, &block, false, MAX_PAYLOAD);
            bytes.extend(frames::data(stream, &healthy.body, false, MAX_PAYLOAD));
            bytes.extend(last(stream, healthy));
            (bytes, None)
        }
    };
    writer.write(&bytes).await?;
    Ok(end)
}

/// Returns the frames of a response.
fn response(stream: u32, answer: &Answer) -> Vec<u8> {
    let has_body = !answer.body.is_empty();
    let has_trailers = answer.trailers.is_some();
    let mut bytes = frames::headers(stream, &head(answer), !has_body && !has_trailers, MAX_PAYLOAD);
    bytes.extend(frames::data(stream, &answer.body, !has_trailers, MAX_PAYLOAD));
    if has_trailers {
        bytes.extend(last(stream, answer));
    }
    bytes
}

fn head(answer: &Answer) -> Vec<u8> {
    let status = answer.status.to_string();
    let headers = answer.headers.iter().map(|(name, value)| (*name, &**value));
    frames::header_block([(":status", &*status)].into_iter().chain(headers))
}

/// Returns the frame that ends a response: the trailers, or an empty piece of body.
fn last(stream: u32, answer: &Answer) -> Vec<u8> {
    match &answer.trailers {
        Some(trailers) => {
            let block = frames::header_block(trailers.iter().map(|(name, value)| (*name, &**value)));
            frames::headers(stream, &block, true, MAX_PAYLOAD)
        }
        None => frames::frame(frames::DATA, frames::END_STREAM, stream, b""),
    }
}
