//! What is wrong in a file is reported at its line and column, with a hint, and all of it at once.

use std::fs;
use std::path::Path;

use proofmark::inside::source::{LoadError, Wanted, check_normalisation, load, load_endpoints};

const CONTRACT: &str = r#"operation = "Get"
version   = "1"
about     = "Gets a thing."

[sources.page]
title = "The page"

[request]
method = "GET"
path   = "/things"
place  = "query"

[[param]]
name     = "id"
type     = "string"
required = true
source   = ["page"]

[[error]]
status  = 404
code    = "NotFound"
message = "%s."

[[error]]
status  = 400
code    = "Bad"
message = "It is bad."
"#;

const STATES: &str = r#"[[state]]
name  = "a thing"
about = "There is one."
[state.params.kind]
about    = "Its kind."
required = true
one-of   = ["old", "new"]
[state.provides.thing]
about   = "Its id."
example = "t-1"
"#;

/// Writes a folder of cases, with an operation in `shop/Get`, and gives the problems found in it.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), CONTRACT).unwrap();
    fs::write(operation.join("states.toml"), STATES).unwrap();
    for (name, text) in files {
        let path = folder.path().join("shop").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    match load(folder.path(), Wanted::All) {
        Ok(_) => Vec::new(),
        Err(LoadError::Problems(problems)) => {
            problems.iter().map(|problem| shown(problem, folder.path())).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

fn shown(problem: &proofmark::inside::model::Problem, folder: &Path) -> String {
    problem.to_string().replace(&format!("{}/shop/", folder.display()), "")
}

/// A table with one good case, and this text after it.
fn table(text: &str) -> String {
    format!(
        "[params]\nid = \"1\"\n\n[[case]]\nid = \"good\"\nabout = \"It is there.\"\nexpect = {{ status = 200 }}\n\n{text}\n"
    )
}

fn problems_of_table(text: &str) -> Vec<String> {
    problems(&[("Get/t.toml", &table(text))])
}

#[test]
fn a_good_table_has_no_problems() {
    assert_eq!(problems_of_table(""), Vec::<String>::new());
}

/// Each line of a case, and what is said of it. The case starts in line 9.
const MISTAKES: &[(&str, &str)] = &[
    (
        "expect = { status = 200 }\naxes = { method = [\"GET\", \"get\"] }",
        "Get/t.toml:13:8: the axes give `get` twice",
    ),
    ("expct = { status = 200 }", "Get/t.toml:12:1: unknown key `expct`\n  hint: did you mean `expect`?"),
    (
        "tags = []\nexpect = { status = 200 }",
        "Get/t.toml:12:8: a list of tags without a tag\n  hint: leave `tags` out",
    ),
    ("tags = [\"Slow\"]\nexpect = { status = 200 }", "Get/t.toml:12:9: `Slow` is not a tag: "),
    ("tags = [\"\"]\nexpect = { status = 200 }", "Get/t.toml:12:9: `` is not a tag: "),
    ("tags = [\"a\", \"a\"]\nexpect = { status = 200 }", "Get/t.toml:12:14: the tag `a` is there twice"),
    ("tags = \"a\"\nexpect = { status = 200 }", "Get/t.toml:12:8: "),
    ("expect = { status = 99 }", "Get/t.toml:12:21: `99` is not a status"),
    ("expect = { status = \"7xx\" }", "Get/t.toml:12:21: `7xx` is not a status"),
    ("expect = {}", "Get/t.toml:12:10: nothing is expected, so nothing could fail"),
    (
        "expect = { code = \"NotFond\" }",
        "Get/t.toml:12:19: the contract has no error `NotFond`\n  hint: did you mean `NotFound`?",
    ),
    (
        "expect = { status = 500, code = \"Bad\" }",
        "Get/t.toml:12:21: the status contradicts the contract: `Bad` has 400",
    ),
    (
        "expect = { code = \"Bad\", message = \"Other.\" }",
        "Get/t.toml:12:36: the message contradicts the contract: `Bad` has \"It is bad.\"",
    ),
    ("expect = { code = \"NotFound\", message = \"%s.\" }", "Get/t.toml:12:41: an exact message holds `%s`"),
    ("expect = { status = 200, body = { \"x\" = 1 } }", "Get/t.toml:12:35: not a JSONPath (RFC 9535)"),
    (
        "expect = { body = { \"$[?match(@.a, '[')]\" = { present = false } } }",
        "Get/t.toml:12:21: not a regular expression",
    ),
    (
        "expect = { body = { \"$.a[*]\" = 1 } }",
        "Get/t.toml:12:32: the path may find several values, and `equals` is for one\n  hint: write { each = … }",
    ),
    (
        "expect = { body = { \"$..a\" = { any = [[1], { regex = \"a\" }] } } }",
        "Get/t.toml:12:30: the path may find several values, and `regex` is for one",
    ),
    (
        "expect = { body = { \"$.a[0:1]\" = { not = { min = 1 } } } }",
        "Get/t.toml:12:34: the path may find several values, and `min` is for one",
    ),
    (
        "expect = { body = { \"$.a\" = { not = { type = \"strng\" } } } }",
        "Get/t.toml:12:46: `strng` is not one of",
    ),
    ("expect = { body = { \"$.a\" = { min = \"x\" } } }", "Get/t.toml:12:37: \"x\" is not a number"),
    (
        "expect = { body = { \"$.a\" = { count = -1 } } }",
        "Get/t.toml:12:39: -1 is not a whole number from 0 on",
    ),
    ("expect = { body = { \"$.a\" = { count = { min = 0 } } } }", "Get/t.toml:12:39: no limit is given"),
    (
        "expect = { body = { \"$.a\" = { length = { min = 2, max = 1 } } } }",
        "Get/t.toml:12:40: `min` is 2 and `max` is 1, so this could not hold",
    ),
    ("expect = { body = { \"$.a\" = { any = [] } } }", "Get/t.toml:12:37: there is no alternative"),
    ("expect = { body = { \"$.a\" = { all = [] } } }", "Get/t.toml:12:37: nothing is asked for"),
    (
        "expect = { body = { \"$.a\" = { contains = \"\" } } }",
        "Get/t.toml:12:42: every text contains the empty one",
    ),
    (
        "expect = { body = { \"$.a\" = { not = { present = true } } } }",
        "Get/t.toml:12:37: `not` needs a value, so `present` says nothing here\n  hint: write { present = false }",
    ),
    (
        "expect = { body = { \"$.a\" = [\"b\", { regex = \"c\" }] } }",
        "Get/t.toml:12:35: in a plain list this is a value, not a matcher\n  hint: write { any = [ … ] }",
    ),
    (
        "expect = { headers = { vary = [\"a\", \"b\"] } }",
        "Get/t.toml:12:31: `equals` of a list is never right here: this is a text or a number\n  hint: write { any = ",
    ),
    ("expect = { message = { each = \"a\" } }", "Get/t.toml:12:22: `each` of a list is never right here"),
    (
        "expect = { status = 400, any = [{ status = 404 }, { status = \"4xx\", message = \"a\" }] }",
        "Get/t.toml:12:44: this alternative could not hold: it has the status 404, and beside it 400 is expected",
    ),
    (
        "expect = { status = 400, any = [{ code = \"NotFound\" }, { code = \"Bad\" }] }",
        "Get/t.toml:12:42: this alternative could not hold: it has the status 404, and beside it 400 is expected",
    ),
    (
        "expect = { code = \"Bad\", any = [{ status = 404 }] }",
        "Get/t.toml:12:44: this alternative could not hold: it has the status 404, and beside it 400 is expected",
    ),
    (
        "expect = { status = 200 }\nrequest = { place = \"form\" }",
        "Get/t.toml:13:11: a GET or HEAD request has no form in its body\n  hint: send it with another method",
    ),
    (
        "expect = { status = 200 }\naxes = { method = [\"POST\", \"HEAD\"], place = [\"query\", \"form\"] }",
        "Get/t.toml:13:8: a GET or HEAD request has no form in its body",
    ),
    (
        "expect = { status = 200 }\nparams = { id = \"100{% off\" }",
        "Get/t.toml:13:17: not a template: syntax error: unknown statement off\n  hint: `{%` begins a statement; for these two characters themselves write {{ '{%' }}",
    ),
    ("expect = { status = 200 }\nparams = { id = \"a {# b\" }", "Get/t.toml:13:17: not a template: "),
    ("expect = { message = { regex = \"(\" } }", "Get/t.toml:12:32: not a regular expression"),
    (
        "expect = { message = { regex = \"a\", template = \"b\" } }",
        "Get/t.toml:12:22: a matcher has exactly one key",
    ),
    ("expect = { status = 200, within = \"soon\" }", "Get/t.toml:12:35: `soon` is not a duration"),
    ("expect = { status = 200, within = \"0ms\" }", "Get/t.toml:12:35: `0ms` is not a duration"),
    (
        "expect = { status = 200 }\nparams = { id = \"{{ nosuch }}\" }",
        "Get/t.toml:13:17: `nosuch` is not defined here",
    ),
    ("expect = { status = 200 }\nparams = { id = \"{{ 1 + }}\" }", "Get/t.toml:13:17: not a template"),
    (
        "expect = { status = 200 }\nparams = { id = \"{{ 'a' | uper }}\" }",
        "Get/t.toml:13:17: not a template: unknown filter",
    ),
    (
        "expect = { status = 200 }\nparams = { id = \"x{{ 1 is od }}\" }",
        "Get/t.toml:13:17: not a template: unknown test",
    ),
    ("expect = { status = 200 }\nunset = [\"ids\"]", "Get/t.toml:13:10: `ids` is not sent anyway"),
    (
        "expect = { status = 200 }\ngiven = \"a think\"",
        "Get/t.toml:13:9: no state is called \"a think\"\n  hint: did you mean \"a thing\"?",
    ),
    ("expect = { status = 200 }\ngiven = \"a thing\"", "Get/t.toml:13:9: the state \"a thing\" needs `kind`"),
    (
        "expect = { status = 200 }\ngiven = { state = \"a thing\", params = { kind = \"odd\" } }",
        "Get/t.toml:13:9: `kind` is one of old, new",
    ),
    (
        "expect = { status = 200 }\nparams = { id = \"{{ thing }}\" }\ngiven = [{ state = \"a thing\", params = { kind = \"old\" } }, { state = \"a thing\", params = { kind = \"new\" } }]",
        "Get/t.toml:14:60: two states of the case give `thing`\n  hint: tell them apart",
    ),
    (
        "expect = { status = 200 }\nparams = { id = \"{{ thing }}\" }\ngiven = { state = \"a thing\", params = { kind = \"old\" } }\nrows = [{ id = \"a\", thing = \"x\" }]",
        "Get/t.toml:14:9: `thing` is a column of the rows and a variable of a state",
    ),
    (
        "expect = { status = 200 }\nparams = { id = \"{{ thing }}\" }\ngiven = { state = \"a thing\", params = { kind = \"old\" } }\nvars = { thing = \"x\" }",
        "Get/t.toml:15:18: `thing` is a variable of a state and one of `vars`",
    ),
    (
        "expect = { status = 200 }\ngiven = { state = \"a thing\", as = \"Old-\", params = { kind = \"old\" } }",
        "Get/t.toml:13:35: a word of a-z, 0-9 and _",
    ),
    (
        "expect = { status = 200 }\nrules = [\"nosuch\"]",
        "Get/t.toml:13:10: the contract has no rule `nosuch`",
    ),
    ("expect = { status = 200 }\nrows = []", "Get/t.toml:13:8: there are no rows"),
    (
        "expect = { status = 200 }\nrows = [{ id = \"a\", x = 1 }]",
        "Get/t.toml:13:9: nothing uses the column `x`",
    ),
    (
        "expect = { status = 200 }\nrows = [{ id = \"a\" }, { id = \"a\" }]",
        "Get/t.toml:13:23: the row `a` is there twice",
    ),
    ("expect = { status = 200 }\nrows = [{ id = \"../a\" }]", "Get/t.toml:13:9: '.' cannot stand in an id"),
    (
        "expect = { status = 200 }\nrows = \"../rows.csv\"",
        "Get/t.toml:13:8: `../rows.csv` is not a CSV file of this folder",
    ),
    ("expect = { status = 200 }\nrows = \"nosuch.csv\"", "Get/t.toml:13:8: cannot read Get/nosuch.csv: "),
    (
        "expect = { status = 200 }\naxes = { format = [\"yaml\"] }",
        "Get/t.toml:13:20: `yaml` is not one of json, xml",
    ),
    (
        "expect = { status = 200 }\nrequest = { method = \"A B\" }",
        "Get/t.toml:13:22: this is not an HTTP method",
    ),
    (
        "expect = { status = 200 }\nrequest = { method = 1 }",
        "Get/t.toml:13:22: expected a string, found an integer",
    ),
    ("step = []", "Get/t.toml:12:8: the case has no steps"),
    ("expect = { status = 200 }\nsave = { x = \"nopath\" }", "Get/t.toml:13:14: not a JSONPath (RFC 9535)"),
    ("", "Get/t.toml:9:1: the case expects nothing, so it could not fail"),
];

#[test]
fn each_mistake_in_a_case_is_named_at_its_place() {
    let mut missed = Vec::new();
    for (line, expected) in MISTAKES {
        let found = problems_of_table(&format!("[[case]]\nid = \"bad\"\nabout = \"It is bad.\"\n{line}"));
        if !found.iter().any(|problem| problem.starts_with(*expected)) {
            missed.push(format!("{line}\n  wanted {expected}\n  found {found:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_file_of_rows_is_bounded_and_is_a_file() {
    let case = "[[case]]\nid = \"r\"\nabout = \"Rows.\"\nparams = { id = \"{{ x }}\" }\nexpect = { status = 200 }\nrows = \"r.csv\"";
    let large = " ".repeat(65 * 1024 * 1024);
    let found = problems(&[("Get/t.toml", &table(case)), ("Get/r.csv", &large)]);
    assert!(found[1].starts_with("Get/t.toml:14:8: cannot read Get/r.csv: the file has"), "{found:?}");
    // A folder in place of the file; to wait for a pipe would never end.
    let found = problems(&[("Get/t.toml", &table(case)), ("Get/r.csv/x", "")]);
    assert!(
        found[1].starts_with("Get/t.toml:14:8: cannot read Get/r.csv: it is not a regular file"),
        "{found:?}"
    );
}

#[test]
fn doubled_ids_are_named_also_where_only_case_differs() {
    let again = "[[case]]\nid = \"good\"\nabout = \"Again.\"\nexpect = { status = 200 }";
    assert_eq!(problems_of_table(again), ["Get/t.toml:10:6: the case `good` is there twice in this table"]);
    let found =
        problems(&[("Get/t.toml", &table("")), ("get/contract.toml", CONTRACT), ("get/t.toml", &table(""))]);
    assert!(found[0].contains("differs from another operation only by case"), "{found:?}");
}

#[test]
fn every_problem_of_every_file_is_told_in_one_pass() {
    let bad = "[[case]]\nid = \"Bad Id\"\nabuot = \"x\"\nexpect = { status = 1, code = \"Nope\" }";
    let found = problems(&[
        ("Get/a.toml", &table(bad)),
        ("Get/b.toml", "about = \"no cases\"\ncase = []\n"),
        ("Get/c.toml", "[[case]]\nid = \"x\nabout = 1\n"),
        ("Get/Wrong Name.toml", &table("")),
    ]);
    let text = found.join("\n");
    for part in [
        "Get/a.toml:9:1: the key `about` is missing",
        "Get/a.toml:10:6: 'B' cannot stand in an id",
        "Get/a.toml:11:1: unknown key `abuot`",
        "Get/a.toml:12:21: `1` is not a status",
        "Get/a.toml:12:31: the contract has no error `Nope`",
        "Get/b.toml:1:1: the table has no cases",
        "Get/c.toml:2:",
        "Wrong Name.toml:1:1: the file's name is not a table's",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_row_that_lacks_a_used_variable_is_named() {
    let rows = "[[case]]\nid = \"r\"\nabout = \"Rows.\"\nparams = { id = \"{{ x }}\" }\nexpect = { status = 200 }\nrows = [{ id = \"a\", x = 1 }, { id = \"b\" }]";
    assert_eq!(problems_of_table(rows), ["Get/t.toml:14:30: the row `b` has no `x`"]);
}

#[test]
fn a_code_that_comes_from_a_row_is_held_against_the_contract_too() {
    let rows = "[[case]]\nid = \"r\"\nabout = \"Rows.\"\nexpect = { status = \"{{ s }}\", code = \"{{ c }}\" }\nrows = [{ id = \"a\", s = 404, c = \"NotFound\" }, { id = \"b\", s = 404, c = \"Bad\" }]";
    let found = problems_of_table(rows);
    assert!(found[0].contains("the status contradicts the contract: `Bad` has 400"), "{found:?}");
}

#[test]
fn equal_rows_of_a_doubled_parameter_are_merged_and_others_are_named() {
    let again = "\n[[param]]\nname = \"id\"\ntype = \"string\"\nrequired = true\nsource = [\"page\"]\n";
    let contract = format!("{CONTRACT}{again}");
    assert_eq!(
        problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table(""))]),
        Vec::<String>::new()
    );
    let differs = contract.replace("required = true\nsource = [\"page\"]\n", "source = [\"page\"]\n");
    let found = problems(&[("Get/contract.toml", &differs), ("Get/t.toml", &table(""))]);
    assert!(found[0].contains("`id` is declared twice, and not alike"), "{found:?}");
}

#[test]
fn a_contract_that_does_not_fit_together_is_refused() {
    let contract = format!(
        "{CONTRACT}\n[[param]]\nname = \"x\"\ntype = \"string\"\nsource = [\"nosuch\"]\nconstraints = [{{ max-length = 1, error = \"Nope\" }}, {{ max-length = 1, min-length = 1 }}]\n\n[[error]]\nstatus = 400\ncode = \"Bad\"\nmessage = \"It is bad.\"\n"
    );
    let text = problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table(""))]).join("\n");
    for part in [
        "no source is called `nosuch`",
        "the contract has no error `Nope`",
        "a constraint has exactly one limit",
        "the row 400 Bad \"It is bad.\" is there already",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_parameter_that_looks_like_a_slip_is_named_and_others_may_be_sent() {
    let contract = CONTRACT.replacen("name     = \"id\"", "name     = \"identifier\"", 1);
    let table = |name: &str| {
        format!(
            "[[case]]\nid = \"a\"\nabout = \"A.\"\nparams = {{ {name} = \"1\" }}\nexpect = {{ status = 200 }}\n"
        )
    };
    let found = |name: &str| problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table(name))]);
    assert_eq!(
        found("identifer"),
        ["Get/t.toml:4:24: the contract has no parameter `identifer`\n  hint: did you mean `identifier`?"]
    );
    let others = ["identifier", "Identifier", "wholly-other", "\"identifier.1.key\"", "idempotency", "ident"];
    for name in others {
        assert_eq!(found(name), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_slip_is_a_letter_or_two_and_not_a_name_that_begins_alike() {
    let contract = CONTRACT.replacen("name     = \"id\"", "name     = \"Content-Type\"", 1);
    let found = |name: &str| {
        let table = format!(
            "[[case]]\nid = \"a\"\nabout = \"A.\"\nparams = {{ {name} = \"1\" }}\nexpect = {{ status = 200 }}\n"
        );
        problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table)]).len()
    };
    for (name, count) in [
        ("ConsistentRead", 0),
        ("Content-Length", 0),
        ("Content", 0),
        ("ContentType", 1),
        ("Contnet-Type", 1),
        ("Content-Typ", 1),
        ("Conten-Tpe", 1),
    ] {
        assert_eq!(found(name), count, "{name}");
    }
}

#[test]
fn an_id_that_is_too_long_with_its_axes_is_told_at_its_row_beside_all_others() {
    let contract =
        CONTRACT.replacen("method = \"GET\"", "method = \"GET\"\nmethods = [\"GET\", \"DELETE\"]", 1);
    let table = |row: &str| {
        format!(
            "[[case]]\nid = \"c\"\nabout = \"A.\"\nparams = {{ id = \"{{{{ v }}}}\" }}\n\
             rows = [{{ id = \"ok\", v = \"1\" }}, {{ id = \"{row}\", v = \"1\" }}]\n\
             axes = {{ method = [\"GET\", \"DELETE\"] }}\nexpect = {{ status = 200 }}\n\
             [[case]]\nid = \"d\"\nabout = \"A.\"\nparams = {{ id = \"1\" }}\nexpect = {{ staus = 200 }}\n"
        )
    };
    let found =
        |row: &str| problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table(row))]).join("\n");
    // Behind the row there are seven characters: `-delete`.
    let text = found(&"r".repeat(114));
    assert!(text.contains("Get/t.toml:5:") && text.contains("is too long: 121 characters"), "{text}");
    assert!(text.contains("unknown key `staus`"), "{text}");
    assert!(!found(&"r".repeat(113)).contains("too long"));
}

#[test]
fn media_types_of_a_contract_are_one_or_several_without_parameters() {
    let found = |types: &str| {
        let contract = format!("{CONTRACT}\n[envelope]\ncontent-type = {{ {types} }}\n");
        problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table(""))]).join("\n")
    };
    for types in ["json = \"a/b\"", "json = [\"a/b\", \"c/d+json\"], other = \"text/plain\"", "xml = []"] {
        assert_eq!(found(types), "", "{types}");
    }
    for (types, problem) in [
        ("json = \"application/json; charset=utf-8\"", "without parameters"),
        ("other = [\"text\"]", "without parameters"),
        ("json = \"a/b\", other = [\"A/B\"]", "the media type of json here as well"),
    ] {
        assert!(found(types).contains(problem), "{types}: {}", found(types));
    }
}

#[test]
fn a_code_is_written_as_its_row_has_it() {
    let contract = format!("{CONTRACT}\n[[error]]\nstatus = 400\ncode = -32600\nmessage = \"No.\"\n");
    let found = |code: &str| {
        let table = table("").replacen("status = 200", &format!("code = {code}"), 1);
        problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table)]).join("\n")
    };
    assert_eq!((found("-32600"), found("\"Bad\"")), (String::new(), String::new()));
    assert!(
        found("\"-32600\"").contains("the contract has the code -32600 as a number"),
        "{}",
        found("\"-32600\"")
    );
    assert!(found("7").contains("the contract has no error `7`"), "{}", found("7"));
}

#[test]
fn a_path_and_its_parameters_belong_together() {
    let param = "[[param]]\nname     = \"key\"\nplace    = \"path\"\ntype     = \"string\"\nrequired = true\nsource   = [\"page\"]\n\n[[error]]";
    let contract = |path: &str| {
        CONTRACT.replacen("[[error]]", param, 1).replacen("\"/things\"", &format!("\"{path}\""), 1)
    };
    let text = table("").replacen("id = \"1\"", "id = \"1\"\nkey = \"k\"", 1);
    let found = |path: &str| problems(&[("Get/contract.toml", &contract(path)), ("Get/t.toml", &text)]);
    assert_eq!(found("/things/{key}"), Vec::<String>::new());
    let printed = found("/things/{keys}").join("\n");
    assert!(printed.contains("contract.toml:10:10: no parameter of the path is called `keys`"), "{printed}");
    assert!(
        printed.contains("did you mean `{key}`?") && printed.contains("no place for the parameter `key`"),
        "{printed}"
    );
    assert!(
        found("/things").join("\n").contains("the path has no place for the parameter `key`: write {key}")
    );
    assert!(found("/things/{key").join("\n").contains("a `{` of the path has no `}`"));
}

#[test]
fn a_file_that_is_no_text_is_told_at_its_place_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), CONTRACT).unwrap();
    fs::write(operation.join("a.toml"), b"about = \"x\"\n# \xff\n").unwrap();
    fs::write(
        operation.join("b.toml"),
        table("[[case]]\nid = \"b\"\nabuot = \"x\"\nexpect = { status = 200 }"),
    )
    .unwrap();
    let Err(LoadError::Problems(found)) = load(folder.path(), Wanted::All) else { panic!("no problems") };
    let printed: Vec<String> = found.iter().map(|problem| shown(problem, folder.path())).collect();
    let printed = printed.join("\n");
    assert!(printed.contains("Get/a.toml:2:3: here the file is not UTF-8 text"), "{printed}");
    assert!(printed.contains("Get/b.toml:11:1: unknown key `abuot`"), "{printed}");
}

#[test]
fn a_folder_without_contracts_and_a_contract_without_tables_are_errors() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(load(empty.path(), Wanted::All), Err(LoadError::Empty { .. })));
    assert!(problems(&[])[0].contains("there is no case table beside this contract"));
}

/// Matchers whose text a row gives: each with the row, and what is wrong with it.
const ROW_FLAWS: &[(&str, &str, &str)] = &[
    ("{ regex = \"{{ x }}\" }", "\"(\"", "$.a: not a regular expression: "),
    ("{ not = { regex = \"^{{ x }}$\" } }", "\"[\"", "$.a: not a regular expression: "),
    ("{ any = [{ none = { regex = \"{{ x }}\" } }, 1] }", "\"a{2,1}\"", "$.a: not a regular expression: "),
    ("{ type = \"{{ x }}\" }", "\"text\"", "$.a: `text` is not one of string"),
    ("{ not = { min = \"{{ x }}\" } }", "\"many\"", "$.a: \"many\" is not a number"),
    ("{ count = \"{{ x }}\" }", "1.5", "$.a: 1.5 is not a whole number"),
    ("{ length = { min = 3, max = \"{{ x }}\" } }", "2", "$.a: `min` is 3 and `max` is 2"),
    ("{ contains = \"{{ x }}\" }", "\"\"", "$.a: every text contains the empty one"),
];

#[test]
fn a_matcher_that_a_row_makes_unusable_is_named_at_the_row() {
    let case = |matcher: &str, rows: &str| {
        format!(
            "[[case]]\nid = \"r\"\nabout = \"Rows.\"\nexpect = {{ body = {{ \"$.a\" = {matcher} }} }}\nrows = {rows}"
        )
    };
    for (matcher, value, wanted) in ROW_FLAWS {
        let found = problems_of_table(&case(matcher, &format!("[{{ id = \"bad\", x = {value} }}]")));
        let wanted = format!("Get/t.toml:13:9: in the row `bad`: {wanted}");
        assert!(found.len() == 1 && found[0].starts_with(&wanted), "{matcher}: {found:?}");
    }
    let by_variable = "[[case]]\nid = \"v\"\nabout = \"V.\"\nvars = { y = \"{{ '(' ~ 'a' }}\" }\nexpect = { body = { \"$.a\" = { not = { regex = \"{{ y }}\" } } } }";
    let found = problems_of_table(by_variable);
    assert!(
        found.len() == 1 && found[0].starts_with("Get/t.toml:13:10: $.a: not a regular expression"),
        "{found:?}"
    );
    let csv = table(&case("{ regex = \"{{ x }}\" }", "\"r.csv\""));
    let found = problems(&[("Get/t.toml", &csv), ("Get/r.csv", "id,x\ngood,a\nbad,(\n")]);
    assert!(
        found.len() == 1 && found[0].starts_with("Get/r.csv:3:1: in the row `bad`: $.a: not a regular"),
        "{found:?}"
    );
    let by_list = "[[case]]\nid = \"l\"\nabout = \"L.\"\nexpect = { body = { \"$.a[*]\" = \"{{ x }}\" } }\nrows = [{ id = \"list\", x = [\"a\"] }, { id = \"text\", x = \"a\" }]";
    let found = problems_of_table(by_list);
    assert!(
        found.len() == 1 && found[0].contains("in the row `text`: $.a[*]: the path may find several"),
        "{found:?}"
    );
}

#[test]
fn what_a_contract_could_never_keep_is_refused() {
    let with = |from: &str, to: &str| {
        let contract = CONTRACT.replacen(from, to, 1);
        assert_ne!(contract, CONTRACT);
        problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table(""))]).join("\n")
    };
    for status in ["200", "302", "399", "600"] {
        let found = with("status  = 404", &format!("status  = {status}"));
        assert!(found.contains("the status of an error is a number from 400 to 599"), "{status}: {found}");
    }
    for (key, path) in [("code", "$.errors[*].code"), ("message", "$..message")] {
        let found = with("[[error]]", &format!("[envelope]\n{key} = \"{path}\"\n\n[[error]]"));
        assert!(found.contains("this path may find several values, and one is needed here"), "{found}");
    }
    let found = with("[[error]]", "[envelope.throttled]\nstatus = [42900]\n\n[[error]]");
    assert!(found.contains("a status is a number from 100 to 599"), "{found}");
}

#[test]
fn a_request_of_a_recipe_uses_one_list_and_saves_nothing_for_each_item() {
    let recipe = |clean_up: &str| {
        let list = "{ params = { A = \"List\" }, save = { ids = \"$.ids[*]\", more = \"$..more\", one = \"$.one\" } }";
        let states = format!("{STATES}[[state.recipe]]\nstep = []\ncleanup = [{list}, {clean_up}]\n");
        let states = states.replace("[state.provides.thing]\nabout   = \"Its id.\"\nexample = \"t-1\"\n", "");
        problems(&[("Get/states.toml", &states), ("Get/t.toml", &table(""))]).join("\n")
    };
    assert_eq!(recipe("{ params = { A = \"Delete\", Id = \"{{ ids }}\", Of = \"{{ one }}\" } }"), "");
    let found = recipe("{ params = { A = \"Delete\", Id = \"{{ ids }}\", Of = \"{{ more }}\" } }");
    assert!(found.contains("it is sent for each item of one list, not of `ids` and `more`"), "{found}");
    let found = recipe("{ params = { A = \"Delete\", Id = \"{{ ids }}\" }, save = { x = \"$.x\" } }");
    assert!(found.contains("it is sent for each item of `ids`, so it saves nothing"), "{found}");
}

/// Rules for snapshots, each with what is said of them. They start in line 2 of what is added.
const RULES: &[(&str, &str)] = &[
    (
        "[[volatile]]\nname = \"a\"",
        "2:1: a value is `at` a JSONPath, in a `header`, or where a `pattern` matches\n  hint: give one of",
    ),
    ("[[time]]\nname = \"a\"\nat = \"$.a\"\nheader = \"b\"", "2:1: a value is `at` a JSONPath"),
    ("[[volatile]]\nname = \"a\"\nat = \"a\"", "4:6: not a JSONPath (RFC 9535)"),
    ("[[volatile]]\nname = \"a\"\npattern = \"(\"", "4:11: not a regular expression"),
    (
        "[[volatile]]\nname = \"a\"\npattern = \"(a)(b)\"",
        "4:11: a pattern has one group at the most: the value\n  hint: write the other groups as (?:…)",
    ),
    (
        "[[volatile]]\nname = \"a]b\"\nat = \"$.a\"",
        "3:8: `a]b` is not a name that a snapshot can show\n  hint: use letters",
    ),
    (
        "[[volatile]]\nname = \"a\"\nat = \"$.a\"\n\n[[time]]\nname = \"a\"\nat = \"$.b\"",
        "7:8: `a` is the name of a [[volatile]], and here of a [[time]]\n  hint: give one of them another name",
    ),
    ("[[unordered]]\nby = \"$.a\"", "2:1: the key `at` is missing\n  hint: The list, as a JSONPath"),
    ("[[unordered]]\nat = \"$.a\"\nby = \"b\"", "4:6: not a JSONPath (RFC 9535)"),
    (
        "[[unordered]]\nat = \"$.a\"\n\n[[unordered]]\nat = \"$.a\"",
        "6:6: the list at $.a has an order already",
    ),
    (
        "[[time]]\nname = \"a\"\nat = \"$.a\"\npatern = \"b\"",
        "5:1: unknown key `patern`\n  hint: did you mean `pattern`?",
    ),
];

/// A problem without its file, with its line counted from another one.
fn from_line(problem: &str, start: usize) -> String {
    let (_, rest) = problem.split_once(".toml:").unwrap();
    let (line, rest) = rest.split_once(':').unwrap();
    format!("{}:{rest}", line.parse::<usize>().unwrap() + 1 - start)
}

#[test]
fn every_mistake_in_a_rule_for_snapshots_is_told_at_its_place() {
    for (text, expected) in RULES {
        let start = CONTRACT.lines().count() + 1;
        let contract = format!("{CONTRACT}\n{text}\n");
        let found = problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table(""))]);
        assert_eq!(found.len(), 1, "{found:?}");
        let printed = from_line(&found[0], start);
        assert!(printed.starts_with(expected), "{printed}");
    }
}

#[test]
fn rules_of_an_endpoint_are_held_against_each_other_and_against_the_contracts() {
    let folder = tempfile::tempdir().unwrap();
    for (text, expected) in RULES {
        let text = text.replace("[[", "[[endpoint.a.");
        fs::write(
            folder.path().join("endpoints.toml"),
            format!("[endpoint.a]\nurl = \"http://a.example\"\n\n{text}\n"),
        )
        .unwrap();
        let Err(LoadError::Problems(found)) = load_endpoints(folder.path()) else { panic!("{text}") };
        let printed = from_line(&found[0].to_string(), 3).replace("endpoint.a.", "");
        assert!(found.len() == 1 && printed.starts_with(expected), "{found:?}");
    }
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    let rule = "\n[[volatile]]\nname = \"seen\"\nat = \"$.a\"\n";
    fs::write(operation.join("contract.toml"), CONTRACT.to_owned() + rule).unwrap();
    fs::write(operation.join("t.toml"), table("")).unwrap();
    let text =
        "[endpoint.a]\nurl = \"http://a.example\"\n\n[[endpoint.a.time]]\nname = \"seen\"\nat = \"$.b\"\n";
    fs::write(folder.path().join("endpoints.toml"), text).unwrap();
    let suite = load(folder.path(), Wanted::All).unwrap();
    let found = check_normalisation(&load_endpoints(folder.path()).unwrap(), &suite);
    let printed: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(
        matches!(&printed[..], [one] if one.contains("endpoints.toml:4:") && one.contains("`seen` is the name of a [[volatile]], and here of a [[time]]")),
        "{printed:?}"
    );
}

#[test]
fn a_rule_may_share_a_name_with_one_of_its_kind_and_have_a_place_and_a_pattern() {
    let rules = "[[volatile]]\nname = \"id\"\nat = \"$.id\"\n\n[[volatile]]\nname = \"id\"\nheader = \"X-Id\"\npattern = \"id=(\\\\w+)\"\n\n[[time]]\nname = \"t\"\npattern = \"(?i)at (?:about )?(\\\\S+)\"\n\n[[unordered]]\nat = \"$.l\"\nby = \"$.k\"\n";
    let contract = format!("{CONTRACT}\n{rules}");
    let found = problems(&[("Get/contract.toml", &contract), ("Get/t.toml", &table(""))]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn an_id_that_is_too_long_with_its_row_and_axes_is_named_with_its_place_beside_other_problems() {
    let row = "r".repeat(115);
    let table = format!(
        "[[case]]\nid = \"c\"\nabout = \"It is.\"\naxes = {{ method = [\"GET\"], place = [\"query\"] }}\nexpect = {{ status = 200 }}\nparams = {{ id = \"{{{{ v }}}}\" }}\nrows = [\n  {{ id = \"fine\", v = \"1\" }},\n  {{ id = \"{row}\", v = \"2\" }},\n]\n\n[[case]]\nid = \"d\"\nabout = \"It is.\"\nexpect = {{ staus = 200 }}\n"
    );
    let problems = problems(&[("Get/t.toml", &table)]);
    let long: Vec<&String> = problems.iter().filter(|problem| problem.contains("and its axes")).collect();
    assert_eq!(long.len(), 1, "{problems:#?}");
    assert!(long[0].contains("t.toml:9:3") && long[0].contains("at most 120"), "{problems:#?}");
    assert!(problems.iter().any(|problem| problem.contains("staus")), "{problems:#?}");
}

#[test]
fn a_number_of_any_size_is_a_value_and_not_a_setting() {
    let table = "[[case]]\nid = \"c\"\nabout = \"It is.\"\nparams = { id = 100000000000000000000 }\nexpect = { status = 200, body = { \"$.u\" = 1000000000000000000000 } }\n";
    assert_eq!(problems(&[("Get/t.toml", table)]), Vec::<String>::new());
    let table = table.replace("status = 200", "within = 1000000000000000000000");
    let found = problems(&[("Get/t.toml", &table)]);
    assert!(found[0].contains("t.toml:5:"), "{found:?}");
}

/// A folder of cases with an operation in `real/Get`, and links, each from a place below it to what it says.
#[cfg(unix)]
fn linked(links: &[(&str, &str)]) -> (tempfile::TempDir, Result<Vec<String>, String>) {
    let folder = tempfile::tempdir().unwrap();
    let cases = folder.path().join("cases");
    for operation in [cases.join("real/Get"), folder.path().join("outside/Get")] {
        fs::create_dir_all(&operation).unwrap();
        fs::write(operation.join("contract.toml"), CONTRACT).unwrap();
        let table =
            "[[case]]\nid = \"c\"\nabout = \"It is.\"\nparams = { id = \"1\" }\nexpect = { status = 200 }\n";
        fs::write(operation.join("t.toml"), table).unwrap();
    }
    for (place, target) in links {
        let place = cases.join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, place).unwrap();
    }
    let ids = load(&cases, Wanted::All).map(|suite| {
        proofmark::inside::plan::case_ids(&suite)
            .unwrap()
            .iter()
            .map(|planned| planned.id.to_string())
            .collect()
    });
    let printed = |error: LoadError| {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error}: {source}")
    };
    let copied = proofmark::inside::source::Shelf::copy(&cases).map(|_| ());
    assert_eq!(copied.is_ok(), ids.is_ok(), "a copy follows and refuses the same links");
    (folder, ids.map_err(printed))
}

#[cfg(unix)]
#[test]
fn links_inside_of_the_folder_of_cases_are_followed() {
    for (links, expected) in [
        (&[("shop/Get", "../real/Get")][..], &["real/Get/t/c", "shop/Get/t/c"][..]),
        (&[("shop", "real")], &["real/Get/t/c", "shop/Get/t/c"]),
        (&[("a", "b"), ("b", "real")], &["a/Get/t/c", "b/Get/t/c", "real/Get/t/c"]),
        (&[("real/Get/u.toml", "t.toml")], &["real/Get/t/c", "real/Get/u/c"]),
        // What is not read may lead anywhere.
        (&[("README.md", "../outside/Get/t.toml"), (".lock", "nowhere")], &["real/Get/t/c"]),
    ] {
        let (_folder, ids) = linked(links);
        assert_eq!(ids.unwrap(), expected, "{links:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_is_not_followed_is_an_error_that_names_it() {
    for (links, name, printed) in [
        (&[("shop/Get", "../../outside/Get")][..], "shop/Get", "outside of"),
        (&[("shop", "../outside")], "shop", "outside of"),
        (&[("shop/Get", "nowhere")], "shop/Get", "leads nowhere"),
        (&[("shop/Get", "Get")], "shop/Get", "leads nowhere"),
        (&[("real/Get/self", ".")], "real/Get/self", "leads back"),
        (&[("real/up", "..")], "real/up", "leads back"),
        (&[("a/b", "../c"), ("c/d", "../a")], "b/d", "leads back"),
        (&[("real/Get/u.toml", "../../../outside/Get/t.toml")], "real/Get/u.toml", "outside of"),
        (&[("real/Get/u.toml", "nowhere.toml")], "real/Get/u.toml", "leads nowhere"),
    ] {
        let (_folder, ids) = linked(links);
        let error = ids.unwrap_err();
        assert!(error.contains(name) && error.contains(printed), "{links:?}: {error}");
    }
}

#[test]
fn a_folder_that_is_too_deep_to_be_searched_is_an_error() {
    let loaded = |depth: usize| {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d/".repeat(depth - 1)).join("Get");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("contract.toml"), CONTRACT).unwrap();
        load(folder.path(), Wanted::All).map(|_| ()).map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            source.unwrap_or_default() + &format!("{error:?}")
        })
    };
    // Without a table nothing can be run, which is another problem than the depth.
    assert!(!loaded(16).err().unwrap_or_default().contains("16 folders deep"));
    let printed = loaded(17).unwrap_err();
    assert!(printed.contains("16 folders deep"), "{printed}");
}

#[test]
fn of_very_many_problems_of_one_kind_a_thousand_are_reported() {
    let broken = |count: usize| {
        let lines: String = (0..count).map(|number| format!("a{number} =\n")).collect::<Vec<_>>().concat();
        let found = problems(&[("Get/t.toml", &lines)]);
        found.iter().filter(|problem| problem.contains("invalid TOML: ")).count()
    };
    assert_eq!([999, 1000, 1001].map(broken), [999, 1000, 1000]);
    let lacking = |count: usize| {
        let rows: Vec<String> = (0..count).map(|row| format!("{{ id = \"r{row}\" }}")).collect();
        let case = format!(
            "[[case]]\nid = \"c\"\nabout = \"A.\"\nparams = {{ id = \"{{{{ v }}}}\" }}\n\
             rows = [{{ id = \"ok\", v = \"1\" }}, {}]\nexpect = {{ status = 200 }}\n",
            rows.join(", ")
        );
        problems_of_table(&case).iter().filter(|problem| problem.contains("has no `v`")).count()
    };
    assert_eq!([999, 1000, 1001].map(lacking), [999, 1000, 1000]);
}
