#![allow(non_camel_case_types, dead_code)]
use crate::traced;

pub enum Result {
    Ok,
    Err,
}
pub use Result::*;
pub struct Option;
pub struct Box;
pub struct String;
pub struct ReturnType;
pub struct Observed;
pub struct Value;
pub mod core {}
pub mod std {}
pub mod multitracer {}
pub trait Fn {}
pub trait Future {}

pub fn drop() {}
pub fn display() {}
pub fn debug() {}

#[traced]
pub fn sync(debug: u8, display: u8, e: u8, out: u8, span: u8) -> Result {
    if debug + display + e + out + span == 0 {
        return Err;
    }
    Ok
}

#[traced(fields(debug, out = %span), args(e))]
pub async fn asynchronous(debug: u8, e: u8, out: u8, span: u8) -> u8 {
    debug + e + out + span
}

#[traced]
pub fn shape() -> ReturnType {
    ReturnType
}

#[traced(tracer = tracer)]
pub fn probe(tracer: &str) -> Observed {
    let __span = tracer;
    let _ = __span;
    Observed
}
