//! An axum server on loopback.

use axum::Router;
use tokio::net::TcpListener;

/// Serves `app` until the runtime of the test ends, and returns its address, `http://127.0.0.1:PORT`.
pub(crate) async fn serve_http(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    format!("http://{address}")
}
