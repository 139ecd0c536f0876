use crate::traced;
use std::io;

pub type Fallible<T = ()> = Result<T, NotDebug>;
pub struct NotDebug;

#[traced]
pub fn alias(a: bool) -> Fallible {
    if a { Ok(()) } else { Err(NotDebug) }
}

#[traced(err)]
pub async fn async_alias(a: bool) -> Fallible<u8> {
    if a { Ok(1) } else { Err(NotDebug) }
}

#[traced]
pub fn io(path: &str) -> io::Result<String> {
    std::fs::read_to_string(path)
}

#[traced]
pub fn formatted(f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    f.write_str("a")
}

#[traced]
pub fn hidden(f: &mut std::fmt::Formatter) -> std::fmt::Result {
    f.write_str("a")
}

#[traced]
pub fn infallible() -> Result<u8, std::convert::Infallible> {
    Ok(1)
}

pub struct Wrapper<'a>(pub &'a str);

#[traced]
pub fn elided(a: &str) -> Wrapper {
    Wrapper(a)
}

#[traced]
pub async fn async_elided(a: &str) -> Wrapper<'_> {
    Wrapper(a)
}
