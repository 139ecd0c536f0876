use crate::traced;
use std::rc::Rc;

#[traced]
pub async fn local(a: Rc<u8>) -> Rc<u8> {
    std::future::ready(()).await;
    a
}

#[traced(fields(n = a))]
pub async fn dropped_in_time(a: u8) -> u8 {
    {
        let rc = Rc::new(a);
        drop(rc);
    }
    std::future::ready(()).await;
    a
}
