//! The examples of multitracer. Run one with `cargo run --example NAME`:
//!
//! | name | shows |
//! |---|---|
//! | `canary` | an axum service that routes canary, shadow and experiment traffic to projects of their own |
//! | `environments` | one program, its project chosen by `APP_ENV` |
//! | `features` | a tracer for each feature, chosen in the source |
//! | `ab_test` | an experiment: the same user gets the same variant, each variant has its project |
//! | `sync` | a plain sync program, without a runtime of its own |
//! | `axum_service` | the tower layer with axum: matched paths, health checks left out, who may take a route |
//! | `tonic_service` | the tower layer with tonic, and a client: metadata, status codes, streams |
//! | `two_services` | an edge and a backend that follows it, in one trace |
//! | `tracing_bridge` | `tracing`, OpenTelemetry libraries and log lines |
//! | `manual_spans` | spans without an attribute |
//! | `testing` | the test kit |
//!
//! The last six have tests: `cargo test --example NAME`.
