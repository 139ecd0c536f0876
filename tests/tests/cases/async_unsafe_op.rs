use crate::traced;

#[traced]
pub unsafe fn synchronous(p: *const u8) -> Result<u8, ()> {
    Ok(*p)
}

#[traced]
pub async unsafe fn asynchronous(p: *const u8) -> u8 {
    *p
}
