//! The codes of warnings.

pub(super) const SHARED_PROJECT: &str = "shared_project";

pub(super) const READABLE_KEY: &str = "readable_key";
pub(super) const PLAIN_HTTP: &str = "plain_http";
pub(crate) const INHERITED_CREDENTIALS: &str = "inherited_credentials";

pub(super) const UNREACHABLE_ROUTE: &str = "unreachable_route";
pub(super) const UNUSED_TRACER: &str = "unused_tracer";

pub(super) const SAMPLE_RATE_ZERO: &str = "sample_rate_zero";
pub(super) const UNLIMITED_CANARY: &str = "unlimited_canary";

pub(super) const IGNORED_VARIABLE: &str = "ignored_variable";
pub(super) const UNKNOWN_OVERRIDE: &str = "unknown_override";

pub(crate) const NEWER_FILE_FORMAT: &str = "newer_file_format";

/// All codes.
pub(crate) const ALL: [&str; 11] = [
    SHARED_PROJECT,
    READABLE_KEY,
    PLAIN_HTTP,
    INHERITED_CREDENTIALS,
    UNREACHABLE_ROUTE,
    UNUSED_TRACER,
    SAMPLE_RATE_ZERO,
    UNLIMITED_CANARY,
    IGNORED_VARIABLE,
    UNKNOWN_OVERRIDE,
    NEWER_FILE_FORMAT,
];
