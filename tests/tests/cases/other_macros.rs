use crate::traced;

#[traced]
#[tokio::main(flavor = "current_thread")]
pub async fn below() -> Result<u8, String> {
    Ok(1)
}

#[tokio::main(flavor = "current_thread")]
#[traced]
pub async fn above(a: &str) -> Result<usize, String> {
    Ok(a.len())
}

#[traced]
#[traced(name = "again")]
pub fn twice(a: u8) -> Result<u8, ()> {
    Ok(a)
}

#[traced]
#[traced]
pub async fn async_twice(a: u8) -> u8 {
    a
}
