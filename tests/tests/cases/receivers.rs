use crate::traced;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

pub struct S {
    pub text: String,
    pub other: String,
}

impl S {
    #[traced]
    pub fn by_value(self) -> Result<String, ()> {
        Ok(self.text)
    }

    #[traced]
    pub fn by_mut_value(mut self) -> Result<Self, ()> {
        self.text.push('a');
        Ok(self)
    }

    #[traced]
    pub fn by_ref(&self) -> Result<&str, ()> {
        Ok(&self.text)
    }

    #[traced(ret, err)]
    pub fn by_mut(&mut self) -> Result<&mut String, String> {
        self.text.push('a');
        if self.text.is_empty() {
            return Err(self.other.clone());
        }
        Ok(&mut self.text)
    }

    #[traced]
    pub fn by_arc(self: Arc<Self>) -> Result<Arc<Self>, ()> {
        Ok(self)
    }

    #[traced]
    pub fn by_rc(self: &Rc<Self>) -> Result<Rc<Self>, ()> {
        Ok(Rc::clone(self))
    }

    #[traced]
    pub fn by_pin(self: Pin<&mut Self>) -> Result<(), ()> {
        self.get_mut().text.clear();
        Ok(())
    }

    #[traced]
    pub async fn async_value(self) -> String {
        self.text
    }

    #[traced]
    pub async fn async_mut_value(mut self) -> Self {
        self.text.clear();
        self
    }

    #[traced]
    pub async fn async_mut(&mut self) -> &mut String {
        self.text.clear();
        &mut self.text
    }

    #[traced]
    pub async fn async_arc(self: Arc<Self>) -> usize {
        self.text.len()
    }

    #[traced]
    pub async fn async_box(self: Box<Self>) -> usize {
        self.text.len()
    }

    #[traced]
    pub fn entry(&mut self) -> Option<&mut String> {
        Some(&mut self.text)
    }
}
