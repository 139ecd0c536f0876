//! Errors in the body of a function have the same place as without the attribute.
use multitracer::traced;

#[traced]
fn a() -> Result<u8, String> {
    Ok("text")
}

#[traced]
async fn b() -> u8 {
    "text"
}

#[traced]
async fn c() -> Result<u8, String> {
    Ok(1);
}

#[traced]
fn d(x: u8) -> Result<u8, String> {
    if x == 1 {
        return 5;
    }
    Ok(y)
}

#[traced]
async fn e(x: &str) -> impl std::error::Error {
    x
}

#[traced]
fn f(mut x: Vec<u8>) -> Result<usize, ()> {
    drop(x);
    Ok(x.len())
}

fn main() {}
