//! The recipes of docs/ci.md and docs/ci-parts.md do what they say: they are read from the pages, and their lines run
//! in a shell against the program, with what the service would set. The parts together must come to what one run
//! comes to.

#![cfg(unix)]
mod machine;
mod recipe;
mod service;

use std::path::Path;

use crate::support::Served;
use machine::{Machine, Project, text};
use recipe::{block, blocks_of, documents, github_scripts, gitlab_script, texts};
use serde_json::{Value as Json, json};
use service::{BASH, Endpoint, Github, Gitlab, Jenkins, SH, Service};

/// What is compared of a report: everything but times, and what a part cannot know of the whole.
fn essence(report: &Json) -> Json {
    let case = |case: &Json| json!([case["id"], case["verdict"], case["findings"]]);
    let cases: Vec<Json> = report["cases"].as_array().unwrap().iter().map(case).collect();
    assert!(cases.len() > 100);
    // Parts do not show which rows are held.
    let row = |row: &Json| json!([row["contract"], row["met"], row["of"], row["not_met"]]);
    let rows: Vec<Json> = report["error_rows"].as_array().unwrap().iter().map(row).collect();
    json!({ "cases": cases, "counts": report["counts"], "rows": rows, "outcome": report["outcome"] })
}

/// The same of one run of everything.
fn of_one_run(project: &Project, arguments: &str) -> Json {
    let machine = Machine::new(project);
    let script = format!("proofmark run -q --report json=whole.json {arguments} || true");
    assert_eq!(machine.run(&SH, &script, &[("CI", "true")]), 0);
    essence(&serde_json::from_str(&text(&machine.path("whole.json"))).unwrap())
}

/// Holds what the last job has left against one run.
fn held(json: &Path, junit: &Path, due: &Json) {
    assert_eq!(&essence(&serde_json::from_str(&text(json)).unwrap()), due);
    let cases = due["cases"].as_array().unwrap().len();
    assert_eq!(text(junit).matches("<testcase ").count(), cases);
}

/// Runs all parts, and the whole with those that were not lost.
fn in_parts(
    service: &impl Service,
    project: &Project,
    endpoint: Endpoint,
    lost: Option<usize>,
) -> (Vec<i32>, i32, Machine) {
    let whole = Machine::new(project);
    let mut codes = Vec::new();
    for number in 1..=service.parts() {
        let machine = Machine::new(project);
        codes.push(service.part(&machine, number, endpoint));
        if lost != Some(number) {
            assert!(whole.take(&machine, &service.kept(number)), "part {number} has kept nothing");
        }
    }
    let code = service.whole(&whole);
    (codes, code, whole)
}

fn comes_to_the_whole(service: &impl Service) {
    assert!(service.parts() > 1);
    let project = Project::new();
    for endpoint in Endpoint::BOTH {
        let (codes, code, machine) = in_parts(service, &project, endpoint, None);
        assert_eq!((codes.iter().max(), code), (Some(&endpoint.code()), endpoint.code()), "{codes:?}");
        let due = of_one_run(&project, endpoint.flags());
        held(&machine.path("proofmark.json"), &machine.path("proofmark.xml"), &due);
    }
    let (_, code, machine) = in_parts(service, &project, Endpoint::Sound, Some(2));
    assert_eq!(code, 3, "a part is missing");
    assert!(!machine.path("proofmark.json").exists() && !machine.path("proofmark.xml").exists());
}

#[test]
fn the_parts_of_github_actions_come_to_the_whole() {
    comes_to_the_whole(&Github(documents(&block("github-parts")).remove(0)));
}

#[test]
fn the_parts_of_gitlab_come_to_the_whole() {
    let pipeline = documents(&block("gitlab-parts")).remove(0);
    assert_eq!(pipeline["part"]["allow_failure"]["exit_codes"], json!([1, 5]));
    assert_eq!(pipeline["whole"]["artifacts"]["reports"]["junit"], "proofmark.xml");
    comes_to_the_whole(&Gitlab(pipeline));
}

#[test]
fn the_parts_of_jenkins_come_to_the_whole() {
    let pipeline = block("jenkins-parts");
    assert_eq!(pipeline.matches('{').count(), pipeline.matches('}').count());
    assert!(pipeline.contains("junit 'proofmark.xml'"));
    comes_to_the_whole(&Jenkins(pipeline));
}

#[test]
fn wherever_parts_are_put_together_they_are_held_against_the_manifest() {
    for name in ["github-parts", "gitlab-parts", "jenkins-parts", "kubernetes-whole"] {
        let recipe = block(name);
        let joined = recipe.split("proofmark report ").nth(1).unwrap();
        assert!(joined.contains("--manifest cases/manifest.toml"), "{name}");
    }
}

/// Where the endpoint and its hook are. The hook of a mock has a path of its own.
fn addresses(served: &Served) -> [(&str, &str); 2] {
    [("URL", served.at("url")), ("HOOK", served.at("states"))]
}

/// A script in which the hook's address is that of a served endpoint.
fn hooked(script: &str) -> String {
    assert!(script.contains(r#"--states "$URL/states""#), "{script}");
    script.replace("$URL/states", "$HOOK")
}

/// The one container of a Job.
fn container(job: &Json) -> &Json {
    let containers = job["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}

/// Runs a container's command with its own variables, some of which a test sets anew.
fn contained(container: &Json, machine: &Machine, anew: &[(&str, &str)]) -> i32 {
    let command = texts(&container["command"]);
    let (script, shell) = command.split_last().unwrap();
    let own = container["env"].as_array().unwrap();
    let mut variables: Vec<(&str, &str)> =
        own.iter().map(|entry| (entry["name"].as_str().unwrap(), entry["value"].as_str().unwrap())).collect();
    variables.extend(anew);
    let script = if script.contains("--endpoint") { hooked(script) } else { (*script).to_owned() };
    machine.run(shell, &script, &variables)
}

#[test]
fn the_pods_of_an_indexed_job_come_to_the_whole() {
    let parts = documents(&block("kubernetes-parts")).remove(1);
    let whole = documents(&block("kubernetes-whole")).remove(0);
    let completions = parts["spec"]["completions"].as_u64().unwrap();
    let project = Project::new();
    for endpoint in Endpoint::BOTH {
        let (served, results) = (endpoint.served(), tempfile::tempdir().unwrap());
        let shared = ("RESULTS", results.path().to_str().unwrap());
        for index in 0..completions {
            let given = [("JOB_COMPLETION_INDEX", &*index.to_string()), shared];
            let given = [&given[..], &addresses(&served)].concat();
            let code = contained(container(&parts), &Machine::new(&project), &given);
            assert_eq!(code, 0, "a broken contract is no reason for another try");
        }
        let code = contained(container(&whole), &Machine::new(&project), &[shared]);
        assert_eq!(code, endpoint.code());
        let flags = format!("--endpoint {} --states {} --sign none", served.at("url"), served.at("states"));
        let due = of_one_run(&project, &flags);
        held(&results.path().join("proofmark.json"), &results.path().join("proofmark.xml"), &due);
    }
}

#[test]
fn a_pod_that_cannot_run_fails_and_a_missing_part_fails_the_whole() {
    let parts = documents(&block("kubernetes-parts")).remove(1);
    let whole = documents(&block("kubernetes-whole")).remove(0);
    let (project, results) = (Project::new(), tempfile::tempdir().unwrap());
    let shared = ("RESULTS", results.path().to_str().unwrap());
    let wrong = [
        ("JOB_COMPLETION_INDEX", "0"),
        ("PARTS", "none"),
        ("URL", "http://127.0.0.1:9"),
        ("HOOK", "http://127.0.0.1:9"),
        shared,
    ];
    assert_eq!(contained(container(&parts), &Machine::new(&project), &wrong), 2);
    let final_codes = &parts["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"];
    assert_eq!(final_codes, &json!([2, 3, 4]));
    assert_eq!(contained(container(&whole), &Machine::new(&project), &[shared]), 3);
}

#[test]
fn the_jobs_of_kubernetes_fit_together() {
    let [claim, parts] = &documents(&block("kubernetes-parts"))[..] else { panic!("a claim and a Job") };
    let whole = documents(&block("kubernetes-whole")).remove(0);
    assert_eq!(
        (&claim["kind"], &claim["spec"]["accessModes"]),
        (&json!("PersistentVolumeClaim"), &json!(["ReadWriteMany"]))
    );
    assert_eq!(parts["spec"]["completionMode"], "Indexed");
    assert_eq!(parts["spec"]["completions"], parts["spec"]["parallelism"]);
    let failing = &parts["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["containerName"];
    assert_eq!(failing, &container(parts)["name"]);
    for job in [parts, &whole] {
        let (pod, container) = (&job["spec"]["template"]["spec"], container(job));
        assert_eq!((&job["apiVersion"], &job["kind"]), (&json!("batch/v1"), &json!("Job")));
        assert_eq!(pod["restartPolicy"], "Never");
        assert_eq!(pod["volumes"][0]["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"]);
        assert_eq!(container["volumeMounts"][0]["name"], pod["volumes"][0]["name"]);
        let value = |name: &str| {
            let entries = container["env"].as_array().unwrap();
            entries.iter().find(|entry| entry["name"] == name).unwrap()["value"].as_str().unwrap().to_owned()
        };
        assert_eq!(value("PARTS"), parts["spec"]["completions"].to_string());
        assert_eq!(value("RESULTS"), container["volumeMounts"][0]["mountPath"].as_str().unwrap());
        // In a command, Kubernetes takes `$$` for one dollar.
        assert!(!texts(&container["command"]).iter().any(|text| text.contains("$$")));
    }
}

#[test]
fn a_single_job_passes_what_conforms_and_stops_what_does_not() {
    let project = Project::new();
    for endpoint in Endpoint::BOTH {
        let served = endpoint.served();
        let machine = Machine::new(&project);
        let github = documents(&block("github")).remove(0);
        let given = [&addresses(&served)[..], &[("CI", "true"), ("GITHUB_ACTIONS", "true")]].concat();
        let scripts = github_scripts(&github["jobs"]["contract"], &[]);
        let [build, check, tests] = &scripts[..] else { panic!("{scripts:?}") };
        assert_eq!((machine.run(&BASH, build, &given), machine.run(&BASH, check, &given)), (0, 0));
        assert_eq!(machine.run(&BASH, &hooked(tests), &given), endpoint.code());
        assert!(machine.path("proofmark.json").exists());

        let machine = Machine::new(&project);
        let gitlab = documents(&block("gitlab")).remove(0);
        let given = [&addresses(&served)[..], &[("CI", "true"), ("GITLAB_CI", "true")]].concat();
        let code = machine.run(&SH, &hooked(&gitlab_script(&gitlab["contract"])), &given);
        assert_eq!(code, endpoint.code());
        let report = gitlab["contract"]["artifacts"]["reports"]["junit"].as_str().unwrap();
        assert!(machine.path(report).exists() && machine.path("proofmark.json").exists());
    }
}

#[test]
fn every_block_of_yaml_is_yaml_and_every_script_in_it_is_one() {
    let blocks = blocks_of("yaml");
    assert!(blocks.len() >= 7, "{}", blocks.len());
    let expression = regex::Regex::new(r"\$\{\{[^}]*\}\}").unwrap();
    let mut scripts = 0;
    for document in blocks.iter().flat_map(|block| documents(block)) {
        let mut open = vec![&document];
        while let Some(value) = open.pop() {
            open.extend(value.as_array().into_iter().flatten());
            open.extend(value.as_object().into_iter().flat_map(|entries| entries.values()));
            let joined = value.get("script").map(|lines| texts(lines).join("\n"));
            let run = value.get("run").and_then(Json::as_str).map(str::to_owned);
            for script in joined.into_iter().chain(run) {
                assert!(Machine::parses(&expression.replace_all(&script, "1")), "{script}");
                scripts += 1;
            }
        }
    }
    assert!(scripts >= 10, "{scripts}");
}
