//! Tests of the split and its hash.

#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::{any, proptest};
use serde_json::Value;

use super::hash::murmur3_x86_32;
use super::{Reason, Split};
use crate::config::model::{ExperimentConfig, VariantConfig};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../testdata/variant_hash.json")).unwrap()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn experiment(salt: &str, weights: &[u32], coverage: f64) -> ExperimentConfig {
    let variant = |(index, &weight): (usize, &u32)| {
        let name = format!("v{index}");
        VariantConfig { tracer: name.clone(), name, weight }
    };
    ExperimentConfig {
        name: "test".to_owned(),
        unit_header: None,
        salt: salt.to_owned(),
        coverage,
        variants: weights.iter().enumerate().map(variant).collect(),
        fallback: "production".to_owned(),
    }
}

fn split(salt: &str, weights: &[u32], coverage: f64) -> Split {
    Split::new(&experiment(salt, weights, coverage))
}

/// Returns the variants of the users `0..count`.
fn assignments(split: &Split, count: u32) -> Vec<Option<usize>> {
    (0..count).map(|id| split.assign(Some(&format!("user-{id}"))).variant).collect()
}

fn count_moved(before: &[Option<usize>], after: &[Option<usize>]) -> usize {
    before.iter().zip(after).filter(|(a, b)| a != b).count()
}

#[test]
fn published_hashes_hold_for_every_cut_of_the_input() {
    let vectors = vectors();
    let smoke = vectors["murmur3_x86_32_smoke"].as_array().unwrap();
    assert_eq!(smoke.len(), 9);
    for row in smoke {
        let input = row["input"].as_str().unwrap();
        for cut in 0..=input.len() {
            let (prefix, rest) = input.as_bytes().split_at(cut);
            let hash = murmur3_x86_32(number(&row["seed"]), prefix, rest);
            assert_eq!(hash, number(&row["hash"]), "{input:?} cut at {cut}");
        }
    }
}

#[test]
fn published_assignments_hold_for_every_length_of_the_salt() {
    let vectors = vectors();
    let cases = vectors["fractional_v2"]["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 14);
    for case in cases {
        let arms = case["weights"].as_array().unwrap();
        let weights: Vec<u32> = arms.iter().map(|arm| number(&arm[1])).collect();
        let bucket_by = case["bucket_by"].as_str().unwrap();
        for cut in 0..bucket_by.len() {
            let (salt, unit) = bucket_by.split_at(cut);
            let result = split(salt, &weights, 1.0).assign(Some(unit));
            assert_eq!(result.hash, number(&case["hash"]), "{bucket_by}");
            assert_eq!(result.bucket, number(&case["bucket"]), "{bucket_by}");
            assert_eq!(arms[result.variant.unwrap()][0], case["expected"], "{bucket_by}");
            assert_eq!(result.reason, Reason::Split);
        }
    }
}

#[test]
fn text_beyond_ascii_is_hashed_as_utf_8() {
    let result = split("prompt_tone", &[1, 1], 1.0).assign(Some("zoë-日本"));
    assert_eq!(result.hash, murmur3_x86_32(0, "prompt_tone".as_bytes(), "zoë-日本".as_bytes()));
    assert_eq!(result.hash, murmur3_x86_32(0, b"", b"prompt_tonezo\xc3\xab-\xe6\x97\xa5\xe6\x9c\xac"));
}

#[test]
fn a_missing_or_empty_unit_gets_the_fallback() {
    let split = split("salt", &[50, 50], 1.0);
    for unit in [None, Some("")] {
        let result = split.assign(unit);
        assert_eq!((result.variant, result.reason), (None, Reason::Default));
    }
}

#[test]
fn units_spread_evenly() {
    let mut counts = [0_u32; 100];
    for variant in assignments(&split("uniformity", &[1; 100], 1.0), 400_000) {
        counts[variant.unwrap()] += 1;
    }
    let expected = 4_000.0;
    let chi2: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    // with 99 degrees of freedom, the 99.9th percentile is 148.2; a poor hash exceeds it by far
    assert!(chi2 < 148.2, "chi-square {chi2}");
}

#[test]
fn shares_follow_the_weights() {
    let mut counts = [0_u32; 4];
    for variant in assignments(&split("shares", &[70, 0, 25, 5], 1.0), 400_000) {
        counts[variant.unwrap()] += 1;
    }
    assert_eq!(counts[1], 0, "a weight of zero gets no user");
    for (count, share) in counts.into_iter().zip([0.70, 0.0, 0.25, 0.05]) {
        let actual = f64::from(count) / 400_000.0;
        assert!((actual - share).abs() < 0.003, "{actual} instead of {share}");
    }
}

#[test]
fn two_salts_are_independent() {
    let one = assignments(&split("experiment-1", &[1, 1], 1.0), 400_000);
    let two = assignments(&split("experiment-2", &[1, 1], 1.0), 400_000);
    let same = 1.0 - count_moved(&one, &two) as f64 / 400_000.0;
    // the standard error is 0.0008
    assert!((same - 0.5).abs() < 0.004, "{same} of the users are in the same variant of both");
}

#[test]
fn new_weights_of_two_variants_move_the_fewest_users() {
    for (before, after, minimum) in
        [([50, 50], [60, 40], 0.10), ([1, 99], [2, 98], 0.01), ([50, 50], [1, 1], 0.0)]
    {
        let old = assignments(&split("movement", &before, 1.0), 200_000);
        let new = assignments(&split("movement", &after, 1.0), 200_000);
        let share = count_moved(&old, &new) as f64 / 200_000.0;
        assert!((share - minimum).abs() < 0.003, "{before:?} to {after:?} moved {share}");
        let wrong_way = old.iter().zip(&new).filter(|pair| *pair == (&Some(0), &Some(1))).count();
        assert_eq!(wrong_way, 0, "{before:?} to {after:?}: the growing variant lost users");
    }
}

#[test]
fn raising_the_coverage_only_adds_users() {
    // small weights make fewer buckets than there are steps of coverage
    let weights = [2, 1, 0, 1];
    let full = assignments(&split("ramp", &weights, 1.0), 100_000);
    let mut before = assignments(&split("ramp", &weights, 0.0), 100_000);
    assert!(before.iter().all(Option::is_none), "a coverage of zero gets no user");
    for coverage in [0.001, 0.01, 0.1, 0.333, 0.5, 0.9, 0.999, 1.0] {
        let after = assignments(&split("ramp", &weights, coverage), 100_000);
        for (id, (old, new)) in before.iter().zip(&after).enumerate() {
            assert!(old.is_none() || old == new, "user-{id} moved from {old:?} to {new:?} at {coverage}");
            assert!(new.is_none() || *new == full[id], "user-{id} is in {new:?} only at {coverage}");
        }
        let share = after.iter().flatten().count() as f64 / 100_000.0;
        assert!((share - coverage).abs() < 0.006, "{share} of the users at a coverage of {coverage}");
        let first = after.iter().filter(|variant| **variant == Some(0)).count() as f64 / 100_000.0;
        assert!(
            (first - coverage / 2.0).abs() < 0.006,
            "the variants do not ramp up together: {first} at {coverage}"
        );
        before = after;
    }
    assert!(before.iter().all(Option::is_some), "full coverage gets every user");
}

#[test]
fn a_unit_outside_the_coverage_gets_the_fallback_and_keeps_its_bucket() {
    let full = split("ramp", &[1, 1], 1.0).assign(Some("user-1"));
    let none = split("ramp", &[1, 1], 0.0).assign(Some("user-1"));
    assert_eq!((none.variant, none.reason), (None, Reason::Default));
    assert_eq!((none.hash, none.bucket), (full.hash, full.bucket));
}

proptest! {
    #[test]
    fn every_split_of_every_unit_stays_within_bounds(
        salt in ".{0,9}",
        weights in proptest::collection::vec(any::<u32>(), 0..5),
        coverage in any::<f64>(),
        unit in ".{0,20}",
    ) {
        let result = split(&salt, &weights, coverage).assign(Some(&unit));
        if let Some(variant) = result.variant {
            assert!(weights[variant] > 0);
            assert!(!unit.is_empty());
        }
    }

    #[test]
    fn the_variant_is_the_first_whose_cumulative_weight_exceeds_the_bucket(
        weights in proptest::collection::vec(0_u32..=1 << 28, 1..8),
        unit in ".{1,20}",
    ) {
        let total: u32 = weights.iter().sum();
        let result = split("salt", &weights, 1.0).assign(Some(&unit));
        assert_eq!(result.bucket, ((u64::from(result.hash) * u64::from(total)) >> 32) as u32);
        let mut cumulative = 0;
        let expected = weights.iter().position(|weight| {
            cumulative += weight;
            cumulative > result.bucket
        });
        assert_eq!(result.variant, expected);
    }
}
