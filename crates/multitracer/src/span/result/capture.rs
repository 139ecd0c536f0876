//! Captured arguments and results of `args(..)` and `ret`.
//!
//! A value is captured as an attribute value, else as its `Debug` text. The number of references on
//! the receiver makes rustc choose the best trait that the type has.

use std::fmt::{Debug, Display};

use crate::span::attributes::Captured;
use crate::span::value::ToAttribute;

/// An argument.
#[derive(Debug)]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// A result. Of a `Result`, only the content of `Ok` is captured.
#[derive(Debug)]
pub struct Return<'a, T: ?Sized>(pub &'a T);

/// A result that is captured as its `Debug` text.
#[derive(Debug)]
pub struct ReturnDebug<'a, T: ?Sized>(pub &'a T);

/// A result that is captured as its `Display` text.
#[derive(Debug)]
pub struct ReturnDisplay<'a, T: ?Sized>(pub &'a T);

macro_rules! capture {
    ($($trait:ident for $target:ty, [$($generics:tt)*], |$it:ident, $captured:ident| $body:expr;)*) => {$(
        pub trait $trait {
            fn capture(&self, captured: &mut Captured);
        }

        impl<$($generics)*> $trait for $target {
            fn capture(&self, $captured: &mut Captured) {
                let $it = self.0;
                $body
            }
        }
    )*};
}

capture! {
    CaptureAttribute for &Value<'_, T>, [T: ToAttribute + ?Sized], |it, captured| captured.set(it.to_attribute());
    CaptureDebug for Value<'_, T>, [T: Debug + ?Sized], |it, captured| captured.text(format!("{it:?}"));

    ReturnOkAttribute for &&&Return<'_, Result<T, E>>, [T: ToAttribute, E], |it, captured| {
        if let Ok(value) = it {
            captured.set(value.to_attribute());
        }
    };
    ReturnOkDebug for &&Return<'_, Result<T, E>>, [T: Debug, E], |it, captured| {
        if let Ok(value) = it {
            captured.text(format!("{value:?}"));
        }
    };
    ReturnAttribute for &Return<'_, T>, [T: ToAttribute + ?Sized], |it, captured| captured.set(it.to_attribute());
    ReturnValueDebug for Return<'_, T>, [T: Debug + ?Sized], |it, captured| captured.text(format!("{it:?}"));

    ReturnDebugOk for &ReturnDebug<'_, Result<T, E>>, [T: Debug, E], |it, captured| {
        if let Ok(value) = it {
            captured.text(format!("{value:?}"));
        }
    };
    ReturnDebugValue for ReturnDebug<'_, T>, [T: Debug + ?Sized], |it, captured| captured.text(format!("{it:?}"));

    ReturnDisplayOk for &ReturnDisplay<'_, Result<T, E>>, [T: Display, E], |it, captured| {
        if let Ok(value) = it {
            captured.text(value.to_string());
        }
    };
    ReturnDisplayValue for ReturnDisplay<'_, T>, [T: Display + ?Sized], |it, captured| captured.text(it.to_string());
}
