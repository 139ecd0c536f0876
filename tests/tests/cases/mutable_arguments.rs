use crate::traced;

#[traced]
pub fn sync(mut a: Vec<u8>, mut n: u8) -> Result<Vec<u8>, ()> {
    n += 1;
    a.push(n);
    Ok(a)
}

#[traced]
pub async fn asynchronous(mut a: Vec<u8>, mut n: u8) -> Vec<u8> {
    while n > 0 {
        n -= 1;
        a.push(n);
    }
    a
}

#[traced]
pub fn needless(mut a: u8) -> Result<u8, ()> {
    Ok(a)
}

#[traced]
pub async fn async_needless(mut a: u8) -> u8 {
    a
}

#[traced]
pub fn overwritten(mut a: String) -> Result<String, ()> {
    a = String::new();
    Ok(a)
}

#[traced]
pub fn shadowed(a: u8) -> Result<u8, ()> {
    let a = a + 1;
    Ok(a)
}
