#![warn(unused, missing_docs, unused_qualifications, trivial_casts, unused_results, single_use_lifetimes, unused_lifetimes, elided_lifetimes_in_paths, unreachable_pub, let_underscore_drop, explicit_outlives_requirements, unused_braces, unused_import_braces, missing_debug_implementations, missing_copy_implementations, variant_size_differences)]
//! Documented.
use crate::traced;

/// Documented.
#[traced(fields(a = a, b = %a, c = ?a))]
pub fn sync(a: u8) -> Result<u8, ()> {
    Ok(a)
}

/// Documented.
#[traced(name = "x", args(a), ret, err, error_if = |a| a.is_ok())]
pub async fn asynchronous(a: u8, mut b: Vec<u8>) -> Result<u8, String> {
    b.push(a);
    drop(b);
    Ok(a)
}

/// Documented.
#[traced]
pub fn boxed(a: u8) -> std::pin::Pin<Box<dyn std::future::Future<Output = u8>>> {
    let future = Box::pin(async move { a });
    future
}
