use multitracer::traced;

#[traced(args(promt))]
fn a(prompt: &str) {
    let _ = prompt;
}

#[traced(args(x))]
fn b() {}

#[traced(args(other, "a"))]
fn c(first: u8, (second, _): (u8, u8)) {
    let _ = (first, second);
}

#[traced]
fn d(#[attr] (x, _): (u8, u8), #[attr(5)] y: u8, #[attr = "z"] z: u8, #[attr("")] w: u8) {
    let _ = (x, y, z, w);
}

struct S;
impl S {
    #[traced]
    fn e(#[attr] &self) {}
}

fn main() {
    a("");
    b();
    c(1, (1, 1));
    d((1, 1), 1, 1, 1);
    S.e();
}
