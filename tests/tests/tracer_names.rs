//! Names of tracers as constants, and the warning that finds wrong names.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod captured_log;

use multitracer::testing::TestRegistry;
use multitracer::{assert_tree, traced};

use self::captured_log::CapturedLog;

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
fn a_constant_selects_its_tracer() {
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

#[test]
fn a_misspelt_name_causes_one_warning_with_its_place() {
    let (lines, test) = (CapturedLog::default(), TestRegistry::new(["production", "canary"]));
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
    let logged = lines.text();
    assert_eq!(
        logged,
        format!(
            " WARN multitracer: {place}: no tracer is named `cannary`; did you mean `canary`? (there are: production, canary) \
             used=\"production\"\n"
        )
    );
    assert_eq!(test.registry().unknown_tracer_count(), 3);
    assert_eq!(test.spans("production").len(), 3);
}
