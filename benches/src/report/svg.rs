//! A bar chart as SVG.

use std::fmt::Write as _;

use super::peers::{PEERS, peer};
use crate::measure::Spread;

/// The bar of a contender.
pub(super) struct Bar {
    pub(super) contender: &'static str,
    pub(super) spread: Spread,
}

/// The bars of a row.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) bars: Vec<Bar>,
}

/// The scale of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    Logarithmic,
}

/// The places of the chart's parts.
const LEFT: f64 = 330.0;
const WIDTH: f64 = 470.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 48.0;
const BAR: f64 = 15.0;
const GAP: f64 = 14.0;

/// The attributes of texts.
const START: &str = "text-anchor=\"start\"";
const MIDDLE: &str = "text-anchor=\"middle\"";
const TITLE: &str = "text-anchor=\"end\" font-weight=\"bold\"";

/// The mapping of values to places.
struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    fn new(groups: &[Group], scale: Scale) -> Self {
        let values = || groups.iter().flat_map(|group| &group.bars).map(|bar| bar.spread);
        let most = values().map(|spread| spread.high).fold(1.0, f64::max);
        if scale == Scale::Logarithmic {
            let least = values().map(|spread| spread.median).fold(most, f64::min).max(1e-3);
            return Self { scale, low: least.log10().floor(), high: most.log10().ceil(), step: 1.0 };
        }
        // four to eight lines, at 1, 2 or 5 times a power of ten
        let power = 10_f64.powf((most / 4.0).log10().floor());
        let step = [5.0, 2.0, 1.0].map(|factor| factor * power).into_iter().find(|step| most / step >= 4.0);
        let step = step.unwrap_or(power);
        Self { scale, low: 0.0, high: (most / step).ceil(), step }
    }

    /// Returns the place of a value.
    fn place(&self, value: f64) -> f64 {
        let value = match self.scale {
            Scale::Linear => value / self.step,
            Scale::Logarithmic => value.max(f64::MIN_POSITIVE).log10(),
        };
        LEFT + WIDTH * ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Returns the values that have a line.
    fn lines(&self) -> impl Iterator<Item = f64> {
        let count = (self.high - self.low).round() as usize;
        (0..=count).map(|line| self.low + line as f64).map(|line| match self.scale {
            Scale::Linear => line * self.step,
            Scale::Logarithmic => 10_f64.powf(line),
        })
    }
}

/// Returns a chart with one group of bars for each row.
pub(super) fn chart(groups: &[Group], unit: &str, scale: Scale) -> String {
    let axis = Axis::new(groups, scale);
    let (mut back, mut front) = (String::new(), String::new());
    let mut top = TOP;
    for group in groups {
        text(&mut front, LEFT - 10.0, top + BAR - 4.0, TITLE, group.title);
        for bar in &group.bars {
            draw(&mut front, &axis, bar, top);
            top += BAR;
        }
        top += GAP;
    }
    for value in axis.lines() {
        let x = axis.place(value);
        let _ = writeln!(
            back,
            "<line x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{top:.1}\" stroke=\"#dddddd\"/>",
            TOP - 8.0
        );
        text(&mut front, x, top + 14.0, MIDDLE, &number(value));
    }
    text(&mut front, LEFT + WIDTH + 22.0, top + 14.0, START, unit);
    legend(&mut front, groups);
    let (width, height) = (LEFT + WIDTH + RIGHT, top + 24.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{back}{front}</svg>\n"
    )
}

/// Draws a bar up to the median, a line from 10 % to 90 %, and the median in digits.
fn draw(out: &mut String, axis: &Axis, bar: &Bar, top: f64) {
    let Spread { low, median, high } = bar.spread;
    let (low, end, high) = (axis.place(low), axis.place(median), axis.place(high));
    let colour = peer(bar.contender).map_or("#444444", |peer| peer.colour);
    let (length, thick, middle) = (end - LEFT, BAR - 2.0, top + (BAR - 2.0) / 2.0);
    // writing into a string does not fail
    let _ = writeln!(
        out,
        "<rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{length:.1}\" height=\"{thick}\" fill=\"{colour}\"/>\n\
         <line x1=\"{low:.1}\" y1=\"{middle:.1}\" x2=\"{high:.1}\" y2=\"{middle:.1}\" stroke=\"#333333\"/>"
    );
    text(out, end.max(high) + 5.0, top + BAR - 4.0, START, &number(median));
}

/// Writes the colours of the contenders that the chart shows.
fn legend(out: &mut String, groups: &[Group]) {
    let mut x = 10.0;
    let is_shown = |name| groups.iter().flat_map(|group| &group.bars).any(|bar| bar.contender == name);
    for peer in PEERS.iter().filter(|peer| is_shown(peer.name)) {
        let _ =
            writeln!(out, "<rect x=\"{x}\" y=\"10\" width=\"11\" height=\"11\" fill=\"{}\"/>", peer.colour);
        text(out, x + 16.0, 20.0, START, peer.title);
        x += 36.0 + 6.5 * peer.title.len() as f64;
    }
}

fn text(out: &mut String, x: f64, y: f64, style: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{words}</text>");
}

/// Returns a number with about three digits.
fn number(value: f64) -> String {
    let places = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 1 };
    format!("{value:.places$}")
}
