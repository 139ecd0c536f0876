use multitracer::traced;

#[traced(nmae = "x")]
fn a() {}

#[traced(trcer = "x", level = "info", fields(a = 1))]
fn b() {}

#[traced(skip_all)]
fn c() {}

#[traced("name")]
fn d() {}

#[traced(properties = { "a": 1 }, follows_from = x)]
fn e() {}

#[traced(42)]
fn f() {}

#[traced(name = "a" kind = "client")]
fn g() {}

fn main() {
    a();
    b();
    c();
    d();
    e();
    f();
    g();
}
