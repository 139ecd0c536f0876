//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::measure::Effort;

/// Measures multitracer beside its peers. Prints one table, and shows progress on standard error.
#[derive(Debug, Parser)]
#[command(name = "multitracer-benches")]
pub(crate) struct Options {
    /// Takes few and short turns, which show that every row runs.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Runs the rows whose names start with this text.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Writes the results to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the results to this file as a table in Markdown.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Draws the results as SVG files in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) plot: Option<PathBuf>,
}

impl Options {
    /// Returns `true` if the row with this name runs.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.as_deref().is_none_or(|only| row.starts_with(only))
    }

    /// Returns the number and the length of turns.
    pub(crate) fn effort(&self) -> Effort {
        if self.quick {
            Effort {
                generations: 1,
                long_generations: 1,
                rounds: 3,
                long_rounds: 1,
                milliseconds: 0.5,
                is_quick: true,
            }
        } else {
            Effort {
                generations: 5,
                long_generations: 3,
                rounds: 21,
                long_rounds: 3,
                milliseconds: 5.0,
                is_quick: false,
            }
        }
    }
}
