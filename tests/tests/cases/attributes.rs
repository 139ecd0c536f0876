use crate::traced;

#[traced]
#[inline(always)]
#[allow(clippy::needless_return)]
pub fn inlined(a: u8) -> Result<u8, ()> {
    return Ok(a);
}

#[traced]
#[cold]
#[inline(never)]
#[doc(hidden)]
pub async fn cold() {}

#[cfg_attr(all(), traced)]
#[cfg_attr(all(), inline)]
pub async fn conditional() -> u8 {
    1
}

#[traced]
#[cfg(any())]
pub fn gone() -> Missing {}

#[cfg(any())]
#[traced]
pub fn also_gone() -> Missing {}

#[traced]
#[cfg_attr(all(), allow(unused_variables), must_use)]
pub async fn cfg_attr_behind(a: u8) -> u8 {
    1
}

#[traced]
#[rustfmt::skip]
pub async fn tool() {}
