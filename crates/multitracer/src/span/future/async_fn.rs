//! How an `async fn` makes its traced future. `called` does in one call what `traced` does with a span that has more to say of
//! itself: rustc takes its time for every call in every function.

use std::marker::PhantomData;

use super::deferred::Deferred;
use super::traced::Traced;
use crate::span::callsite::defer;
use crate::span::result::outcome::{Fallible, Silent};

/// Any output, with nothing to learn from it.
#[derive(Debug)]
pub struct Any;

impl Any {
    #[inline(always)]
    #[track_caller]
    pub fn called<F>(name: &'static str, function: fn() -> &'static str, inner: F) -> Traced<F, Silent> {
        Traced::silent(defer(name, function), inner)
    }

    #[inline(always)]
    pub fn traced<F>(deferred: Deferred, inner: F) -> Traced<F, Silent> {
        Traced::silent(deferred, inner)
    }
}

/// An output type, which may be a `Result`: then the functions of this type are found before those of [`AnyOutput`].
#[derive(Debug)]
pub struct Output<T>(PhantomData<fn() -> T>);

impl<T, E> Output<Result<T, E>> {
    #[inline(always)]
    #[track_caller]
    pub fn called<F>(name: &'static str, function: fn() -> &'static str, inner: F) -> Traced<F, Fallible>
    where
        F: Future<Output = Result<T, E>>,
    {
        Traced::new(defer(name, function), inner, Fallible)
    }

    #[inline(always)]
    pub fn traced<F: Future<Output = Result<T, E>>>(deferred: Deferred, inner: F) -> Traced<F, Fallible> {
        Traced::new(deferred, inner, Fallible)
    }
}

pub trait AnyOutput {
    type Type;

    #[inline(always)]
    #[track_caller]
    fn called<F>(name: &'static str, function: fn() -> &'static str, inner: F) -> Traced<F, Silent>
    where
        F: Future<Output = Self::Type>,
    {
        Traced::silent(defer(name, function), inner)
    }

    #[inline(always)]
    fn traced<F: Future<Output = Self::Type>>(deferred: Deferred, inner: F) -> Traced<F, Silent> {
        Traced::silent(deferred, inner)
    }
}

impl<T> AnyOutput for Output<T> {
    type Type = T;
}
