use crate::traced;

#[traced]
pub async fn nothing() {}

#[traced]
pub async fn value(a: u8, b: &str) -> usize {
    nothing().await;
    usize::from(a) + b.len()
}

#[traced]
pub async fn borrowed<'a>(a: &'a str, _b: &str) -> &'a str {
    nothing().await;
    a
}

#[traced]
async fn unused() -> u8 {
    let unused_inside = 1;
    2
}

pub fn is_send() {
    fn check<T: Send>(_: T) {}
    check(value(1, "a"));
}
