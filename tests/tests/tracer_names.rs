//! Names of tracers as constants, and the checks that find wrong names.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod captured_log;

use std::fs;

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

const SOURCE: &str = r##"
    #[traced(tracer = "canary", ret)]
    fn good() {}
    #[cfg_attr(feature = "x", multitracer::traced(name = "tracer", tracer = "cannary"))]
    async fn misspelt() { let s = span!("x", tracer = r#"shadw"#); f().with_tracer("shadow").await }
    macro_rules! make { ($f:ident) => { #[traced(tracer = "nobody")] fn $f() {} } }
    multitracer::tracers! { canary, /** docs */ pub(crate) EU = "canary-eu", "canary-us" }
    fn untouched() { let tracer = "other"; global::tracer("library"); }
"##;

#[test]
fn a_test_can_check_every_name_in_the_sources() {
    let folder = std::env::temp_dir().join(format!("multitracer-sources-{}", std::process::id()));
    fs::create_dir_all(folder.join("inner")).unwrap();
    fs::write(folder.join("inner/a.rs"), SOURCE).unwrap();
    fs::write(folder.join("b.rs"), "fn broken( {").unwrap();
    fs::write(folder.join("c.txt"), "#[traced(tracer = \"text\")]").unwrap();

    let test = TestRegistry::new(["production", "canary", "shadow", "canary-eu"]);
    let error = test.check_sources(&folder).unwrap_err().to_string();
    let there = "(there are: production, canary, shadow, canary-eu)";
    let a = folder.join("inner/a.rs").display().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(
        lines[1..],
        [
            format!("{a}:4:77: no tracer is named `cannary`; did you mean `canary`? {there}"),
            format!("{a}:5:55: no tracer is named `shadw`; did you mean `shadow`? {there}"),
            format!(
                "{a}:6:59: no tracer is named `nobody`; there are: production, canary, shadow, canary-eu"
            ),
            format!("{a}:7:78: no tracer is named `canary-us`; did you mean `canary`? {there}"),
        ],
    );
    assert!(lines[0].starts_with(&folder.join("b.rs").display().to_string()), "{error}");

    fs::remove_file(folder.join("b.rs")).unwrap();
    let all = ["canary", "cannary", "shadow", "shadw", "nobody", "canary-eu", "canary-us"];
    assert_eq!(TestRegistry::new(all).check_sources(&folder), Ok(8));
    fs::remove_dir_all(&folder).unwrap();
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
