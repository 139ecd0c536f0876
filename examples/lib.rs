//! The examples of multitracer. Run one with `cargo run --example NAME`:
//!
//! | name | shows |
//! |---|---|
//! | `canary` | an axum service that routes canary, shadow and experiment traffic to projects of their own |
//! | `environments` | one program, its project chosen by `APP_ENV` |
//! | `features` | a tracer for each feature, chosen in the source |
//! | `ab_test` | an experiment: the same user gets the same variant, each variant has its project |
//! | `sync` | a plain sync program, without a runtime of its own |
