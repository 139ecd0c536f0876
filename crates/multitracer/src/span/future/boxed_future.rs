//! Functions that return a boxed future under a name that the macro cannot see through: told from others by type.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use super::deferred::Deferred;
use super::traced::Traced;
use crate::span::attributes::Attributes;
use crate::span::guard::Entered;
use crate::span::options::Options;
use crate::span::result::outcome::Outcome;
use crate::span::site::Site;

/// A function's return type.
pub struct Shape<T: ?Sized>(PhantomData<fn() -> Box<T>>);

impl<T: ?Sized> Shape<T> {
    pub const NEW: Self = Self(PhantomData);
}

impl<T: ?Sized> fmt::Debug for Shape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shape")
    }
}

/// A call of a function that returns a boxed future of bounds `B`.
#[derive(Debug)]
pub struct FutureCall<B> {
    deferred: Deferred,
    bounds: PhantomData<B>,
}

impl<B> FutureCall<B> {
    #[inline(always)]
    pub fn record(&mut self, f: impl FnOnce(&mut Attributes<'_>)) {
        self.deferred.record(f);
    }
}

/// Bounds of a boxed future, as marks.
#[derive(Debug)]
pub enum Local {}
#[derive(Debug)]
pub enum IsSend {}
#[derive(Debug)]
pub enum IsSync {}

/// Any other type: an ordinary call.
pub trait BeginAny {
    fn begin(&self, site: Site) -> Entered;
    fn begin_with(&self, site: Site, options: impl FnOnce(&mut Options)) -> Entered;
}

impl<T> BeginAny for Shape<T> {
    #[inline(always)]
    fn begin(&self, site: Site) -> Entered {
        site.enter()
    }

    #[inline(always)]
    fn begin_with(&self, site: Site, options: impl FnOnce(&mut Options)) -> Entered {
        site.enter_with(options)
    }
}

macro_rules! boxed {
    ($($begin:ident, $bounds:ident, [$($auto:tt)*];)*) => {$(
        pub trait $begin {
            fn begin(&self, site: Site) -> FutureCall<$bounds>;
            fn begin_with(
                &self,
                site: Site,
                options: impl FnOnce(&mut Options),
            ) -> FutureCall<$bounds>;
        }

        impl<'a, T> $begin for &Shape<Pin<Box<dyn Future<Output = T> $($auto)* + 'a>>> {
            #[inline(always)]
            fn begin(&self, site: Site) -> FutureCall<$bounds> {
                FutureCall { deferred: site.defer(), bounds: PhantomData }
            }

            #[inline(always)]
            fn begin_with(
                &self,
                site: Site,
                options: impl FnOnce(&mut Options),
            ) -> FutureCall<$bounds> {
                FutureCall { deferred: site.defer_with(options), bounds: PhantomData }
            }
        }

        impl FutureCall<$bounds> {
            /// Boxes the future again, in its span, if there is to be one.
            #[inline(always)]
            pub fn finish<'a, T: 'a>(
                self,
                out: Pin<Box<dyn Future<Output = T> $($auto)* + 'a>>,
                observe: impl Fn(&T, &mut Outcome) + Send + Sync + 'static,
            ) -> Pin<Box<dyn Future<Output = T> $($auto)* + 'a>> {
                if self.deferred.is_live() { Box::pin(Traced::watching(self.deferred, out, observe)) } else { out }
            }
        }
    )*};
}

boxed! {
    BeginLocalFuture, Local, [];
    BeginFuture, IsSend, [+ Send];
    BeginSyncFuture, IsSync, [+ Send + Sync];
}
