//! Attribute values.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::{Array, StringValue, Value};

/// A value that a span attribute can have, as in `fields(key = value)`.
///
/// Numbers, booleans, text and arrays of these implement it, also behind references and smart
/// pointers. An `Option` that is `None` sets no attribute. A number that does not fit into
/// OpenTelemetry's signed 64 bits becomes text.
///
/// ```
/// use multitracer::{ToAttribute, traced};
/// use opentelemetry::Value;
///
/// struct OrderId(u32);
///
/// impl ToAttribute for OrderId {
///     fn to_attribute(&self) -> Option<Value> {
///         Some(format!("order-{}", self.0).into())
///     }
/// }
///
/// #[traced(fields(order.id = id))]
/// fn ship(id: &OrderId) {}
///
/// ship(&OrderId(7));
/// assert_eq!(OrderId(7).to_attribute(), Some(Value::from("order-7")));
/// assert_eq!(None::<u8>.to_attribute(), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no attribute value",
    label = "no attribute value",
    note = "write `key = %value` to record its `Display`, or `key = ?value` to record its `Debug`"
)]
pub trait ToAttribute {
    /// Returns the value, or `None` to set no attribute.
    fn to_attribute(&self) -> Option<Value>;

    /// Returns `true` if the conversion runs no code of users, who expect the span around it.
    #[doc(hidden)]
    #[inline(always)]
    fn is_plain(&self) -> bool {
        false
    }
}

/// The method `is_plain` of a type whose conversion is code of this library.
macro_rules! plain {
    () => {
        #[inline(always)]
        fn is_plain(&self) -> bool {
            true
        }
    };
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl ToAttribute for $integer {
            #[inline]
            fn to_attribute(&self) -> Option<Value> {
                Some(match i64::try_from(*self) {
                    Ok(value) => value.into(),
                    Err(_) => self.to_string().into(),
                })
            }

            plain!();
        }
    )*};
}

integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

impl ToAttribute for bool {
    #[inline]
    fn to_attribute(&self) -> Option<Value> {
        Some((*self).into())
    }

    plain!();
}

impl ToAttribute for f64 {
    #[inline]
    fn to_attribute(&self) -> Option<Value> {
        Some((*self).into())
    }

    plain!();
}

impl ToAttribute for f32 {
    fn to_attribute(&self) -> Option<Value> {
        Some(f64::from(*self).into())
    }

    plain!();
}

impl ToAttribute for str {
    fn to_attribute(&self) -> Option<Value> {
        Some(self.to_owned().into())
    }

    plain!();
}

impl ToAttribute for String {
    fn to_attribute(&self) -> Option<Value> {
        self.as_str().to_attribute()
    }

    plain!();
}

impl ToAttribute for char {
    fn to_attribute(&self) -> Option<Value> {
        Some(self.to_string().into())
    }

    plain!();
}

impl ToAttribute for Value {
    fn to_attribute(&self) -> Option<Value> {
        Some(self.clone())
    }

    plain!();
}

impl ToAttribute for StringValue {
    fn to_attribute(&self) -> Option<Value> {
        Some(Value::String(self.clone()))
    }

    plain!();
}

impl<T: ToAttribute> ToAttribute for Option<T> {
    fn to_attribute(&self) -> Option<Value> {
        self.as_ref()?.to_attribute()
    }

    #[inline(always)]
    fn is_plain(&self) -> bool {
        self.as_ref().is_none_or(T::is_plain)
    }
}

impl<T: ToAttribute + ToOwned + ?Sized> ToAttribute for Cow<'_, T> {
    fn to_attribute(&self) -> Option<Value> {
        (**self).to_attribute()
    }

    #[inline(always)]
    fn is_plain(&self) -> bool {
        (**self).is_plain()
    }
}

macro_rules! pointers {
    ($($pointer:ty)*) => {$(
        impl<T: ToAttribute + ?Sized> ToAttribute for $pointer {
            fn to_attribute(&self) -> Option<Value> {
                (**self).to_attribute()
            }

            #[inline(always)]
            fn is_plain(&self) -> bool {
                (**self).is_plain()
            }
        }
    )*};
}

pointers!(&T &mut T Box<T> Rc<T> Arc<T>);

macro_rules! arrays {
    ($($item:ty, $kind:ident, $from:expr;)*) => {$(
        impl ToAttribute for [$item] {
            fn to_attribute(&self) -> Option<Value> {
                Some(Value::Array(Array::$kind(self.iter().map($from).collect())))
            }

            plain!();
        }

        impl ToAttribute for Vec<$item> {
            fn to_attribute(&self) -> Option<Value> {
                self.as_slice().to_attribute()
            }

            plain!();
        }

        impl<const N: usize> ToAttribute for [$item; N] {
            fn to_attribute(&self) -> Option<Value> {
                self.as_slice().to_attribute()
            }

            plain!();
        }
    )*};
}

arrays! {
    bool, Bool, |item| *item;
    i64, I64, |item| *item;
    i32, I64, |item| i64::from(*item);
    u32, I64, |item| i64::from(*item);
    f64, F64, |item| *item;
    &str, String, |item| StringValue::from((*item).to_owned());
    String, String, |item| StringValue::from(item.clone());
}
