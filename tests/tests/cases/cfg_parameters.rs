use crate::traced;

#[traced]
pub fn sync(a: u8, #[cfg(any())] gone: Missing, #[cfg(all())] kept: u8) -> Result<u8, ()> {
    Ok(a + kept)
}

#[traced]
pub async fn asynchronous(#[cfg(any())] (gone, _): Missing, #[cfg(all())] (kept, _): (u8, u8)) -> u8 {
    kept
}

#[traced]
pub fn lints(#[allow(unused_variables)] a: u8, #[allow(non_snake_case)] B: u8, #[expect(unused_variables)] c: u8) -> Result<u8, ()> {
    Ok(B)
}

#[traced]
pub async fn async_lints(#[allow(unused_variables)] a: u8, #[expect(unused_variables)] c: u8) -> u8 {
    1
}
