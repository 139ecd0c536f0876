use crate::traced;
use std::collections::HashMap;
use std::hash::Hash;

#[traced]
pub fn map<K: Eq + Hash, V: Default, const N: usize>(keys: [K; N]) -> HashMap<K, V>
where
    K: Clone,
{
    keys.iter().map(|k| (k.clone(), V::default())).collect()
}

#[traced]
pub async fn lifetimes<'a, 'b: 'a, T: ?Sized>(a: &'a T, b: &'b T, first: bool) -> &'a T {
    if first { a } else { b }
}

#[traced]
pub fn higher<F>(f: F) -> Result<usize, ()>
where
    F: for<'x> Fn(&'x str) -> &'x str,
{
    Ok(f("a").len())
}

pub struct Holder<T, const N: usize>(pub [T; N]);

impl<T: Copy, const N: usize> Holder<T, N> {
    #[traced]
    pub fn first(&self) -> Result<T, [T; N]> {
        self.0.first().copied().ok_or(self.0)
    }

    #[traced]
    pub async fn get<I>(&self, index: I) -> Option<&T>
    where
        I: Into<usize>,
    {
        self.0.get(index.into())
    }

    #[traced]
    pub fn of<const M: usize>(values: [T; M]) -> Holder<T, { M }> {
        Holder::<T, { M }>(values)
    }
}

#[traced]
pub fn generic_result<T, E>(r: Result<T, E>) -> Result<T, E> {
    r
}

#[traced]
pub fn arrow<T: Fn(u8) -> Vec<u8>>(f: T) -> Vec<u8> {
    f(1)
}
