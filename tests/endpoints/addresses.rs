//! Addresses of endpoints that are templates of their variables.

#![cfg(unix)]

use std::fs;
use std::process::Output;

use crate::support::odd::{JSON, answer, one_case, program, say, serve};
use crate::support::{code, copied_cases, err, out, proofmark};
use serde_json::Value as Json;

/// A folder with one case, and an endpoint `mock` whose host is a variable.
fn project(host: &str) -> tempfile::TempDir {
    let url = serve(say(answer("200 OK", JSON, "{\"id\":\"t\"}")));
    let port = url.rsplit(':').next().unwrap();
    let folder = one_case();
    let text = format!(
        "[endpoint.mock]\nurl = \"http://{{{{ host-name }}}}:{port}\"\nvars = {{ host-name = \"{host}\" }}\n"
    );
    fs::write(folder.path().join("endpoints.toml"), text.replace("host-name", "host_name")).unwrap();
    folder
}

fn run(folder: &tempfile::TempDir, variable: Option<&str>) -> (Output, Json) {
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let mut command = program(folder.path(), &["--endpoint", "mock", "--report", &report, "plain"]);
    if let Some(host) = variable {
        command.env("PROOFMARK_VAR_HOST_NAME", host);
    }
    let output = command.output().unwrap();
    let report = fs::read(&path).map_or(Json::Null, |text| serde_json::from_slice(&text).unwrap());
    (output, report)
}

#[test]
fn a_variable_of_the_endpoint_makes_its_address() {
    let (output, report) = run(&project("127.0.0.1"), None);
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    let url = report["endpoint"]["url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
}

#[test]
fn a_variable_of_the_environment_outranks_that_of_the_file() {
    let (output, report) = run(&project("no-such-host.invalid"), Some("127.0.0.1"));
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    assert!(report["endpoint"]["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{report}");
}

#[test]
fn an_address_that_the_environment_spoils_is_an_error_of_settings() {
    let (output, report) = run(&project("127.0.0.1"), Some("a b"));
    assert_eq!((code(&output), report), (2, Json::Null));
    assert!(err(&output).contains("invalid endpoint URL"), "{}", err(&output));
}

#[test]
fn a_name_that_the_endpoint_does_not_define_is_a_problem_at_its_place() {
    for (text, place, message, hint) in [
        (
            "[endpoint.a]\nurl = \"https://ecs.{{ regoin }}.example\"\nvars = { region = \"r\" }\n",
            "endpoints.toml:2:7",
            "`regoin` is not defined here",
            "did you mean `region`?",
        ),
        (
            "[endpoint.a]\nurl = \"https://a.example\"\nstates  = \"https://{{ region }}.example\"\n",
            "endpoints.toml:3:11",
            "`region` is not defined here",
            "define it in [endpoint.a.vars]",
        ),
        (
            "[endpoint.a]\nurl = \"https://{{ uuid() }}.example\"\n",
            "endpoints.toml:2:7",
            "`uuid` is not defined here",
            "define it in [endpoint.a.vars]",
        ),
        (
            "[endpoint.a]\nurl = \"https://{{ region }\"\nvars = { region = \"r\" }\n",
            "endpoints.toml:2:7",
            "not a template",
            "",
        ),
        (
            "[endpoint.a]\nurl = \"https://{{ region.of.a }}\"\nvars = { region = \"r\" }\n",
            "endpoints.toml:2:7",
            "the template gives no text",
            "",
        ),
    ] {
        let folder = copied_cases();
        fs::write(folder.path().join("cases/endpoints.toml"), text).unwrap();
        for arguments in [&["check"][..], &["run", "--endpoint", "a"]] {
            let output =
                proofmark(arguments).env("COLUMNS", "150").current_dir(folder.path()).output().unwrap();
            assert_eq!(code(&output), 3, "{}", err(&output));
            for part in [place, message, hint] {
                assert!(err(&output).contains(part), "{part}: {}", err(&output));
            }
        }
    }
}

#[test]
fn the_address_that_is_used_is_shown_with_what_it_comes_from() {
    let folder = copied_cases();
    let text = "[endpoint.cloud]\nurl = \"https://ecs.{{ region }}.example\"\nvars = { region = \"cn-hangzhou\", zone = \"hidden\" }\n";
    fs::write(folder.path().join("cases/endpoints.toml"), text).unwrap();
    let shown = |variable: Option<&str>| {
        let mut command = proofmark(&["endpoints"]);
        if let Some(region) = variable {
            command.env("PROOFMARK_VAR_REGION", region);
        }
        let text = out(&command.current_dir(folder.path()).output().unwrap());
        assert!(!text.contains("hidden"), "{text}");
        text
    };
    let from = "(endpoints.toml: https://ecs.{{ region }}.example)";
    for (variable, region, origin) in [
        (None, "cn-hangzhou", "region (endpoints.toml), zone (endpoints.toml)"),
        (Some("cn-shanghai"), "cn-shanghai", "region (PROOFMARK_VAR_REGION), zone (endpoints.toml)"),
    ] {
        let text = shown(variable);
        for line in [
            format!("url                https://ecs.{region}.example  {from}"),
            format!("vars               {origin}"),
        ] {
            assert!(text.contains(&line), "{line}: {text}");
        }
    }
}
