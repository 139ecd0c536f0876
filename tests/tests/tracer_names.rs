//! Misspelt names of tracers, which the compiler or a warning finds.
#![expect(clippy::unwrap_used, reason = "a test is to fail where it is wrong")]

use std::io;
use std::sync::{Arc, Mutex};

use multitracer::testing::TestRegistry;
use multitracer::{assert_tree, traced};

multitracer::tracers! {
    canary,
    "staging-eu",
    r#async,
    STAGING_US = "staging-us",
}

#[traced(tracer = CANARY)]
fn by_constant() {
    by_choice(false);
}

#[traced(tracer = if eu { STAGING_EU } else { STAGING_US })]
fn by_choice(eu: bool) {}

#[traced(tracer = ASYNC)]
async fn awaited() {}

#[test]
fn constants_choose_tracers() {
    let test = TestRegistry::new(["production", "canary", "staging-eu", "staging-us", "async"]);
    test.scope(|| {
        by_constant();
        by_choice(true);
    });
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test.run(awaited()));
    assert_tree!(
        test.trees(),
        "
        canary
          by_constant
        staging-eu
          by_choice
        staging-us
          by_choice (linked to by_constant of canary)
        async
          awaited
    "
    );
}

const PLACE: &str = concat!(file!(), ":", line!());
#[traced(tracer = "cannary")]
fn misspelt() {}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_misspelt_literal_is_warned_of_once_with_its_place() {
    let (lines, test) = (Lines::default(), TestRegistry::new(["production", "canary"]));
    let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer({
        let lines = lines.clone();
        move || lines.clone()
    });
    tracing::subscriber::with_default(subscriber.finish(), || {
        for _ in 0..3 {
            test.scope(misspelt);
        }
    });
    let (file, line) = PLACE.rsplit_once(':').unwrap();
    let place = format!("{file}:{}", line.parse::<u32>().unwrap() + 2);
    let said = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(
        said,
        format!(
            " WARN multitracer: {place}: no tracer is named `cannary`; did you mean `canary`? (there are: production, canary) \
             used=\"production\"\n"
        )
    );
    assert_eq!(test.registry().unknown_tracer_count(), 3);
    assert_eq!(test.spans("production").len(), 3);
}
