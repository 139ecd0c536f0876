//! The export of a batch, in parts if the backend calls it too large.

use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use tokio::time::Instant;

use super::size_limit::SizeLimit;
use super::split::{span_count, split_off_half};
use crate::export::exporter::{Pause, Retry};
use crate::export::outcome::{DropReason, ExportError, ExportOutcome, ExportSuccess, Retryable};

/// The way of one exporter to send a request that is encoded as protobuf.
pub(crate) trait Wire: Sync {
    /// `true` if [`Wire::plain`] works. The encoded request is kept meanwhile if it does not.
    fn is_reversible(&self) -> bool;

    /// Returns the body for a request: compressed, and in a frame or as JSON if the protocol wants
    /// that.
    fn body(&self, plain: Bytes) -> io::Result<Bytes>;

    /// Returns the request in a body.
    fn plain(&self, body: Bytes) -> io::Result<Bytes>;

    /// Sends a body once, not during `pause`, and within `time_left` if that is a limit.
    fn send(
        &self,
        body: Bytes,
        pause: &Pause,
        time_left: Option<Duration>,
    ) -> impl Future<Output = ExportOutcome> + Send;

    /// Waits until the host can be reached.
    fn reachable(&self) -> impl Future<Output = ()> + Send;
}

/// Exports the `spans` spans of an encoded request. A request that is too large is halved until the
/// spans are found that are too large alone.
pub(crate) async fn export<W: Wire>(
    wire: &W,
    limit: &SizeLimit,
    plain: Bytes,
    spans: usize,
    mut retry: Retry,
) -> ExportOutcome {
    let size = plain.len();
    let is_sent = spans < 2 || limit.allows(size);
    let plain = if is_sent {
        let kept = (spans > 1 && !wire.is_reversible()).then(|| plain.clone());
        let body = wire.body(plain).map_err(cannot_encode)?;
        let pause = retry.pause();
        let send = |time_left| wire.send(body.clone(), &pause, time_left);
        let outcome = retry.run(send, || wire.reachable()).await;
        match &outcome {
            Ok(_) => limit.note_passed(size),
            Err(error) if error.reason == DropReason::TooLarge => limit.note_refused(size),
            Err(_) => {}
        }
        if spans < 2 || !outcome.as_ref().is_err_and(|error| error.reason == DropReason::TooLarge) {
            return outcome;
        }
        match kept.map_or_else(|| wire.plain(body), Ok) {
            Ok(plain) => plain,
            Err(_) => return outcome,
        }
    } else {
        plain
    };
    // a batch does not keep its spans once they are encoded
    let whole = ExportTraceServiceRequest::decode(plain).map_err(io::Error::other).map_err(cannot_encode)?;
    let smallest_refused = if is_sent { size } else { usize::MAX };
    Parts { wire, limit, retry, smallest_refused, too_large: None }.export(whole).await
}

fn cannot_encode(error: io::Error) -> ExportError {
    ExportError::failed(format!("cannot encode: {error}"))
}

/// The export of one batch in parts.
struct Parts<'w, W> {
    wire: &'w W,
    limit: &'w SizeLimit,
    retry: Retry,
    /// The smallest size of this batch's requests that were too large.
    smallest_refused: usize,
    /// The smallest span that was too large.
    too_large: Option<RefusedSpan>,
}

/// A request with one span that was too large.
struct RefusedSpan {
    size: usize,
    /// The size of the body, which may be compressed.
    body: usize,
    error: ExportError,
}

impl<W: Wire> Parts<'_, W> {
    /// Exports the halves of `whole`, and the halves of those that are too large.
    ///
    /// The spans of each part are counted at once, so that a later timeout does not change them.
    async fn export(mut self, mut whole: ExportTraceServiceRequest) -> ExportOutcome {
        let second_half = split_off_half(&mut whole);
        let mut waiting = vec![second_half, whole];
        let (mut success, mut failure) = (ExportSuccess::default(), None);
        while let Some(mut part) = waiting.pop() {
            let (spans, started) = (span_count(&part), Instant::now());
            let plain = Bytes::from(part.encode_to_vec());
            let size = plain.len();
            // the other half of a refused part is seldom of quite the same size
            let is_too_large = size >= self.smallest_refused / 8 * 7 || !self.limit.allows(size);
            let outcome = if spans > 1 && is_too_large { None } else { Some(self.send(plain, spans).await) };
            let outcome = match outcome {
                Some(Err(error)) if spans > 1 && error.reason == DropReason::TooLarge => None,
                outcome => outcome,
            };
            let Some(outcome) = outcome else {
                let second_half = split_off_half(&mut part);
                waiting.extend([second_half, part]);
                continue;
            };
            match &outcome {
                Ok(part) => success.add(part),
                // a backend that stays away does not take the other parts either; they are counted
                // with this one
                Err(error) if error.retry != Retryable::Never => return outcome,
                Err(error) => failure = Some(error.clone()),
            }
            self.retry.settle(spans, started.elapsed(), &outcome);
        }
        // every part is counted
        failure.map_or(Ok(success), Err)
    }

    /// Sends a part with `spans` spans, unless a smaller span was too large.
    async fn send(&mut self, plain: Bytes, spans: usize) -> ExportOutcome {
        let size = plain.len();
        let body = self.wire.body(plain).map_err(cannot_encode)?;
        if let Some(refused) = &self.too_large
            && (refused.size <= size && refused.body <= body.len())
        {
            return Err(refused.error.clone());
        }
        let pause = self.retry.pause();
        let send = |time_left| self.wire.send(body.clone(), &pause, time_left);
        let outcome = self.retry.run(send, || self.wire.reachable()).await;
        match &outcome {
            Ok(_) => self.limit.note_passed(size),
            Err(error) if error.reason == DropReason::TooLarge => {
                self.limit.note_refused(size);
                self.smallest_refused = self.smallest_refused.min(size);
                if spans == 1 {
                    let (body, error) = (body.len(), error.clone());
                    self.too_large = Some(RefusedSpan { size, body, error });
                }
            }
            Err(_) => {}
        }
        outcome
    }
}
