use multitracer::traced;

#[traced(name = "a", name = "b")]
fn a() {}

#[traced(ok_if = f, error_if = f)]
fn b() -> u8 {
    1
}

#[traced(fields(a = 1, b = 2, a = 3))]
fn c() {}

#[traced(args(x, x))]
fn d(x: u8) {
    let _ = x;
}

#[traced(args(x), fields(x))]
fn e(#[attr] x: u8) {
    let _ = x;
}

#[traced]
fn f(
    #[attr]
    #[attr("y")]
    x: u8,
) {
    let _ = x;
}

fn main() {
    a();
    b();
    c();
    d(1);
    e(1);
    f(1);
}
