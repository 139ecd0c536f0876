//! The status codes of gRPC and their names.

/// A [status code of gRPC](https://grpc.io/docs/guides/status-codes/).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GrpcStatus(usize);

/// The names by code.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The code of `UNKNOWN`.
const UNKNOWN: usize = 2;

impl GrpcStatus {
    /// Returns the status of a code. A code that gRPC does not define is `UNKNOWN`.
    pub(crate) fn from_code(code: i32) -> Self {
        let code = usize::try_from(code).ok();
        Self(code.filter(|code| *code < NAMES.len()).unwrap_or(UNKNOWN))
    }

    /// Returns the name in the specification's spelling, for example `DEADLINE_EXCEEDED`.
    pub(crate) fn name(self) -> &'static str {
        NAMES.get(self.0).copied().unwrap_or("UNKNOWN")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_code_and_undefined_codes_are_unknown() {
        let names = [0, 1, 14, 16, 17, -1].map(|code| GrpcStatus::from_code(code).name());
        assert_eq!(names, ["OK", "CANCELLED", "UNAVAILABLE", "UNAUTHENTICATED", "UNKNOWN", "UNKNOWN"]);
    }
}
