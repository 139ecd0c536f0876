use crate::traced;
use std::cell::{Ref, RefCell};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[traced(ret, err)]
pub fn slice<'a>(a: &'a mut [u8], n: usize) -> Result<&'a mut u8, String> {
    a.get_mut(n).ok_or_else(|| "none".to_owned())
}

#[traced(err(Debug))]
pub fn cow<'a>(a: &'a str) -> Result<std::borrow::Cow<'a, str>, std::num::ParseIntError> {
    a.parse::<u8>()?;
    Ok(a.into())
}

#[traced(ret(Debug))]
pub fn option(a: &mut Vec<u8>) -> Option<&mut u8> {
    a.last_mut()
}

#[traced]
pub fn lock(a: &Mutex<u8>) -> Result<MutexGuard<'_, u8>, PoisonError<MutexGuard<'_, u8>>> {
    a.lock()
}

#[traced]
pub fn cell(a: &RefCell<u8>) -> Result<Ref<'_, u8>, std::cell::BorrowError> {
    a.try_borrow()
}

#[traced(ret(Display), err(Display))]
pub async fn async_borrow(a: &mut String) -> Result<&mut String, std::fmt::Error> {
    a.push('a');
    Ok(a)
}
