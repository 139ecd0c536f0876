use multitracer::traced;

struct Opaque;

#[traced(fields(opaque))]
fn a(opaque: &Opaque) {
    let _ = opaque;
}

#[traced(args(opaque))]
fn b(opaque: Opaque) -> Result<(), ()> {
    let _ = opaque;
    Ok(())
}

#[traced(ret)]
async fn c() -> Opaque {
    Opaque
}

#[traced(fields(shown = %opaque, debugged = ?opaque))]
async fn d(opaque: Opaque) {
    let _ = opaque;
}

#[traced(tracer = number)]
fn e(number: u8) {
    let _ = number;
}

#[traced(error_if = |out: &u8| *out)]
fn f() -> u8 {
    1
}

#[traced(fields(missing))]
fn g() {}

fn main() {}
