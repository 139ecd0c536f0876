use crate::traced;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, RwLock};

#[traced]
pub fn lock(a: Arc<Mutex<u8>>) -> Result<u8, ()> {
    Ok(*a.lock().unwrap())
}

#[traced]
pub async fn async_lock(a: Arc<Mutex<Vec<u8>>>) {
    a.lock().unwrap().push(1)
}

#[traced]
pub async fn async_matched(a: Arc<RwLock<Option<u8>>>) -> u8 {
    match *a.read().unwrap() {
        Some(a) => a,
        None => 0,
    }
}

#[traced]
pub fn cell(a: RefCell<String>) -> Result<usize, ()> {
    match a.borrow().as_str() {
        "" => Err(()),
        text => Ok(text.len()),
    }
}
