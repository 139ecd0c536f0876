//! The example programs of multitracer. To run one, use `cargo run --example NAME`:
//!
//! | name | subject |
//! |---|---|
//! | `canary` | an axum service that routes canary, shadow and experiment traffic to separate projects |
//! | `environments` | one program whose project depends on `APP_ENV` |
//! | `features` | a tracer for each feature, named in the source |
//! | `ab_test` | an experiment in which the same user gets the same variant, and each variant has its project |
//! | `sync` | a sync program without a runtime, with threads and scopes |
//! | `axum_service` | the tower layer with axum: matched paths, excluded health checks, checks of a route |
//! | `tonic_service` | the tower layer with tonic, and a gRPC client: metadata, status codes, streams |
//! | `two_services` | an edge service and a backend service that share one trace |
//! | `tracing_bridge` | the spans and events of `tracing`, OpenTelemetry libraries and log lines |
//! | `manual_spans` | spans made without `#[traced]` |
//! | `testing` | tests of traced code |
//! | `stock_exporter` | the exporter of `opentelemetry-otlp` on some tracers, beside our own |
//!
//! The last seven have tests. To run these, use `cargo test --example NAME`.
