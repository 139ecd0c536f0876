//! `${file:PATH}`, and the warning about a key that other users can read.

use std::fs;
use std::path::PathBuf;

use crate::config::{Config, ConfigError, ConfigLoader};
use crate::text::is_unsafe;

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("multitracer-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn loader() -> ConfigLoader {
    Config::loader().variables(|_: &str| None).overrides(|_: &str| None)
}

fn with_key(reference: &str) -> String {
    format!("tracers:\n  main: {{api_key: \"{reference}\"}}\n")
}

/// Returns the header that carries the key.
fn credential(config: &Config) -> String {
    let exporter = config.model().tracers[0].exporters.iter().next().unwrap();
    exporter.otlp().unwrap().headers[0].1.expose().to_owned()
}

fn key_of(text: &str) -> Result<String, ConfigError> {
    loader().load_yaml(text).map(|config| credential(&config))
}

#[test]
fn a_value_is_the_text_of_a_file_without_one_line_break() {
    let folder = Folder::new("secret-files");
    for (text, expected) in [
        ("sk-1", "sk-1"),
        ("sk-1\n", "sk-1"),
        ("sk-1\r\n", "sk-1"),
        ("${HOME}$$", "${HOME}$$"),
        ("a: {b: c}", "a: {b: c}"),
    ] {
        let path = folder.write("key", text);
        assert_eq!(key_of(&with_key(&format!("${{file:{path}}}"))).unwrap(), format!("Bearer {expected}"));
    }
    let path = folder.write("project", "shop\n");
    let text =
        format!("tracers: {{main: {{project: \"my-${{file:{path}}}-${{X:-1}}\", exporter: console}}}}");
    assert_eq!(loader().load_yaml(&text).unwrap().model().tracers[0].project, "my-shop-1");
    let count = folder.write("count", "7\n");
    let text =
        format!("tracers: {{main: {{batch: {{max_retries: \"${{file:{count}}}\"}}, exporter: console}}}}");
    assert_eq!(loader().load_yaml(&text).unwrap().model().tracers[0].batch.max_retries, 7);
}

#[test]
fn a_default_stands_in_for_a_file_that_is_missing_or_empty() {
    let folder = Folder::new("secret-defaults");
    let empty = folder.write("empty", "\n");
    let missing = folder.0.join("missing");
    for path in [empty, missing.to_str().unwrap().to_owned()] {
        assert_eq!(key_of(&with_key(&format!("${{file:{path}:-sk-2}}"))).unwrap(), "Bearer sk-2");
    }
}

#[test]
fn relative_paths_start_from_the_folder_of_the_configuration() {
    let folder = Folder::new("secret-relative");
    fs::create_dir_all(folder.0.join("secrets")).unwrap();
    folder.write("secrets/key", "sk-3\n");
    let path = folder.write("config.yaml", with_key("${file:secrets/key}"));
    assert_eq!(credential(&loader().load_path(path).unwrap()), "Bearer sk-3");
}

#[test]
fn an_unusable_file_is_an_error_with_its_name_and_never_its_text() {
    let folder = Folder::new("secret-errors");
    folder.write("large", "cAnArY".repeat(20_000));
    folder.write("binary", b"cAnArY\xff");
    folder.write("empty", "");
    folder.write("lines", "cAnArY\ncAnArY\n");
    for (name, why) in [
        ("missing", "cannot read the file `missing`: there is no such file"),
        (".", "cannot read the file `.`: it is not a regular file"),
        ("large", "cannot read the file `large`: it is larger than 64 KiB"),
        ("binary", "cannot read the file `binary`: it is not UTF-8 text"),
        ("empty", "cannot read the file `empty`: it is empty"),
        ("lines", "the value of `${file:lines}` is not a header value"),
    ] {
        let path = folder.write("config.yaml", with_key(&format!("${{file:{name}}}")));
        let error = loader().load_path(&path).unwrap_err().to_string();
        assert!(error.contains(why), "{why}\n{error}");
        assert!(error.contains(&format!("api_key: \"${{file:{name}}}\"")), "{error}");
        assert!(!error.contains("cAnArY"), "{error}");
        // only the structure counts where the files are absent
        assert!(loader().check_path(&path).is_ok());
        assert!(loader().without_credentials().load_path(&path).is_ok());
    }
}

/// No part of a path can change a terminal, or the order of a line.
#[test]
fn a_path_with_control_characters_is_not_a_reference() {
    for char in ["\\e", "\\t", "\\n", "\\x9b", "\\u202e", "\\u200b"] {
        for reference in [format!("${{file:a{char}b}}"), format!("${{file:a{char}b:-sk-1}}")] {
            for text in [
                with_key(&reference),
                format!("tracers: {{main: {{project: \"{reference}\", exporter: console}}}}"),
                format!("tracers: {{main: {{exporter: {{otlp_http: {{timeout: \"{reference}\"}}}}}}}}"),
            ] {
                let error = loader().load_yaml(&text).unwrap_err();
                let [diagnostic] = error.diagnostics() else { unreachable!("{error}") };
                assert_eq!(
                    diagnostic.message(),
                    "a `${file:..}` in the value has a control character or an invisible character in its path"
                );
                assert!(!error.to_string().replace('\n', "").contains(is_unsafe), "{error:?}");
                assert!(loader().check_yaml(&text).is_err());
            }
        }
    }
    let error = key_of(&with_key(r"${file:C:\\x\\prüfung key}")).unwrap_err().to_string();
    assert!(error.contains(r"cannot read the file `C:\x\prüfung key`: there is no such file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_it() {
    let folder = Folder::new("secret-pipe");
    let path = folder.0.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = key_of(&with_key(&format!("${{file:{}}}", path.display()))).unwrap_err().to_string();
    assert!(error.contains("it is not a regular file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_literal_key_in_a_file_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new("secret-modes");
    folder.write("key", "sk-4");
    let http = |headers: &str| {
        format!("tracers:\n  main: {{exporter: {{otlp_http: {{endpoint: \"https://h/\", {headers}}}}}}}\n")
    };
    for (text, mode, warned) in [
        (with_key("sk-literal"), 0o644, Some("tracers.main.api_key")),
        (with_key("sk-literal"), 0o640, None),
        (with_key("sk-literal"), 0o600, None),
        (with_key("${file:key}"), 0o644, None),
        (with_key("Bearer ${X:-x}"), 0o644, None),
        ("tracers: {main: {exporter: console}}".to_owned(), 0o644, None),
        (
            http("headers: {x-tenant: shop, x-honeycomb-team: k}"),
            0o644,
            Some("tracers.main.exporter.otlp_http.headers.x-honeycomb-team"),
        ),
        (
            http("headers: [{name: Authorization, value: k}]"),
            0o644,
            Some("tracers.main.exporter.otlp_http.headers[0].value"),
        ),
        (http("headers_list: x-api-key=k"), 0o644, Some("tracers.main.exporter.otlp_http.headers_list")),
        (http("headers_list: x-tenant=k"), 0o644, None),
        // the names decide, not the values
        (
            http("headers_list: \"x-tenant=shop, X-Honeycomb-Team = k\""),
            0o644,
            Some("tracers.main.exporter.otlp_http.headers_list"),
        ),
        (http("headers_list: \"x-tenant=monkey,x-plan=authors=2\""), 0o644, None),
        (
            http("headers_list: \"x-tenant=${X:-x},x-api-key=k\""),
            0o644,
            Some("tracers.main.exporter.otlp_http.headers_list"),
        ),
        (http("headers_list: \"x-tenant=shop,x-api-key=${X:-x}\""), 0o644, None),
    ] {
        let path = folder.write("config.yaml", &text);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for warnings in
            [loader().load_path(&path).unwrap().warnings().to_vec(), loader().check_path(&path).unwrap()]
        {
            let found: Vec<_> = warnings.iter().map(|warning| (warning.code(), warning.path())).collect();
            let expected: Vec<_> = warned.iter().map(|path| (Some("readable_key"), *path)).collect();
            assert_eq!(found, expected, "{mode:o} {text}");
            assert!(warnings.iter().all(|warning| !format!("{warning:?}").contains("sk-literal")));
        }
    }
}
