//! Reads src/ and fails on an import that the layers do not allow; docs/architecture.md has the table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules each module may import.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("event", &["model"]),
    ("whole_file", &["model"]),
    ("plain", &["model"]),
    ("wrapped", &["plain"]),
    ("watch", &[]),
    ("template", &["model"]),
    ("source", &["model", "template"]),
    ("plan", &["model", "template"]),
    ("digest", &["model"]),
    ("curl", &["model"]),
    ("sign", &["digest", "model"]),
    ("wire", &["digest", "model", "sign"]),
    ("limit", &["model", "wire"]),
    ("check", &["model", "template", "digest", "wire"]),
    ("transport", &["model", "template", "sign", "wire"]),
    ("snapshot", &["model", "template", "digest", "check", "whole_file"]),
    ("markup", &["model", "digest"]),
    ("review", &["model", "plain", "markup", "check", "digest", "wire", "snapshot"]),
    (
        "evidence",
        &[
            "model",
            "event",
            "check",
            "snapshot",
            "digest",
            "plan",
            "template",
            "plain",
            "coverage",
            "judgement",
        ],
    ),
    ("compare", &["model", "check", "plan", "digest", "snapshot"]),
    ("noise", &["model", "digest", "wire", "snapshot"]),
    ("judgement", &["model", "event", "template", "plan", "check", "limit", "digest", "wire"]),
    ("strength", &["model", "template", "plan", "check", "wire", "snapshot", "judgement"]),
    ("coverage", &["model", "template", "plan", "check", "limit", "wire"]),
    (
        "run",
        &[
            "model",
            "event",
            "template",
            "plan",
            "transport",
            "check",
            "snapshot",
            "digest",
            "sign",
            "wire",
            "judgement",
        ],
    ),
    ("report", &["model", "event", "plain", "wrapped", "markup", "curl", "digest", "limit", "whole_file"]),
    ("reference", &["model", "digest", "sign"]),
    (
        "app",
        &[
            "compare",
            "noise",
            "embedded",
            "model",
            "event",
            "template",
            "source",
            "plan",
            "transport",
            "check",
            "snapshot",
            "curl",
            "digest",
            "sign",
            "wire",
            "run",
            "judgement",
            "reference",
            "report",
            "review",
            "coverage",
            "evidence",
            "strength",
            "whole_file",
        ],
    ),
    (
        "harness",
        &[
            "app",
            "embedded",
            "event",
            "judgement",
            "model",
            "plan",
            "report",
            "run",
            "snapshot",
            "source",
            "transport",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "compare",
            "noise",
            "embedded",
            "model",
            "event",
            "source",
            "plan",
            "transport",
            "snapshot",
            "run",
            "reference",
            "report",
            "review",
            "coverage",
            "evidence",
            "strength",
            "whole_file",
            "wrapped",
            "watch",
        ],
    ),
    ("embedded", &["model", "event", "sign", "reference", "run", "transport"]),
    ("main", &["cli"]),
];

/// Crates that one module alone may name.
const CONFINED: &[(&str, &[&str])] = &[
    ("aho_corasick", &["snapshot"]),
    ("minijinja", &["template"]),
    ("toml", &["source"]),
    ("csv", &["source"]),
    ("encoding_rs", &["wire"]),
    ("strsim", &["model"]),
    ("reqwest", &["transport"]),
    ("rustls", &["transport", "reference"]),
    ("tokio_rustls", &["transport", "reference"]),
    ("rcgen", &["reference"]),
    ("tar", &["evidence"]),
    ("ring", &["evidence"]),
    ("pem", &["evidence"]),
    ("insta", &["snapshot"]),
    ("tempfile", &["whole_file"]),
    ("similar", &["snapshot"]),
    ("quick_xml", &["wire", "reference", "report"]),
    ("shlex", &["curl"]),
    ("rlimit", &["run"]),
    ("hyper", &["transport", "reference"]),
    ("socket2", &["transport"]),
    ("flate2", &["transport"]),
    ("brotli_decompressor", &["transport"]),
    ("ruzstd", &["transport"]),
    ("rustls_platform_verifier", &["transport"]),
    ("wiremock", &["reference"]),
    ("indicatif", &["report"]),
    ("libtest_mimic", &["harness"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("miette", &["cli"]),
    ("notify", &["watch"]),
    ("crossterm", &["cli"]),
    ("unicode_width", &["wrapped"]),
    ("hmac", &["sign"]),
    ("sha1", &["sign"]),
    ("sha2", &["digest", "sign"]),
    ("base64", &["digest", "sign"]),
    ("base16ct", &["digest", "sign"]),
    ("aws_sigv4", &["sign"]),
    ("aws_credential_types", &["sign"]),
];

/// Modules that may not name these: they are free from layer 2 up. What of `model` and `event` is written out derives
/// its form.
const FREE_FROM_LAYER_2: [&str; 3] = ["serde_json", "thiserror", "tokio"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Each module with the code of its files, without comments and without its tests.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    let mut modules: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in found {
        let inside = path.strip_prefix(&root).unwrap();
        if inside.components().any(|part| part.as_os_str() == "tests") || inside.ends_with("tests.rs") {
            continue;
        }
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        modules
            .entry(first.trim_end_matches(".rs").to_owned())
            .or_default()
            .push((inside.to_path_buf(), lines.collect::<Vec<_>>().join("\n")));
    }
    modules
}

fn names(code: &str, name: &str) -> bool {
    let needle = format!("{name}::");
    code.match_indices(&needle).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_' && letter != ':')
    })
}

#[test]
fn no_module_imports_one_that_its_layer_does_not_allow() {
    let mut wrong = Vec::new();
    for (module, sources) in
        modules().iter().filter(|(module, _)| !["lib", "inside"].contains(&module.as_str()))
    {
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(name, _)| name == module)
            .unwrap_or_else(|| panic!("{module} has no layer"));
        for (path, code) in sources {
            for (other, _) in ALLOWED.iter().filter(|(other, _)| other != module && !allowed.contains(other))
            {
                if code.contains(&format!("crate::{other}::"))
                    || code.contains(&format!("proofmark::{other}::"))
                {
                    wrong.push(format!("{} imports {other}", path.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// On which layer a module is: above all that it may import.
fn layer(module: &str) -> usize {
    let (_, imports) = ALLOWED.iter().find(|(name, _)| *name == module).unwrap();
    imports.iter().map(|name| layer(name) + 1).max().unwrap_or_default()
}

#[test]
fn the_table_of_layers_is_in_the_documents() {
    let listed =
        |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut rows: Vec<(usize, String)> = Vec::new();
    for (module, imports) in ALLOWED.iter().filter(|(module, _)| *module != "main") {
        let layer_of_it = layer(module);
        let below = ALLOWED.iter().map(|(name, _)| *name).filter(|name| layer(name) < layer_of_it);
        let others: Vec<&str> = below.filter(|name| !imports.contains(name)).collect();
        let text = match imports.len() {
            0 => String::new(),
            1..=12 => listed(imports.to_vec()),
            _ => format!("all below but {}", listed(others)),
        };
        rows.push((layer_of_it, format!("| {layer_of_it} | `{module}` | {text} |").replace("|  |", "| |")));
    }
    // A floor keeps the order of the list above.
    rows.sort_by_key(|(layer, _)| *layer);
    let table = rows.iter().map(|(_, row)| row.as_str()).collect::<Vec<_>>().join("\n");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/architecture.md")).unwrap().replace("\r\n", "\n");
    assert!(
        page.contains(&format!("{table}\n\n")),
        "docs/architecture.md has another table than this:\n{table}"
    );
    for floor in 0..=rows.last().unwrap().0 {
        let rooms: Vec<&str> =
            ALLOWED.iter().map(|(name, _)| *name).filter(|name| layer(name) == floor).collect();
        let line = format!("\n    {}", rooms.join(" . "));
        assert!(page.contains(&line), "docs/architecture.md has another picture than this:{line}");
    }
}

#[test]
fn a_third_party_crate_is_named_only_where_it_is_confined() {
    let mut wrong = Vec::new();
    for (module, sources) in modules() {
        for (path, code) in sources {
            let confined = CONFINED.iter().filter(|(_, homes)| !homes.contains(&module.as_str()));
            wrong.extend(
                confined
                    .filter(|(name, _)| names(&code, name))
                    .map(|(name, _)| format!("{} names {name}", path.display())),
            );
            if ["model", "event", "template"].contains(&module.as_str()) {
                let low = FREE_FROM_LAYER_2.iter().filter(|name| names(&code, name));
                wrong.extend(low.map(|name| format!("{} names {name}", path.display())));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn only_the_front_ends_read_the_environment() {
    let mut wrong = Vec::new();
    for (module, sources) in
        modules().iter().filter(|(module, _)| !["cli", "harness"].contains(&module.as_str()))
    {
        let reads = sources.iter().filter(|(_, code)| code.contains("env::var"));
        wrong.extend(reads.map(|(path, _)| format!("{module}: {}", path.display())));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn what_can_be_done_is_done_without_printing_and_without_exit_codes() {
    let mut wrong = Vec::new();
    for (path, code) in &modules()["app"] {
        for word in ["print!", "println!", "eprint", "stdout()", "stderr()", "ExitCode", "process::exit"] {
            if code.contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What commands do is done in `app`: they neither run cases, nor judge, nor change snapshots, nor read bundles.
#[test]
fn the_command_line_has_no_use_case_of_its_own() {
    const DONE_IN_APP: [&str; 18] = [
        "Session::",
        "Client::",
        "Store::",
        "Templates",
        "Redactor",
        "Archive",
        "WaiverBook",
        "load_waivers",
        ".accept()",
        ".reject()",
        "case_ids(",
        "orphans(",
        "preview(",
        "encode(",
        " bundle(",
        "load_shelf",
        "summarise(",
        "judge(",
    ];
    let mut wrong = Vec::new();
    for (path, code) in &modules()["cli"] {
        let done = DONE_IN_APP.iter().filter(|word| code.contains(**word));
        wrong.extend(done.map(|word| format!("{}: {word}", path.display())));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What only `app` may do: another room that starts a client or the embedded endpoint for a run would do half of it.
#[test]
fn sessions_are_put_together_in_one_place() {
    let mut wrong = Vec::new();
    for (module, sources) in modules() {
        for (path, code) in sources {
            let is_home = path.ends_with("app/session.rs") || ["run", "embedded"].contains(&module.as_str());
            for word in ["Runner::new(", "embedded::start("] {
                if code.contains(word) && !is_home {
                    wrong.push(format!("{}: {word}", path.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_reference_endpoint_never_reads_the_cases() {
    let modules = modules();
    let reads =
        modules["reference"].iter().filter(|(_, code)| code.contains("std::fs") || code.contains("cases/"));
    assert_eq!(reads.map(|(path, _)| path.clone()).collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn nothing_but_the_reference_endpoint_knows_the_operation_by_name() {
    let mut wrong = Vec::new();
    for (module, sources) in modules().iter().filter(|(module, _)| *module != "reference") {
        let knows = sources.iter().filter(|(_, code)| code.contains("StartImagePipeline"));
        wrong.extend(knows.map(|(path, _)| format!("{module}: {}", path.display())));
    }
    assert_eq!(wrong, Vec::<String>::new());
}
