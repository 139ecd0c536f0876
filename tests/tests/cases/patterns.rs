use crate::traced;

pub struct P {
    pub x: String,
    pub y: u8,
}
pub struct T(pub u8, pub String);

#[traced]
pub fn tuple((a, _): (u8, u8), [b, ..]: [u8; 3]) -> Result<u8, ()> {
    Ok(a + b)
}

#[traced(fields(a, x = x.as_str()))]
pub async fn structs(P { x, y: a }: P, T(b, ..): T, &c: &u8) -> usize {
    x.len() + usize::from(a + b + c)
}

#[traced]
pub fn reference(ref a: String, mut b: String) -> Result<usize, ()> {
    b.push('x');
    Ok(a.len() + b.len())
}

#[traced]
pub async fn at(whole @ (a, b): (u8, u8)) -> u8 {
    whole.0 + a + b
}

#[traced]
pub fn ignored(_: String, _b: String) -> Result<(), ()> {
    Ok(())
}

#[traced]
pub async fn async_ignored(_: String, _b: String) {}

#[traced]
pub fn unit((): (), a: u8) -> Result<u8, ()> {
    Ok(a)
}

#[traced]
pub fn guard_only((a, mut b): (u8, u8)) -> u8 {
    b += a;
    b
}
