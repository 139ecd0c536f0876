use crate::traced;

#[traced]
#[must_use]
pub fn sync() -> u8 {
    1
}

#[traced]
#[must_use = "because"]
pub fn result() -> Result<u8, ()> {
    Ok(1)
}

#[traced]
#[must_use]
pub async fn asynchronous() -> u8 {
    1
}

#[traced]
pub async fn fallible() -> Result<u8, ()> {
    Ok(1)
}

#[traced]
pub fn plain() -> Result<u8, ()> {
    Ok(1)
}

pub async fn uses() {
    sync();
    result();
    plain();
    asynchronous();
    fallible();
    fallible().await;
}
