use crate::traced;
use std::fmt::Display;

#[traced]
pub async fn boxed(first: bool) -> Box<dyn Display + Send> {
    if first {
        return Box::new(1);
    }
    Box::new("text")
}

#[traced]
pub async fn referenced(first: bool) -> &'static dyn Display {
    if first {
        return &1;
    }
    &"text"
}

#[traced]
pub fn sync(first: bool) -> Box<dyn Display> {
    if first {
        return Box::new(1);
    }
    Box::new("text")
}

#[traced]
pub fn fallible(first: bool) -> Result<Box<dyn Display>, Box<dyn std::error::Error>> {
    if first {
        return Ok(Box::new(1));
    }
    Err("text")?
}
