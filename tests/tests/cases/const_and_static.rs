use crate::traced;

#[traced]
pub fn items() -> Result<usize, ()> {
    const A: usize = 1;
    static B: usize = 2;
    struct Local(usize);
    impl Local {
        #[traced]
        fn get(&self) -> usize {
            self.0
        }
    }
    #[traced]
    fn nested(a: usize) -> Result<usize, ()> {
        #[traced]
        fn deeper() -> usize {
            A
        }
        Ok(a + deeper())
    }
    use std::convert::identity;
    Ok(identity(A) + B + Local(3).get() + nested(4)?)
}

#[traced]
pub async fn async_items() -> usize {
    #[traced]
    async fn nested() -> usize {
        1
    }
    let closure = |a: usize| a + 1;
    closure(nested().await)
}
