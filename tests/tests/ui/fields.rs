use multitracer::traced;

#[traced(fields)]
fn a() {}

#[traced(fields(a = , b = 1, = 2, "" = 3, type))]
fn b() {}

#[traced(fields(a.1 = 1))]
fn c() {}

#[traced(fields(a = 1 b = 2))]
fn d() {}

#[traced(fields("a"))]
fn e() {}

#[traced(fields({ A B } = 1))]
fn f() {}

fn main() {
    (a(), b(), c(), d(), e(), f());
}
