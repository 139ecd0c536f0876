//! The signals that tell a service to shut down.

/// Waits for a signal to shut down: SIGTERM or SIGINT (ctrl-c) on Unix, ctrl-c on other systems.
///
/// Pass it to the graceful shutdown of a server, then call `shutdown` of the guard, which exports
/// the remaining spans:
///
/// ```no_run
/// # async fn serve(until: impl Future<Output = ()>) {}
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tracing = multitracer::init("config.yaml")?;
/// // axum: `axum::serve(listener, app).with_graceful_shutdown(multitracer::shutdown_signal())`
/// serve(multitracer::shutdown_signal()).await;
/// tracing.shutdown().await?;
/// # Ok(())
/// # }
/// ```
///
/// After the first poll, these signals no longer end the process by themselves. If a handler cannot
/// be installed, the function logs a warning through `tracing` with the target `multitracer`, and
/// that signal still ends the process.
///
/// # Panics
///
/// Panics outside of a Tokio runtime, or in a runtime without I/O.
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

/// Waits for one signal; never returns if its handler cannot be installed.
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
