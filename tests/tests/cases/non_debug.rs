use crate::traced;
use std::any::Any;

pub struct Opaque(pub u8);
pub trait Tool {}

#[traced]
pub fn sync(a: Opaque, b: &dyn Tool, c: Box<dyn Any>) -> Result<Opaque, Box<dyn Tool>> {
    let _ = (b.type_id_of(), c);
    Ok(a)
}

trait TypeIdOf {
    fn type_id_of(&self) {}
}
impl<T: ?Sized> TypeIdOf for T {}

#[traced]
pub async fn asynchronous(a: Opaque, b: &(dyn Tool + Sync)) -> Result<Opaque, Opaque> {
    b.type_id_of();
    Err(a)
}

#[traced]
pub fn function(f: fn(u8) -> u8, p: *const u8, g: impl FnOnce() -> Opaque) -> Result<Opaque, *const u8> {
    if f(1) == 1 { Ok(g()) } else { Err(p) }
}
