//! The Markdown pages: their links lead somewhere, and the files that they name exist.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// The folders that CONTRIBUTING.md names files in, below the root or below the library's sources.
const FOLDERS: [&str; 9] =
    ["crates/", "tests/", "docs/", "benches/", "examples/", ".ci/", "config/", "export/", "registry/"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns the Markdown files of a folder, relative to the root.
fn pages_in(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let names = entries.map(|entry| Path::new(folder).join(entry.unwrap().file_name()));
    names.filter(|name| name.extension().is_some_and(|extension| extension == "md")).collect()
}

/// Returns the text of a page without its code blocks.
fn prose(page: &Path) -> String {
    let text = fs::read_to_string(root().join(page)).unwrap();
    text.split("```").step_by(2).collect()
}

/// Returns the parts of a text between two markers.
fn between<'a>(text: &'a str, open: &'a str, close: char) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).map(|(inside, _)| inside)
}

/// Returns the anchors of a page's headings, as GitHub and GitLab form them.
fn anchors(page: &Path) -> Vec<String> {
    let anchor = |heading: &str| {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    prose(page).lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

#[test]
fn relative_links_lead_to_files_and_headings() {
    let mut broken = Vec::new();
    let mut links = 0;
    for page in pages_in("").into_iter().chain(pages_in("docs")) {
        let text = prose(&page);
        for link in between(&text, "](", ')').filter(|link| !link.contains("://")) {
            links += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let found = root().join(&target).exists()
                && (anchor.is_empty() || anchors(&target).iter().any(|each| each == anchor));
            if !found {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(links > 30, "{links}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The front page of a published crate is read where the repository's files are not.
#[test]
fn front_pages_of_crates_link_to_no_file() {
    for name in ["multitracer", "multitracer-cli", "multitracer-macros"] {
        let text = prose(&Path::new("crates").join(name).join("README.md"));
        let links: Vec<_> = between(&text, "](", ')').collect();
        let file = links.iter().find(|link| link.contains(".md") || link.contains(".yaml"));
        assert_eq!(file, None, "{name}");
    }
}

#[test]
fn the_address_of_the_repository_stands_in_one_place() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let address = between(&manifest, "\nrepository = \"", '"').next().unwrap();
    let mut pages: Vec<_> = pages_in("").into_iter().chain(pages_in("docs")).collect();
    pages.extend(
        ["multitracer", "multitracer-cli", "multitracer-macros"]
            .map(|name| format!("crates/{name}/README.md").into()),
    );
    for page in pages {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        assert!(!text.contains(address), "{}", page.display());
    }
}

#[test]
fn files_that_contributing_names_exist() {
    let text = prose(Path::new("CONTRIBUTING.md"));
    let named =
        text.split('`').skip(1).step_by(2).filter(|code| {
            FOLDERS.iter().any(|folder| code.starts_with(folder)) && !code.contains(['*', ' '])
        });
    let sources = root().join("crates/multitracer/src");
    let exists = |name: &str| root().join(name).exists() || sources.join(name).exists();
    let missing: Vec<_> = named.filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
