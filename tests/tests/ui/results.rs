use multitracer::traced;

#[traced(ret = true)]
fn a() -> u8 {
    1
}

#[traced(err(Dbug), ret(Debug, Display))]
fn b() -> Result<u8, u8> {
    Ok(1)
}

#[traced(ret, err, ok_if = x)]
#[track_caller]
fn c() -> Result<u8, u8> {
    Ok(1)
}

#[traced(ret)]
fn d() -> ! {
    panic!()
}

#[traced(err)]
fn e() -> impl futures_util::Stream<Item = u8> {
    futures_util::stream::iter([1])
}

#[traced(err)]
fn f() -> u8 {
    1
}

#[traced(err)]
async fn g() {}

fn main() {
    let _ = (a(), b(), c(), e(), f(), g());
    d();
}
