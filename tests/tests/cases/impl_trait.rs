use crate::traced;
use std::fmt::{Debug, Display};

#[traced]
pub fn argument(a: impl Display, b: &impl Debug) -> String {
    format!("{a}{b:?}")
}

#[traced]
pub async fn async_argument(a: impl Display + Send) -> String {
    a.to_string()
}

#[traced]
pub fn returned(a: u8) -> impl Iterator<Item = u8> {
    if a == 0 {
        return 0..0;
    }
    0..a
}

#[traced]
pub fn nested(a: u8) -> Result<impl Iterator<Item = u8>, impl Debug> {
    if a == 0 { Err("zero") } else { Ok(0..a) }
}

#[traced]
pub async fn async_nested(a: u8) -> Result<impl Display, Box<dyn std::error::Error>> {
    if a == 0 {
        return Err("zero".into());
    }
    Ok(a)
}

#[traced]
pub fn tuple() -> (impl Display, Option<impl Debug>) {
    (1, Some(2))
}

#[traced]
pub fn closure() -> impl Fn(&str) -> usize {
    |s| s.len()
}

#[traced]
pub fn boxed_closure<'a>(n: &'a u8) -> Box<dyn Fn(&str) -> usize + 'a> {
    Box::new(move |s| s.len() + usize::from(*n))
}

#[traced]
pub async fn async_opaque(a: &str) -> impl Display + '_ {
    a
}
