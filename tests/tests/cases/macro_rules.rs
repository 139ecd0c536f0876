use crate::traced;

macro_rules! function {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty $body:block) => {
        $(#[$meta])*
        #[traced]
        $vis fn $name($($arg: $ty),*) -> $ret $body
    };
}

function! {
    /// Documented.
    pub fn made(a: u8, b: u8) -> Result<u8, ()> { Ok(a + b) }
}
function!(fn made_private(a: u8) -> u8 { a });

macro_rules! asynchronous {
    ($name:ident, $pat:pat, $ty:ty, $ret:ty, $body:expr) => {
        #[traced]
        pub async fn $name($pat: $ty) -> $ret {
            $body
        }
    };
}

asynchronous!(async_made, (a, _), (u8, u8), Option<u8>, Some(1));

pub struct S(pub u8);

macro_rules! methods {
    ($name:ident, $async_name:ident) => {
        impl S {
            #[traced]
            pub fn $name(&self) -> Result<u8, ()> {
                Ok(self.0)
            }
            #[traced]
            pub async fn $async_name(mut self) -> u8 {
                self.0 += 1;
                self.0
            }
        }
    };
    ($this:ident => $body:expr) => {
        impl S {
            #[traced(fields(zero = $this.0))]
            pub fn with_self($this) -> Result<u8, ()> {
                $body
            }
        }
    };
}

methods!(get, async_get);
methods!(self => Ok(self.0));

macro_rules! item {
    ($item:item) => {
        #[traced]
        $item
    };
}

item! {
    pub fn whole(a: &str) -> Result<usize, ()> { Ok(a.len()) }
}

macro_rules! hygienic {
    () => {
        #[traced]
        pub fn hygiene(a: u8) -> Result<u8, ()> {
            let b = a;
            Ok(a + b)
        }
    };
}

hygienic!();

pub fn uses() -> u8 {
    made_private(1)
}
