use crate::traced;

#[traced(kind = "internal")]
pub mod inner {
    #![allow(dead_code)]
    use std::fmt::Debug;

    pub const LIMIT: usize = 1;
    pub static NAMES: &[&str] = &["a"];
    pub type Short = Result<u8, ()>;

    pub struct S<T: Debug = u8> {
        pub field: T,
    }

    pub enum E {
        A { a: u8 },
        B,
    }

    macro_rules! made {
        ($name:ident) => {
            fn $name() {}
        };
    }
    made!(by_macro);
    made! { by_other_macro }

    impl<T: Debug> S<T> {
        pub fn get(&self) -> Result<&T, ()> {
            Ok(&self.field)
        }
    }

    pub trait Tr {
        fn no_body(&self);
        fn body(&self) {}
    }

    pub async fn asynchronous(a: u8) -> u8 {
        a
    }

    pub(crate) fn sync() -> Short {
        Ok(1)
    }

    pub const fn constant() -> u8 {
        1
    }

    #[super::traced(skip)]
    pub fn skipped() {}

    pub mod deeper {
        pub fn function() -> super::Short {
            super::sync()
        }
    }

    unsafe extern "C" {
        fn abs(a: i32) -> i32;
    }

    #[cfg(test)]
    mod tests {}
}
