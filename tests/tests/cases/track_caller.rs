use crate::traced;
use std::panic::Location;

#[traced]
#[track_caller]
pub fn sync() -> Result<&'static Location<'static>, ()> {
    Ok(Location::caller())
}

#[traced]
#[track_caller]
pub fn future() -> impl std::future::Future<Output = u32> {
    let line = Location::caller().line();
    async move { line }
}

#[traced]
#[track_caller]
pub async fn asynchronous() -> u8 {
    1
}
