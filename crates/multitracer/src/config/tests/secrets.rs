//! Secrets: no formatter shows a secret from any place of a file.

use proptest::prelude::{any, prop, proptest};

use super::load;
use crate::config::{Config, ConfigError};

const CANARY: &str = "cAnArY";

/// A file with the secret in every place; `@` marks where the mutations break it.
const FILE: &str = "\
defaults:
  api_key: sk-cAnArY
  exporter: {otlp_http: {endpoint: \"https://user:cAnArY@example.com/v1/traces?key=cAnArY\", headers: {x-api-key: cAnArY}}}
tracers:
  a:
    project: a
    api_key: \"cAnArY\\x31
      cAnArY\"
    environment: test
  b:
    exporter:
      otlp_http:
        headers_list: x-k=cAnArY,x-l=cAnArY
        timeout: 10
        headers:
          - {name: x-m, value: 'cAnArY'}
          - name: x-n
            value: >-
              cAnArY
              cAnArY
        tls: {cert_file: c, key_file: k}
  c: {api_key: \"${KEY}\", exporter: {otlp_grpc: {endpoint: \"${URL}\", headers: {x-k: \"Token ${KEY}\"}}}}
default_tracer: a
";

const VARIABLES: [(&str, &str); 2] = [("KEY", "cAnArY"), ("URL", "http://user:cAnArY@example.com")];

fn shown(result: &Result<Config, ConfigError>) -> String {
    match result {
        Ok(config) => format!("{config:?} {config:#?}"),
        Err(error) => {
            let diagnostics: Vec<_> =
                error.diagnostics().iter().map(|p| format!("{p:?} {} {:?}", p.message(), p.help())).collect();
            format!("{error} {error:?} {error:#?} {diagnostics:?}")
        }
    }
}

#[test]
fn a_valid_file_shows_no_secret() {
    let config = load(FILE, &VARIABLES);
    let text = shown(&config);
    assert!(config.is_ok(), "{text}");
    assert!(!text.contains(CANARY), "{text}");
    assert!(text.contains("[REDACTED]") && text.contains("https://example.com/v1/traces"), "{text}");
    assert!(config.unwrap().model().tracers.len() == 3);
}

#[test]
fn an_error_on_any_line_shows_no_secret() {
    let lines: Vec<&str> = FILE.lines().collect();
    let breaks = [
        "samplr: 1",
        "- x",
        "]",
        "\t",
        "  : :",
        "a: b: c",
        "*x",
        "'",
        "\"",
        "&a",
        "${",
        "api_key: sk-cAnArY",
        "authorization: Bearer cAnArY",
    ];
    let mut refused = 0;
    for at in 0..=lines.len() {
        for broken in breaks {
            for indent in [0, 2, 4, 8, 10] {
                let mut text: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                text.insert(at, format!("{}{broken}", " ".repeat(indent)));
                let result = load(&text.join("\n"), &VARIABLES);
                refused += usize::from(result.is_err());
                let text = shown(&result);
                assert!(!text.contains(CANARY), "{text}");
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn wrong_values_are_not_shown() {
    for text in [
        "tracers: {a: {api_key: \"cAnArY\\n\"}}",
        "tracers: {a: {exporter: {otlp_http: {tls: {cert_file: c, key_file: \"-----BEGIN PRIVATE KEY-----\\ncAnArY\"}}}}}",
        "tracers:\n  a:\n    enabled: true\n      api_key:cAnArY",
        "tracers: {a: {api_key: [cAnArY]}}",
        "tracers: {a: {api_key: {k: cAnArY}}}",
        "tracers: {a: {apiKey: cAnArY}}",
        "tracers: {a: {token: cAnArY, project: [x]}}",
        "tracers: {a: {api_key: !!int cAnArY}}",
        "tracers: {a: {api_key: !secret cAnArY}}",
        "tracers: {a: {api_key:cAnArY}}",
        "tracers: {a: {api_key cAnArY: }}",
        "tracers: {a: {exporter: {otlp_http: {headers: cAnArY}}}}",
        "tracers: {a: {exporter: {otlp_http: {headers: [cAnArY]}}}}",
        "tracers: {a: {exporter: {otlp_http: {headers: {authorization:Bearer cAnArY}}}}}",
        "tracers: {a: {exporter: {otlp_http: {headers: {x-a: \"cAnArY\\0\", b c: cAnArY, Host: cAnArY}}}}}",
        "tracers: {a: {exporter: {otlp_http: {headers_list: \"x cAnArY\"}}}}",
        "tracers: {a: {exporter: {otlp_http: {headers_list: \"x=%zzcAnArY\"}}}}",
        "tracers: {a: {exporter: {otlp_http: {endpoint: \"ftp://u:cAnArY@h/v1\"}}}}",
        "tracers: {a: {exporter: {otlp_http: {endpoint: \"https://u:cAnArY@h\"}}}}",
        "tracers: {a: {exporter: {otlp_http: \"https://u:cAnArY@h/\"}}}",
        "tracers: {a: {exporter: \"https://u:cAnArY@h/\"}}",
        "tracers: {a: {api_key: cAnArY, exporter: console}}",
        "tracers: {a: {api_key: cAnArY, api_key: cAnArY}}",
        "api_key: cAnArY\ntracers: {a: }",
        "tracers: {a: {project: \"${KEY:?cAnArY}\"}}",
        "tracers: {a: {enabled: \"${KEY}\"}}",
        "tracers: {a: {enabled: \"x${KEY}\"}}",
        "tracers: {a: {batch: {max_queue_size: \"${KEY}\"}}}",
        "tracers: {a: {sampler: \"${KEY}\"}}",
        "tracers: {a: {sampler: {trace_id_ratio_based: {ratio: \"${KEY}\"}}}}",
        "tracers: {a: {exporter: {otlp_http: {compression: \"${KEY}\", endpoint: \"${KEY}\"}}}}",
        "tracers: {a: {exporter: {otlp_grpc: {headers: [{name: \"a ${KEY}\", value: x}]}}}}",
        "tracers: {a: {resource: {attributes: [{name: x, value: \"${KEY}\", type: int}]}}}",
        "default_tracer: \"${KEY}\"\ntracers: {a: }",
        "tracers: {a: }\nroutes: [{tracer: \"${KEY}\"}]",
        "tracers: {a: }\nroutes: [{name: \"${KEY}\", tracer: a}, {name: \"${KEY}\", tracer: a}]",
        "tracers: {a: }\nroutes: [{tracer: a, headers: [{name: x, type: regex, value: \"(${KEY}\"}]}]",
        "tracers: {a: }\nroutes: [{tracer: a, headers: [{name: x, type: \"${KEY}\", value: x}]}]",
        "tracers: {a: }\nexperiments: {e: {fallback: \"${KEY}\", hash: \"${KEY}\", variants: [{name: \"${KEY}\"}, {name: \"${KEY}\"}]}}",
        "file_format: \"${KEY}\"\ntracers: {a: }",
        // known keys at the wrong place
        "sample_rate: sk-cAnArY\ntracers: {a: }",
        "tracers: {a: {resource: {sample_rate: sk-cAnArY}}}",
        "tracers: {a: }\nexperiments: {e: {compression: sk-cAnArY, enabled: cAnArY, variants: [{name: a}]}}",
        "endpoint: sk-cAnArY\ntracers: {a: }",
        "tracers: {a: }\nroutes: [{tracer: a, endpoint: sk-cAnArY}]",
        "tracers: {a: {exporters: [{name: timeout, value: sk-cAnArY}]}}",
        "tracers: {a: }\nroutes: [{tracer: a, headers: {x: y}, name: tracer, value: sk-cAnArY}]",
        "tracers: {a: }\nexperiments: {e: {variants: [{name: weight, value: sk-cAnArY}]}}",
        "tracers: [{name: a, value: sk-cAnArY}]",
        "tracers: {a: }\nexperiments: [{name: e, value: sk-cAnArY}]",
        // below a value that is not a map
        "tracers: {a: {resource: {attributes: {x: {y: sk-cAnArY}}}}}",
        "tracers: {a: {resource: {attributes: [{name: {y: sk-cAnArY}, value: x}]}}}",
        "tracers: {a: }\nroutes: [{tracer: a, headers: {x: {y: sk-cAnArY}}}]",
        "tracers: {a: }\nroutes: [{bogus: 1, headers: {X-Honeycomb-Team: cAnArY}}]",
        "tracers: {a: }\nroutes: [{bogus: 1, headers: [{name: X-Honeycomb-Team, value: cAnArY}]}]",
    ] {
        let result = load(text, &VARIABLES);
        let shown = shown(&result);
        assert!(result.is_err(), "{text}");
        assert!(!shown.contains(CANARY), "{text}\n{shown}");
    }
}

/// A number, a flag, a known word or a URL at the wrong place is no secret, and helps the reader.
#[test]
fn a_misplaced_value_is_shown_if_it_fits_its_key() {
    for entry in [
        "sample_rate: 0.00125",
        "max_queue_size: 2048000",
        "compression: none",
        "on_switch: child",
        "remote_parent: ignore",
        "encoding: protobuf",
        // a word of another key
        "remote_parent: always_on",
        "endpoint: http://localhost:4318/v1/traces",
        "x: short",
    ] {
        let error = load(&format!("tracers: {{a: }}\nexperiments:\n  {entry}\n  e: 1"), &[]).unwrap_err();
        assert!(error.to_string().contains(&format!(" {entry}")), "{entry}\n{error}");
    }
}

proptest! {
    #[test]
    fn no_typing_error_shows_a_secret(at in any::<prop::sample::Index>(), piece in "[ \\n:{}\\[\\],\"'&*!|>#-]{1,4}") {
        let mut text = FILE.to_owned();
        text.insert_str(at.index(text.len()), &piece);
        let shown = shown(&load(&text, &VARIABLES));
        assert!(!shown.contains(CANARY), "{text}\n{shown}");
    }
}
