//! The settings of the worlds, which both sides have.

use opentelemetry_sdk::trace::SpanLimits;

use super::sampler::Choice;
use crate::random::Random;

/// The number of different worlds.
pub(crate) const WORLDS: u64 = 128;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) limits: SpanLimits,
    pub(crate) value_length: Option<usize>,
    pub(crate) sampler: Choice,
    /// `true` if the configuration describes the sampler; else code gives it.
    pub(crate) is_configured: bool,
    /// The rate that `Registry::set_sample_rate` puts in the sampler's place.
    pub(crate) rate: Option<f64>,
    /// `true` for `remote_parent: link`.
    pub(crate) links_remote: bool,
    /// `true` if every span copies the baggage entry `user`.
    pub(crate) copies_baggage: bool,
    /// `true` if the program runs under an entered tracer.
    pub(crate) is_entered: bool,
    /// The number of the library's instrumentation scope.
    pub(crate) scope: usize,
}

impl Settings {
    /// Returns the settings of a world. The first worlds are plain.
    pub(crate) fn new(world: u64) -> Self {
        let mut random = Random::new(world);
        let mut limits = SpanLimits::default();
        if world >= 2 {
            for limit in [
                &mut limits.max_attributes_per_span,
                &mut limits.max_events_per_span,
                &mut limits.max_links_per_span,
                &mut limits.max_attributes_per_event,
                &mut limits.max_attributes_per_link,
            ] {
                if random.chance(60) {
                    *limit = random.pick(&[0, 1, 2, 3, 4, 6, 9]);
                }
            }
        }
        let is_configured = random.chance(50);
        let sampler = match (world, is_configured) {
            (0..4, _) => Choice::On,
            (_, true) => Choice::configured(&mut random, false),
            (_, false) => Choice::custom(&mut random),
        };
        let value_length = (world >= 2 && random.chance(20)).then(|| random.below(6));
        Self {
            limits,
            value_length,
            sampler,
            is_configured,
            rate: (world >= 4 && random.chance(15)).then(|| random.pick(&[0.0, 0.4, 1.0])),
            links_remote: world >= 2 && random.chance(20),
            copies_baggage: world >= 2 && random.chance(30),
            is_entered: world % 2 == 1,
            scope: random.below(3),
        }
    }

    pub(crate) fn yaml(&self) -> String {
        let limits = &self.limits;
        let mut text = format!(
            "tracers: {{t: {{limits: {{attribute_count_limit: {}, event_count_limit: {}, link_count_limit: {}, \
             event_attribute_count_limit: {}, link_attribute_count_limit: {}",
            limits.max_attributes_per_span,
            limits.max_events_per_span,
            limits.max_links_per_span,
            limits.max_attributes_per_event,
            limits.max_attributes_per_link
        );
        if let Some(length) = self.value_length {
            text += &format!(", attribute_value_length_limit: {length}");
        }
        text += "}";
        if self.is_configured {
            text += &format!(", sampler: {}", self.sampler.yaml());
        }
        text += "}}\n";
        if self.links_remote {
            text += "remote_parent: link\n";
        }
        if self.copies_baggage {
            text += "baggage: {attributes: {user: enduser.pseudo.id}}\n";
        }
        text
    }

    /// Returns the sampler in force. A rate decides about roots, and other spans follow their
    /// parents.
    pub(crate) fn sampler(&self) -> Choice {
        let follow = |rate| [Choice::Ratio(rate), Choice::On, Choice::Off, Choice::On, Choice::Off];
        self.rate.map_or_else(|| self.sampler.clone(), |rate| Choice::ParentBased(Box::new(follow(rate))))
    }

    /// Returns `true` if the configuration may sample a span inside an unsampled local trace.
    /// Otherwise no sampler is asked there.
    pub(crate) fn samples_unsampled_traces(&self) -> bool {
        match &self.sampler {
            Choice::ParentBased(delegates) => self.is_configured && delegates[4] != Choice::Off,
            _ => false,
        }
    }
}
