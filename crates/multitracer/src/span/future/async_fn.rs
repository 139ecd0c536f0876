//! The traced future of an `async fn`.
//!
//! `called` is the short form of `traced` for a span without options. It is one call, because each
//! call in each function costs compile time.

use std::marker::PhantomData;

use super::deferred::Deferred;
use super::traced::Traced;
use crate::span::callsite::defer;
use crate::span::result::outcome::{NoObserver, ResultObserver};

/// An output that is not observed.
#[derive(Debug)]
pub struct Any;

impl Any {
    #[inline(always)]
    #[track_caller]
    pub fn called<F>(name: &'static str, function: fn() -> &'static str, inner: F) -> Traced<F, NoObserver> {
        Traced::unobserved(defer(name, function), inner)
    }

    #[inline(always)]
    pub fn traced<F>(deferred: Deferred, inner: F) -> Traced<F, NoObserver> {
        Traced::unobserved(deferred, inner)
    }
}

/// An output type. For a `Result`, rustc finds the functions of this type before those of
/// [`AnyOutput`].
#[derive(Debug)]
pub struct Output<T>(PhantomData<fn() -> T>);

impl<T, E> Output<Result<T, E>> {
    #[inline(always)]
    #[track_caller]
    pub fn called<F>(
        name: &'static str,
        function: fn() -> &'static str,
        inner: F,
    ) -> Traced<F, ResultObserver>
    where
        F: Future<Output = Result<T, E>>,
    {
        Traced::new(defer(name, function), inner, ResultObserver)
    }

    #[inline(always)]
    pub fn traced<F: Future<Output = Result<T, E>>>(
        deferred: Deferred,
        inner: F,
    ) -> Traced<F, ResultObserver> {
        Traced::new(deferred, inner, ResultObserver)
    }
}

pub trait AnyOutput {
    type Type;

    #[inline(always)]
    #[track_caller]
    fn called<F>(name: &'static str, function: fn() -> &'static str, inner: F) -> Traced<F, NoObserver>
    where
        F: Future<Output = Self::Type>,
    {
        Traced::unobserved(defer(name, function), inner)
    }

    #[inline(always)]
    fn traced<F: Future<Output = Self::Type>>(deferred: Deferred, inner: F) -> Traced<F, NoObserver> {
        Traced::unobserved(deferred, inner)
    }
}

impl<T> AnyOutput for Output<T> {
    type Type = T;
}
