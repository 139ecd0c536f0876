//! Tests that a traced future is at most one pointer larger than the plain one.

use multitracer::traced;

macro_rules! nested {
    ($($(#[$attribute:meta])* $name:ident calls $inner:ident with $arg:ty;)*) => {$(
        $(#[$attribute])*
        async fn $name(a: $arg) -> u64 {
            let out = $inner(a).await;
            tokio::task::yield_now().await;
            out
        }
    )*};
}

async fn leaf(a: u64) -> u64 {
    std::future::ready(()).await;
    a
}

async fn big_leaf(a: [u8; 256]) -> u64 {
    std::future::ready(()).await;
    u64::from(a[0])
}

nested! {
    plain_1 calls leaf with u64;
    plain_2 calls plain_1 with u64;
    plain_3 calls plain_2 with u64;
    plain_4 calls plain_3 with u64;
    plain_5 calls plain_4 with u64;
    plain_6 calls plain_5 with u64;
    #[traced] traced_1 calls leaf with u64;
    #[traced] traced_2 calls traced_1 with u64;
    #[traced] traced_3 calls traced_2 with u64;
    #[traced] traced_4 calls traced_3 with u64;
    #[traced] traced_5 calls traced_4 with u64;
    #[traced] traced_6 calls traced_5 with u64;
    big_plain_1 calls big_leaf with [u8; 256];
    big_plain_2 calls big_plain_1 with [u8; 256];
    big_plain_3 calls big_plain_2 with [u8; 256];
    #[traced] big_traced_1 calls big_leaf with [u8; 256];
    #[traced] big_traced_2 calls big_traced_1 with [u8; 256];
    #[traced] big_traced_3 calls big_traced_2 with [u8; 256];
}

#[test]
fn each_traced_call_adds_at_most_eight_bytes() {
    let plain = [
        size_of_val(&plain_1(1)),
        size_of_val(&plain_2(1)),
        size_of_val(&plain_3(1)),
        size_of_val(&plain_4(1)),
        size_of_val(&plain_5(1)),
        size_of_val(&plain_6(1)),
    ];
    let traced = [
        size_of_val(&traced_1(1)),
        size_of_val(&traced_2(1)),
        size_of_val(&traced_3(1)),
        size_of_val(&traced_4(1)),
        size_of_val(&traced_5(1)),
        size_of_val(&traced_6(1)),
    ];
    for (depth, (plain, traced)) in (1..).zip(plain.into_iter().zip(traced)) {
        assert!(traced - plain <= 8 * depth, "depth {depth}: {plain} -> {traced}");
    }
    let a = [0; 256];
    let plain = [size_of_val(&big_plain_1(a)), size_of_val(&big_plain_2(a)), size_of_val(&big_plain_3(a))];
    let traced =
        [size_of_val(&big_traced_1(a)), size_of_val(&big_traced_2(a)), size_of_val(&big_traced_3(a))];
    for (depth, (plain, traced)) in (1..).zip(plain.into_iter().zip(traced)) {
        assert!(traced - plain <= 8 * depth, "depth {depth}: {plain} -> {traced}");
    }
}

#[test]
fn fields_and_results_add_nothing() {
    #[traced(name = "x", fields(c = a, b = ?b), args(a), ret, err, kind = "client")]
    async fn traced(a: u64, b: String) -> Result<u64, String> {
        std::future::ready(()).await;
        if b.is_empty() { Err(b) } else { Ok(a) }
    }
    async fn plain(a: u64, b: String) -> Result<u64, String> {
        std::future::ready(()).await;
        if b.is_empty() { Err(b) } else { Ok(a) }
    }
    let (plain, traced) = (size_of_val(&plain(1, String::new())), size_of_val(&traced(1, String::new())));
    assert!(traced - plain <= 8, "{plain} -> {traced}");
}
