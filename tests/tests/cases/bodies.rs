use crate::traced;

#[traced]
pub fn labels(n: usize) -> Result<usize, ()> {
    let found = 'outer: loop {
        for i in 0..n {
            if i == 3 {
                break 'outer i;
            }
            if i == 4 {
                continue 'outer;
            }
        }
        return Err(());
    };
    Ok(found)
}

#[traced]
pub fn diverges() -> Result<u8, ()> {
    panic!("no")
}

#[traced]
pub async fn async_diverges() -> Result<u8, ()> {
    todo!()
}

#[traced]
pub fn forever() -> Result<(), ()> {
    loop {}
}

#[traced]
pub async fn async_forever() {
    loop {
        std::future::ready(()).await;
    }
}

#[traced]
pub fn empty() {}

#[traced]
pub async fn explicit_unit() -> () {
    return;
}

#[traced]
pub fn unit() -> () {
    return ();
}

#[traced]
pub fn only_macro() -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    std::fmt::Write::write_str(&mut text, "a")?;
    Ok(text)
}

#[traced]
pub fn raw_identifiers(r#type: u8, r#match: u8) -> Result<u8, ()> {
    Ok(r#type + r#match)
}

#[traced]
pub async fn r#async() -> u8 {
    1
}

#[traced]
pub fn closures(mut v: Vec<u8>) -> Result<Vec<u8>, ()> {
    let mut add = |n| v.push(n);
    add(1);
    add(2);
    Ok(v)
}

#[traced]
pub fn moves_field(pair: (String, String)) -> Result<String, String> {
    let (a, b) = pair;
    if a.is_empty() { Ok(a) } else { Err(b) }
}

#[traced]
pub fn parenthesised() -> (Result<u8, ()>) {
    Ok(1)
}

#[rustfmt::skip]
#[traced]
pub fn one_line() -> Result<u8, ()> { Ok(1) }

#[rustfmt::skip]
#[traced]
pub async fn async_one_line() -> u8 { 1 }

#[rustfmt::skip]
#[traced]
pub fn braces() -> Result<u8, ()> { { Ok(1) } }
