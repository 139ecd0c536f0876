use crate::traced;
use std::fmt::Display;

pub struct User {
    pub id: u64,
    pub name: Option<String>,
}

pub const KEY: &str = "key";

#[traced(fields(
    user.id = user.id,
    user.name = user.name,
    shown = %user.id,
    debugged = ?user.name,
    {KEY} = 1,
    "literal key" = "value",
    computed = user.id + 1,
    called = user.id.checked_add(1),
    generic = Vec::<u8>::with_capacity(user.id as usize).len(),
    flag = user.id > 1 && user.id < 3,
))]
pub fn fields(user: &User) -> Result<(), ()> {
    let _ = user;
    Ok(())
}

#[traced(args(a, b, c, d), ret, err)]
pub async fn captured<T: std::fmt::Debug>(a: &str, b: Option<u8>, c: Vec<T>, d: [u8; 2]) -> Result<Vec<T>, std::fmt::Error> {
    let _ = (a, b, d);
    Ok(c)
}

#[traced(tracer = tracer, name = format!("n{n}"), enabled = n > 1, kind = "server", event_type = "model")]
pub fn dynamic(tracer: &str, n: u8) -> Result<(), ()> {
    let _ = tracer;
    let _ = n;
    Ok(())
}

#[traced(tracer = "x", ok_if = Option::is_some)]
pub fn predicate(a: u8) -> Option<u8> {
    a.checked_add(1)
}

#[traced(error_if = |out| out.is_empty())]
pub async fn closure_predicate(a: impl Display) -> String {
    a.to_string()
}

impl User {
    #[traced(fields(self.id, name = self.name), tracer = self.name)]
    pub async fn method(self) -> u64 {
        self.id
    }

    #[traced(name = const { KEY }, tracer = const { "x" }, fields(self.id))]
    pub fn consuming(self) -> Result<u64, ()> {
        Ok(self.id)
    }
}
