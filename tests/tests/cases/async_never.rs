use crate::traced;

#[traced]
pub async fn never() -> ! {
    loop {
        std::future::ready(()).await;
    }
}

#[traced]
pub async fn panics() -> ! {
    panic!("no")
}

#[traced]
pub fn sync(fail: bool) -> ! {
    if fail {
        panic!("no");
    }
    std::process::exit(1)
}

pub fn uses(a: Option<u8>) -> u8 {
    match a {
        Some(a) => a,
        None => sync(true),
    }
}
