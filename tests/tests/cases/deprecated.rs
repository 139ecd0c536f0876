use crate::traced;

#[deprecated]
pub struct Old;

#[traced]
#[deprecated(note = "old")]
pub fn old() -> u8 {
    1
}

/// Documented.
#[traced]
#[inline]
#[deprecated]
pub async fn async_old(#[allow(deprecated)] _old: Old) -> u8 {
    old()
}

#[traced]
pub fn uses() -> Result<Old, u8> {
    Err(old())
}

#[traced]
pub async fn async_uses() -> Result<Old, u8> {
    Err(old())
}
