//! When a service is told to end.

/// Waits until the process is told to end: by SIGTERM or SIGINT (ctrl-c) on Unix, by ctrl-c elsewhere.
///
/// For a server's graceful shutdown, after which the guard exports what is left:
///
/// ```no_run
/// # async fn serve(until: impl Future<Output = ()>) {}
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tracing = multitracer::init("config.yaml")?;
/// // with axum: axum::serve(listener, app).with_graceful_shutdown(multitracer::shutdown_signal()).await?;
/// serve(multitracer::shutdown_signal()).await;
/// tracing.shutdown().await?;
/// # Ok(())
/// # }
/// ```
///
/// From the first poll on, these signals do not end the process by themselves. A handler that cannot be installed is reported
/// through `tracing`, target `multitracer`, and its signal goes on to end the process.
///
/// # Panics
///
/// Outside a Tokio runtime, or in one without I/O.
pub async fn shutdown_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::SignalKind;
        tokio::select! {
            () = wait_for(SignalKind::terminate()) => {}
            () = wait_for(SignalKind::interrupt()) => {}
        }
    }
    #[cfg(not(unix))]
    if let Err(error) = tokio::signal::ctrl_c().await {
        warn_and_wait_forever(error).await;
    }
}

#[cfg(unix)]
async fn wait_for(kind: tokio::signal::unix::SignalKind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => warn_and_wait_forever(error).await,
    }
}

async fn warn_and_wait_forever(error: std::io::Error) {
    tracing::warn!(target: "multitracer", %error, "cannot wait for a signal");
    std::future::pending::<()>().await;
}
