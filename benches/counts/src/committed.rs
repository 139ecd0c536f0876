//! The committed counts.

use std::fs;
use std::io;
use std::path::Path as FilePath;

use serde_json::{Value, json};

use super::allocations::Allocations;
use super::callgrind::Instructions;
use super::counts::Counts;
use super::versions::Versions;

/// The counts of all paths, with the versions that they depend on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Committed {
    /// The versions of the compiler and of the system.
    pub versions: Versions,
    /// The counts of each path, in the order of the paths.
    pub paths: Vec<(String, Counts)>,
}

impl Committed {
    /// Returns the counts of this path.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Counts> {
        self.paths.iter().find(|(path, _)| path == name).map(|(_, counts)| counts)
    }

    /// Reads the counts of a file.
    ///
    /// # Errors
    ///
    /// Fails if the file does not exist, or is not JSON.
    pub fn read(file: &FilePath) -> io::Result<Self> {
        let value: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let versions = Versions {
            rustc: text("rustc"),
            target: text("target"),
            libc: text("libc"),
            valgrind: text("valgrind"),
        };
        let paths = value["paths"].as_object().into_iter().flatten();
        let paths = paths.map(|(name, value)| (name.clone(), from_json(value))).collect();
        Ok(Self { versions, paths })
    }

    /// Writes the counts to a file, with one line for each path.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be written.
    pub fn write(&self, file: &FilePath) -> io::Result<()> {
        let Versions { rustc, target, libc, valgrind } = &self.versions;
        let mut text = String::from("{\n");
        for (key, value) in [("rustc", rustc), ("target", target), ("libc", libc), ("valgrind", valgrind)] {
            text += &format!("  {}: {},\n", json!(key), json!(value));
        }
        text += "  \"paths\": {\n";
        let lines: Vec<_> = self
            .paths
            .iter()
            .map(|(name, counts)| format!("    {}: {}", json!(name), to_json(counts)))
            .collect();
        text += &lines.join(",\n");
        text += "\n  }\n}\n";
        fs::write(file, text)
    }
}

fn to_json(counts: &Counts) -> Value {
    let mut value = json!({});
    if let Some(instructions) = counts.instructions {
        value["instructions"] = json!(rounded(instructions.program, 1));
        value["system"] = json!(rounded(instructions.system, 1));
    }
    if let Some(allocations) = counts.allocations {
        value["allocations"] = json!(rounded(allocations.count, 2));
        value["bytes"] = json!(rounded(allocations.bytes, 0));
    }
    value
}

fn from_json(value: &Value) -> Counts {
    let number = |key: &str| value[key].as_f64();
    Counts {
        instructions: number("instructions")
            .zip(number("system"))
            .map(|(program, system)| Instructions { program, system }),
        allocations: number("allocations")
            .zip(number("bytes"))
            .map(|(count, bytes)| Allocations { count, bytes }),
    }
}

fn rounded(number: f64, digits: i32) -> f64 {
    let unit = 10_f64.powi(digits);
    (number * unit).round() / unit
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let instructions = Some(Instructions { program: 812.5, system: 101.0 });
        let allocations = Some(Allocations { count: 4.06, bytes: 1322.0 });
        let committed = Committed {
            versions: Versions { rustc: "1.95.0".to_owned(), ..Versions::default() },
            paths: vec![
                ("\"root\"".to_owned(), Counts { instructions, allocations }),
                ("child".to_owned(), Counts { instructions: None, allocations }),
            ],
        };
        let file = std::env::temp_dir().join(format!("multitracer-counts-{}.json", std::process::id()));
        committed.write(&file).unwrap();
        assert_eq!(Committed::read(&file).unwrap(), committed);
        fs::remove_file(file).unwrap();
    }
}
