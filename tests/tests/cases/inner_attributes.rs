use crate::traced;

#[traced]
pub fn sync() -> Result<u8, ()> {
    #![allow(unused_variables)]
    #![doc = "inner"]
    let unused = 1;
    Ok(1)
}

#[traced]
pub async fn asynchronous() -> u8 {
    #![allow(unused_variables)]
    let unused = 1;
    1
}

#[traced]
pub fn guard() {
    #![allow(unused_variables)]
    let unused = 1;
}
