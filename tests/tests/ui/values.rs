use multitracer::traced;

#[traced(tracer = "")]
fn a() {}

#[traced(tracer = 5)]
fn b() {}

#[traced(name = "")]
fn c() {}

#[traced(name = 5, kind = "clent")]
fn d() {}

#[traced(kind = client)]
fn e() {}

#[traced(kind)]
fn f() {}

#[traced(tracer)]
fn g() {}

#[traced(name = )]
fn h() {}

#[traced(event_type = "")]
fn i() {}

#[traced(event_type = 5)]
fn j() {}

#[traced(crate = "multitracer")]
fn k() {}

#[traced(enabled = , parent)]
fn l() {}

fn main() {
    (a(), b(), c(), d(), e(), f(), g(), h(), i(), j(), k(), l());
}
