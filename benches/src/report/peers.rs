//! The contenders in words, with their versions.

use std::iter;

/// The versions that this program was built with.
const LOCK: &str = include_str!("../../../Cargo.lock");

/// A contender in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// The name in the table.
    pub(super) name: &'static str,
    /// The name in a legend.
    pub(super) title: &'static str,
    /// The colour in a chart.
    pub(super) colour: &'static str,
    /// The work of the contender, and its packages.
    about: &'static str,
    packages: &'static [&'static str],
}

/// The contenders of all rows.
pub(super) const PEERS: [Peer; 6] = [
    Peer {
        name: "multitracer",
        title: "multitracer",
        colour: "#2f6fde",
        about: "#[traced], http_layer, tracing_layer",
        packages: &["multitracer"],
    },
    Peer {
        name: "none",
        title: "no tracing",
        colour: "#b8b8b8",
        about: "the same code without tracing",
        packages: &[],
    },
    Peer {
        name: "S",
        title: "OpenTelemetry SDK by hand",
        colour: "#4f9d69",
        about: "spans by hand, made current; the SDK's batch processor",
        packages: &["opentelemetry_sdk", "opentelemetry-otlp"],
    },
    Peer {
        name: "T",
        title: "tracing + tracing-opentelemetry",
        colour: "#e08a2c",
        about: "#[tracing::instrument], and the trace layer of tower-http; the SDK's batch processor",
        packages: &["tracing", "tracing-opentelemetry", "tower-http", "opentelemetry_sdk"],
    },
    Peer {
        name: "F",
        title: "fastrace",
        colour: "#9a6fb0",
        about: "#[fastrace::trace] under a root for each trace, with its reporter for OpenTelemetry",
        packages: &["fastrace", "fastrace-opentelemetry"],
    },
    Peer {
        name: "O",
        title: "OpenTelemetry's tower layer",
        colour: "#c25b78",
        about: "its layer without metrics; the SDK's batch processor",
        packages: &["opentelemetry-instrumentation-tower", "opentelemetry_sdk"],
    },
];

impl Peer {
    /// Returns the packages of the contender with their versions.
    pub(super) fn versions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.packages.iter().filter_map(|package| Some((*package, version(package)?)))
    }

    /// Returns one line about the contender.
    pub(super) fn line(&self) -> String {
        let versions: Vec<_> =
            self.versions().map(|(package, version)| format!("{package} {version}")).collect();
        let versions =
            if versions.is_empty() { String::new() } else { format!(" ({})", versions.join(", ")) };
        format!("  {:<12}{}{versions}", self.name, self.about)
    }
}

/// Returns the locked version of a package.
fn version(package: &str) -> Option<&'static str> {
    let start = LOCK.split_once(&format!("name = \"{package}\"\nversion = \""))?.1;
    start.split('"').next()
}

/// Returns the contender with this name.
pub(super) fn peer(name: &str) -> Option<&'static Peer> {
    PEERS.iter().find(|peer| peer.name == name)
}

/// Returns the lines about all contenders, and about the build.
pub(super) fn legend() -> Vec<String> {
    let build =
        if cfg!(debug_assertions) { "WITHOUT OPTIMISATION: the figures mean nothing" } else { "optimised" };
    iter::once(format!("build: {build}")).chain(PEERS.iter().map(Peer::line)).collect()
}
