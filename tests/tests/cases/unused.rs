use crate::traced;

#[traced]
fn dead_code(a: u8) -> u8 {
    a
}

#[traced]
async fn async_dead_code() {}

#[traced]
pub fn argument(unused: u8) -> Result<u8, ()> {
    let also_unused = 1;
    Ok(1)
}

#[traced]
pub async fn async_argument(unused: u8, (a, b): (u8, u8)) -> u8 {
    let also_unused = 1;
    a
}

#[traced]
pub fn guard(unused: u8) -> u8 {
    let mut needless = 1;
    needless
}

#[traced]
#[expect(dead_code)]
fn expected() {}

#[traced]
#[expect(dead_code)]
async fn async_expected() {}

#[traced]
pub fn unreachable() -> Result<u8, ()> {
    return Ok(1);
    Ok(2)
}

#[traced]
pub async fn async_unreachable() -> u8 {
    return 1;
    2
}

#[traced]
pub fn parentheses() -> Result<u8, ()> {
    return (Ok(1));
}

#[traced]
pub async fn async_parentheses() -> u8 {
    let a = (1);
    return (a);
}

#[traced]
pub fn assigned(mut a: u8) -> Result<u8, ()> {
    a = 1;
    a = 2;
    Ok(a)
}
