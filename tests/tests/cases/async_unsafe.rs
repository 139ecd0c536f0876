use crate::traced;

#[traced]
pub async unsafe fn asynchronous(p: *const u8) -> u8 {
    unsafe { *p }
}

#[traced]
pub unsafe fn synchronous(p: *const u8) -> Result<u8, ()> {
    Ok(unsafe { *p })
}

#[traced]
pub unsafe extern "C" fn foreign(p: *const u8) -> u8 {
    unsafe { p.read() }
}

#[traced]
pub extern "C" fn callback(a: i32) -> i32 {
    a
}
