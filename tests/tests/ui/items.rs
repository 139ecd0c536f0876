use multitracer::traced;

#[traced]
const fn a() -> u8 {
    1
}

trait Tr {
    #[traced]
    fn b(&self);
}

#[traced]
struct S;

#[traced]
trait Other {}

#[traced]
const C: u8 = a();

#[traced]
use std::fmt::Debug;

#[traced(skip)]
fn d() {}

#[traced(name = "x", args(y), skip)]
impl S {
    fn e(&self) {}
}

impl Tr for S {
    fn b(&self) {}
}
impl Other for S {}

fn main() {
    S.b();
    S.e();
    d();
    fn debug(_: impl Debug) {}
    debug(C);
}
