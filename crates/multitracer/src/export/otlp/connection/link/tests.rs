//! Tests of the way to a host: places, pauses and the end of an export.

use tokio::net::TcpListener;

use super::*;
use crate::export::otlp::connection::{Lookups, Protocol};
use crate::export::otlp::tls::{Pem, client_config};

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_place_ends_with_the_export() {
    let slots = Arc::new(Slots::new());
    let mut taken = Vec::new();
    while let Ok(slot) = timeout(Duration::ZERO, slots.enter(Standing::New)).await {
        taken.push(slot);
    }
    let tls = Arc::new(client_config(&Pem::default()).unwrap());
    let host = Host::new(Protocol::Http, tls, "localhost", &Arc::<Lookups>::default());
    let link = Link::new(Arc::new(host), Arc::clone(&slots));
    let (url, headers) = (Uri::from_static("http://localhost:9/"), HeaderMap::new());
    let post = Post { url: &url, headers: &headers, body: "x".into() };
    let (started, time_left) = (Instant::now(), Duration::from_secs(2));
    let sent = link.send(post, Duration::from_secs(10), Some(time_left), &Pause::default()).await;
    assert!(matches!(sent, Err(SendError::NoPlace(waited)) if waited == time_left));
    assert_eq!(started.elapsed().as_secs(), 2);
}

/// Sends a request to `url`, and returns its result once `pause` has begun after `delay`.
async fn send(link: &Link, url: &str, pause: &Pause, delay: Duration) -> Result<Answer, SendError> {
    let (url, headers) = (url.parse().unwrap(), HeaderMap::new());
    let post = Post { url: &url, headers: &headers, body: Bytes::from_static(b"body") };
    let begin = async {
        tokio::time::sleep(delay).await;
        pause.extend_to(Instant::now() + Duration::from_secs(60));
        std::future::pending::<()>().await;
    };
    let limit = Duration::from_secs(10);
    tokio::select! {
        answer = tokio::time::timeout(limit, link.send(post, limit * 2, None, pause)) => answer.unwrap(),
        () = begin => Err(SendError::TimedOut),
    }
}

#[tokio::test]
async fn a_request_that_waits_when_a_pause_begins_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = Arc::new(client_config(&Pem::default()).unwrap());
    let host = Arc::new(Host::new(Protocol::Http, tls, "localhost", &Arc::default()));
    let slots = Arc::new(Slots::new());
    let link = Link::new(host, Arc::clone(&slots));
    // the connection is never open, because nothing responds to the handshake of TLS
    let delay = Duration::from_millis(50);
    let answer = send(&link, &format!("https://localhost:{port}/"), &Pause::default(), delay).await;
    assert!(matches!(answer, Err(SendError::Paused)), "a request that waits for a connection");
    drop(listener.accept().await.unwrap());

    let mut taken = Vec::new();
    while slots.has_room(Standing::New) {
        taken.push(slots.enter(Standing::New).await);
    }
    let pause = Pause::default();
    let url = format!("http://localhost:{port}/");
    let (answer, ()) = tokio::join!(send(&link, &url, &pause, delay), async {
        pause.begun().await;
        taken.clear();
    });
    assert!(matches!(answer, Err(SendError::Paused)), "a request that waits for a place");
    let arrived = tokio::time::timeout(delay, listener.accept()).await;
    assert!(arrived.is_err(), "a connection was opened during the pause");
}
