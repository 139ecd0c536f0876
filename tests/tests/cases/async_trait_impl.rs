use crate::traced;
use async_trait::async_trait;

#[async_trait]
pub trait Service: Sync {
    async fn call(&self, request: &str) -> Result<String, std::fmt::Error>;
    async fn owned(self: Box<Self>, (a, b): (u8, u8)) -> u8;
    fn plain(&self) -> u8;
    async fn of_type() -> Self
    where
        Self: Sized;
    #[traced]
    async fn default(&self, _unused: String) -> u8 {
        self.plain()
    }
}

pub struct Shop<T>(pub T);

#[async_trait]
impl<T: Clone + Default + Send + Sync> Service for Shop<T> {
    #[traced(fields(size = request.len()))]
    async fn call(&self, request: &str) -> Result<String, std::fmt::Error> {
        let copy = self.0.clone();
        if request.is_empty() {
            return Err(std::fmt::Error);
        }
        drop(copy);
        std::future::ready(()).await;
        Ok(request.to_owned())
    }

    #[traced]
    async fn owned(mut self: Box<Self>, (a, b): (u8, u8)) -> u8 {
        self.0 = T::default();
        a + b
    }

    #[traced]
    fn plain(&self) -> u8 {
        1
    }

    #[traced]
    async fn of_type() -> Self {
        Self(T::default())
    }
}

#[async_trait(?Send)]
pub trait Local {
    async fn call(&mut self) -> std::rc::Rc<u8>;
}

#[async_trait(?Send)]
impl Local for u8 {
    #[traced]
    async fn call(&mut self) -> std::rc::Rc<u8> {
        *self += 1;
        std::rc::Rc::new(*self)
    }
}
