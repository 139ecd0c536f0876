use crate::traced;

pub trait Shape {
    type Error;

    fn area(&self) -> f64;

    #[traced]
    fn doubled(&self) -> f64 {
        self.area() * 2.0
    }

    #[traced]
    fn checked(&self) -> Result<f64, Self::Error> {
        Ok(self.doubled())
    }

    #[traced]
    fn consume(self) -> Result<f64, Self::Error>
    where
        Self: Sized,
    {
        self.checked()
    }

    #[traced]
    fn of_type() -> Option<Self>
    where
        Self: Sized + Default,
    {
        Some(Self::default())
    }
}

impl<T: Into<f64> + Copy> Shape for [T; 1] {
    type Error = ();

    #[traced]
    fn area(&self) -> f64 {
        self[0].into()
    }
}

pub fn is_dyn(shape: &dyn Shape<Error = ()>) -> f64 {
    shape.doubled()
}
