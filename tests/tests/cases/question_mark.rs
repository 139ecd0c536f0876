use crate::traced;

#[traced]
pub fn inferred(a: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    let n: u8 = a.parse()?;
    if n == 0 {
        Err("zero")?;
    }
    Ok(n)
}

#[traced]
pub async fn async_inferred(a: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    let n: u8 = a.parse()?;
    if n == 0 {
        Err("zero")?;
    }
    Ok(n)
}

#[traced]
pub fn option(a: Option<&str>) -> Option<usize> {
    Some(a?.parse().ok()?)
}

#[traced]
pub async fn async_option(a: Option<&str>) -> Option<Vec<u8>> {
    a?.bytes().map(Some).collect()
}

#[traced]
pub async fn into(a: &str) -> Result<Vec<u8>, String> {
    if a.is_empty() {
        return Err("empty".into());
    }
    Ok(a.into())
}

#[traced]
pub fn collected(a: &[&str]) -> Result<Vec<u8>, std::num::ParseIntError> {
    a.iter().map(|a| a.parse()).collect()
}

#[traced]
pub fn default() -> Result<Vec<u8>, String> {
    Ok(Default::default())
}
