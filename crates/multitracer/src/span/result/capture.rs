//! Arguments and results, as `args(..)` and `ret` capture them: as the attribute value that they are, else as their
//! `Debug`. Chosen by type, through the number of references on the receiver.

use std::fmt::{Debug, Display};

use crate::span::attributes::Captured;
use crate::span::value::ToAttribute;

/// An argument.
#[derive(Debug)]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// A result; of a `Result`, what is in its `Ok`.
#[derive(Debug)]
pub struct Return<'a, T: ?Sized>(pub &'a T);

/// A result, by its `Debug`.
#[derive(Debug)]
pub struct ReturnDebug<'a, T: ?Sized>(pub &'a T);

/// A result, by its `Display`.
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
