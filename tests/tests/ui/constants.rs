multitracer::tracers! {
    canary,
    "9-lives",
    "",
    EMPTY = "",
    shadow = staging,
    #[doc(hidden)] pub 5,
    one two,
    after,
}

#[multitracer::traced(tracer = CANNARY)]
fn misspelt() {}

#[multitracer::traced(tracer = AFTER)]
fn good() {}

fn main() {}
