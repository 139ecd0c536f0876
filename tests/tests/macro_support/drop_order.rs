//! A program that prints the order of drops.
#[allow(unused_imports)]
use attribute::traced;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

struct D(&'static str);

impl Drop for D {
    fn drop(&mut self) {
        print!("{} ", self.0);
    }
}

impl D {
    fn value(&self) -> Result<u8, ()> {
        Ok(1)
    }
}

struct S {
    second: D,
    first: D,
}

fn temporary(_: &D) -> D {
    D("temporary")
}

#[traced]
fn sync(a: D, _: D, (b, _): (D, D), _c: D, S { first, .. }: S) -> Result<u8, ()> {
    let _local = D("local");
    let _ = (&a, &b, &first);
    temporary(&a).value()
}

#[traced]
fn guarded(a: D, _: D, (b, _): (D, D), _c: D) -> u8 {
    let _local = D("local");
    let _ = (&a, &b);
    temporary(&a).value().unwrap()
}

#[traced]
async fn asynchronous(a: D, _: D, (b, _): (D, D), _c: D, S { first, .. }: S) -> Result<u8, ()> {
    let _local = D("local");
    let _ = (&a, &b, &first);
    temporary(&a).value()
}

#[traced]
fn boxed(a: D, b: D) -> Pin<Box<dyn Future<Output = Result<u8, ()>>>> {
    let moved = b;
    let future = Box::pin(async move {
        let _ = &moved;
        temporary(&moved).value()
    });
    print!("{} kept ", a.0);
    future
}

impl S {
    #[traced]
    fn method(self, a: D) -> Result<u8, ()> {
        let _local = D("local");
        let _ = &a;
        temporary(&self.first).value()
    }

    #[traced]
    async fn async_method(self, a: D) -> Result<u8, ()> {
        let _ = &a;
        temporary(&self.first).value()
    }

    #[traced]
    fn moves_a_field(self, _a: D) -> Result<D, ()> {
        let _local = D("local");
        Ok(self.first)
    }
}

#[traced]
fn early(a: D, b: D) -> Result<(), u8> {
    let _local = D("local");
    if a.value().is_ok() {
        let _inner = D("inner");
        Err(1)?;
    }
    drop(b);
    Ok(())
}

fn s() -> S {
    S { second: D("s.second"), first: D("s.first") }
}

fn poll<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => {
            print!("ready ");
            out
        }
        Poll::Pending => unreachable!(),
    }
}

fn main() {
    let d = || (D("a"), D("wild"), (D("b"), D("rest")), D("c"));
    let (a, w, b, c) = d();
    let _ = sync(a, w, b, c, s());
    println!();
    let (a, w, b, c) = d();
    let _ = guarded(a, w, b, c);
    println!();
    let (a, w, b, c) = d();
    let _ = poll(asynchronous(a, w, b, c, s()));
    println!();
    // never polled
    let (a, w, b, c) = d();
    drop(asynchronous(a, w, b, c, s()));
    println!();
    let _ = poll(boxed(D("a"), D("b")));
    println!();
    let _ = s().method(D("a"));
    println!();
    let _ = poll(s().async_method(D("a")));
    println!();
    drop(s().async_method(D("a")));
    println!();
    let _ = s().moves_a_field(D("a"));
    println!();
    let _ = early(D("a"), D("b"));
    println!();
    let S { second, first } = s();
    drop((second, first));
    println!();
}
