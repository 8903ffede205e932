//! Paths into XML, where only a repeated element shows that it is a list: one that a path takes as a list is one, with
//! any number of occurrences. Main functions: [`select_in`] and [`as_lists`].

use std::borrow::Cow;

use super::path::{PathError, Paths, check_work};
use crate::model::{Answer, Body, Contract, Value};

/// Paths into one answer, which share the steps that they may take.
pub(super) struct PathsIn<'a> {
    contract: &'a Contract,
    answer: &'a Answer,
    paths: Option<Paths<'a>>,
}

impl<'a> PathsIn<'a> {
    pub(super) fn of(contract: &'a Contract, answer: &'a Answer) -> Self {
        Self { contract, answer, paths: answer.tree().map(Paths::of) }
    }

    /// The value at a path, as [`select_in`] gives it.
    pub(super) fn select(&mut self, path: &str) -> Result<Value, PathError> {
        let Some(paths) = &mut self.paths else { return Err(PathError::Nothing { path: path.to_owned() }) };
        if !matches!(self.answer.body, Body::Xml { .. }) {
            return paths.select(path);
        }
        let is_success = self.answer.status < 400;
        let is_object = |keys: &[&str]| {
            let mut fields = self.contract.fields(is_success);
            fields.any(|field| field.type_name == "object" && field.keys().eq(keys.iter().copied()))
        };
        paths.select_shaped(path, &|tree| as_lists(tree, path, &is_object))
    }
}

/// The value at a path into an answer, as [`select`](super::select) gives it.
///
/// # Errors
/// As [`select`](super::select); of a body without a tree, that nothing is there.
pub fn select_in(contract: &Contract, answer: &Answer, path: &str) -> Result<Value, PathError> {
    PathsIn::of(contract, answer).select(path)
}

/// The tree in which each element is a list that the path takes by index, slice, filter or `[*]`, unless it is an object.
/// A path that is too much work in this tree is not followed.
pub fn as_lists<'a>(tree: &'a Value, path: &str, is_object: &dyn Fn(&[&str]) -> bool) -> Cow<'a, Value> {
    let steps = steps(path);
    if !steps.contains(&PathStep::Items) || check_work(tree, path).is_err() {
        return Cow::Borrowed(tree);
    }
    let mut tree = tree.clone();
    ListWalk { is_object }.shape(&mut tree, &steps, &mut Vec::new());
    Cow::Owned(tree)
}

/// A step of a path, as far as it says which elements are lists.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PathStep<'a> {
    /// Children of these names; without any, every child.
    Children(Vec<Cow<'a, str>>),
    /// Items of a list: by index, slice, filter or `[*]`.
    Items,
    /// The next step also anywhere below.
    Below,
}

struct ListWalk<'f> {
    is_object: &'f dyn Fn(&[&str]) -> bool,
}

impl ListWalk<'_> {
    /// Makes lists of elements along the steps; `way` has the names from the top, as far as there are no others between.
    fn shape<'t>(&self, tree: &'t mut Value, steps: &[PathStep<'_>], way: &mut Vec<&'t str>) {
        let Some((step, rest)) = steps.split_first() else { return };
        match (step, tree) {
            (PathStep::Below, tree) => {
                self.shape_below(tree, rest, way);
            }
            (PathStep::Children(names), Value::Map(entries)) => {
                let is_meant = |key: &str| names.is_empty() || names.iter().any(|name| name == key);
                for (key, child) in entries.iter_mut().filter(|(key, _)| is_meant(key)) {
                    way.push(key);
                    let is_taken = rest.first() == Some(&PathStep::Items) && !key.starts_with(['@', '#']);
                    if is_taken && !matches!(child, Value::List(_)) && !(self.is_object)(way) {
                        *child = Value::List(vec![std::mem::replace(child, Value::Null)]);
                    }
                    self.shape(child, rest, way);
                    way.pop();
                }
            }
            (PathStep::Items, Value::List(items)) => {
                for item in items {
                    self.shape(item, rest, way);
                }
            }
            // The members of an object that is taken by `[*]` or a filter.
            (PathStep::Items, Value::Map(entries)) => {
                for (key, child) in entries {
                    way.push(key);
                    self.shape(child, rest, way);
                    way.pop();
                }
            }
            (
                PathStep::Children(_) | PathStep::Items,
                Value::List(_) | Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null,
            ) => {}
        }
    }

    fn shape_below<'t>(&self, tree: &'t mut Value, steps: &[PathStep<'_>], way: &mut Vec<&'t str>) {
        // Deeper ones first, so that a new list of one item is not gone through again.
        match &mut *tree {
            Value::Map(entries) => {
                for (_, child) in entries {
                    self.shape_below(child, steps, &mut Vec::new());
                }
            }
            Value::List(items) => {
                for item in items {
                    self.shape_below(item, steps, &mut Vec::new());
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
        self.shape(tree, steps, way);
    }
}

/// The steps of a path; those that it cannot read end them. Whether it is a path at all is checked elsewhere.
fn steps(path: &str) -> Vec<PathStep<'_>> {
    let mut steps = Vec::new();
    let mut rest = path.trim().strip_prefix('$').unwrap_or_default();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("..") {
            steps.push(PathStep::Below);
            rest = if after.starts_with('[') { after } else { take_name(after, &mut steps) };
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = take_name(after, &mut steps);
        } else if let Some(inside) = rest.strip_prefix('[') {
            let Some(end) = end_of_bracket(inside) else { return steps };
            steps.push(selectors(&inside[..end]));
            rest = &inside[end + 1..];
        } else {
            return steps;
        }
    }
}

/// Takes `name` or `*` behind a dot, which is short for the same in brackets.
fn take_name<'a>(text: &'a str, steps: &mut Vec<PathStep<'a>>) -> &'a str {
    if let Some(rest) = text.strip_prefix('*') {
        steps.push(PathStep::Items);
        return rest;
    }
    let end = text.find(['.', '[', ' ', '\t', '\n', '\r']).unwrap_or(text.len());
    steps.push(PathStep::Children(vec![Cow::Borrowed(&text[..end])]));
    &text[end..]
}

/// Where a bracket closes that was opened just before: not inside quotes or inner brackets.
fn end_of_bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut is_escaped) = (0_usize, None, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[' | '(') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (Some(_) | None, _) => {}
        }
    }
    None
}

/// What is between brackets: names in quotes, else something that takes items.
fn selectors(text: &str) -> PathStep<'_> {
    let text = text.trim();
    let quoted = |quote: char| {
        let name = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!name.contains([quote, '\\'])).then_some(Cow::Borrowed(name))
    };
    match quoted('\'').or_else(|| quoted('"')) {
        Some(name) => PathStep::Children(vec![name]),
        // Several names, or one with escapes: what is behind them may be lists in any child.
        None if text.starts_with(['\'', '"']) => PathStep::Children(Vec::new()),
        None => PathStep::Items,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cow, PathError, PathStep, Paths, Value, as_lists, end_of_bracket, selectors, steps};
    use crate::check::select;
    use crate::wire::{read_json, read_xml};

    fn found(xml: &str, path: &str, objects: &[&str]) -> Option<String> {
        let (_, tree) = read_xml(xml).unwrap();
        let is_object = |keys: &[&str]| objects.contains(&keys.join(".").as_str());
        select(&as_lists(&tree, path, &is_object), path).ok().map(|value| value.to_string())
    }

    #[test]
    fn an_element_that_a_path_takes_as_a_list_is_one_however_often_it_is_there() {
        let one = "<R><Disks><Disk><Id>1</Id></Disk></Disks></R>";
        let two = "<R><Disks><Disk><Id>1</Id></Disk><Disk><Id>2</Id></Disk></Disks></R>";
        for path in [
            "$.Disks.Disk[0].Id",
            "$['Disks'][\"Disk\"][0].Id",
            "$..Disk[0].Id",
            "$.Disks.Disk[0:1].Id",
            "$.Disks.Disk[?@.Id == '1'].Id",
            "$.*.Disk[0].Id",
            "$.Disks .Disk [0]['Id']",
            "$.Disks[0].Disk[0].Id",
        ] {
            for xml in [one, two] {
                let found = found(xml, path, &[]).unwrap_or_default();
                assert_eq!(found.trim_matches(['[', ']']), "\"1\"", "{path} {xml}");
            }
        }
        assert_eq!(found("<R><Disks/></R>", "$.Disks.Disk[*].Id", &[]).as_deref(), Some("[]"));
        assert_eq!(found(one, "$.Disks.Disk[1].Id", &[]), None);
        assert_eq!(found(one, "$.Disks.Disk.Id", &[]).as_deref(), Some("\"1\""));
    }

    #[test]
    fn an_object_of_the_contract_is_no_list() {
        let xml = "<R><Disks><Disk>1</Disk></Disks></R>";
        assert_eq!(found(xml, "$.Disks[0]", &["Disks"]), None);
        assert_eq!(found(xml, "$.Disks[*]", &["Disks"]).as_deref(), Some("[\"1\"]"));
        assert_eq!(found(xml, "$.Disks[0].Disk", &[]).as_deref(), Some("\"1\""));
    }

    #[test]
    fn paths_into_one_answer_share_their_steps_in_json_and_in_xml() {
        let (_, xml) = read_xml(&format!("<R>{}</R>", "<a><b>1</b></a>".repeat(20_000))).unwrap();
        let json = format!("{{\"a\": [{}]}}", "{\"b\": [1]}, ".repeat(20_000).trim_end_matches(", "));
        let json = read_json(json.as_bytes()).unwrap();
        let path = "$..b[*]";
        for (tree, is_xml) in [(xml, true), (json, false)] {
            let mut paths = Paths::of(&tree);
            let mut select = || {
                if is_xml {
                    paths.select_shaped(path, &|tree| as_lists(tree, path, &|_| false))
                } else {
                    paths.select(path)
                }
            };
            assert!(matches!(select(), Ok(Value::List(items)) if items.len() == 20_000));
            let last = (0..200).map(|_| select()).find(Result::is_err);
            assert!(matches!(last, Some(Err(PathError::TooMuch { .. }))), "{is_xml}");
        }
    }

    #[test]
    fn a_path_that_is_too_much_shapes_nothing() {
        let xml = format!("<R>{}{}</R>", "<a>".repeat(100), "</a>".repeat(100));
        let (_, tree) = read_xml(&xml).unwrap();
        for path in [format!("${}", "..[*]".repeat(40)), "$..[*]..[*]..[*]..[*]".into()] {
            assert!(matches!(as_lists(&tree, &path, &|_| false), Cow::Borrowed(_)), "{path}");
        }
        assert!(matches!(as_lists(&tree, "$..[*]", &|_| false), Cow::Owned(_)));
    }

    #[test]
    fn attributes_and_text_are_no_lists() {
        let xml = "<R><A unit=\"GB\">20</A></R>";
        assert_eq!(found(xml, "$.A['@unit'][0]", &[]), None);
        assert_eq!(found(xml, "$.A[0]['@unit']", &[]).as_deref(), Some("\"GB\""));
    }

    #[test]
    fn a_bracket_closes_where_no_quote_and_no_other_bracket_is_open() {
        for (text, end) in [
            ("0].a", Some(1)),
            ("'a]b'].c", Some(5)),
            (r"'a\']b'].c", Some(7)),
            (r"'a\\']b].c", Some(5)),
            (r#"'a"]'].c"#, Some(5)),
            ("?@.a[0] == 1].b", Some(12)),
            ("?@[0][1]].b", Some(8)),
            ("?@[[0]]].b", Some(7)),
            ("?count(@[0]) == (1)].b", Some(19)),
            ("?(')')].b", Some(6)),
            ("'a", None),
            ("0", None),
            ("[0]", None),
        ] {
            assert_eq!(end_of_bracket(text), end, "{text}");
        }
    }

    #[test]
    fn steps_say_which_elements_are_lists() {
        let named = |name: &'static str| PathStep::Children(vec![Cow::Borrowed(name)]);
        let any = || PathStep::Children(Vec::new());
        for (text, step) in [
            ("'a'", named("a")),
            (" \"a\" ", named("a")),
            ("'a', 'b'", any()),
            (r"'a\'b'", any()),
            (r"'a\\'", any()),
            ("\"a\", 'b'", any()),
            ("0", PathStep::Items),
            ("*", PathStep::Items),
            ("?@.a == 'b'", PathStep::Items),
        ] {
            assert_eq!(selectors(text), step, "{text}");
        }
        let all = steps("$.a..b[0].*..[1] ['c'] .d");
        let wanted = [
            named("a"),
            PathStep::Below,
            named("b"),
            PathStep::Items,
            PathStep::Items,
            PathStep::Below,
            PathStep::Items,
            named("c"),
            named("d"),
        ];
        assert_eq!(all, wanted);
        assert_eq!(steps("$.a[0"), [named("a")], "what cannot be read ends them");
        assert_eq!(steps("a.b"), []);
    }

    #[test]
    fn elements_are_lists_along_the_whole_path() {
        let xml = "<R><a><b><c>1</c></b></a><d><a><b><c>2</c></b></a></d></R>";
        for (path, wanted) in [
            ("$.a[0].b[0].c[0]", Some("\"1\"")),
            ("$['a','d'][0].c", Some("[]")),
            ("$.a['b','x'][0].c", Some("[\"1\"]")),
            ("$..b[0].c", Some("[\"1\", \"2\"]")),
            ("$..a[0].b[0].c", Some("[\"1\", \"2\"]")),
            ("$.*.b[0].c", Some("[\"1\"]")),
            ("$.d[0].a[0].b.c", Some("\"2\"")),
        ] {
            assert_eq!(found(xml, path, &[]).as_deref(), wanted, "{path}");
        }
        // The names from the top say which elements are objects, and those below `..` have none.
        assert_eq!(found(xml, "$.d.a[0].b.c", &["d.a"]), None);
        assert_eq!(found(xml, "$.d.a[0].b.c", &["a"]).as_deref(), Some("\"2\""));
        assert_eq!(found(xml, "$.*.b[0].c", &["a.b"]).as_deref(), Some("[]"));
        assert_eq!(found(xml, "$..a[0].b.c", &["d.a"]).as_deref(), Some("[\"1\", \"2\"]"));
    }

    #[test]
    fn hostile_paths_are_never_a_panic() {
        for path in ["", "$", "$[", "$['", "$[']", "$..", "$.", "$[?@[", "$]", "é", "$.é[0]", "$['\\']"] {
            assert_eq!(found("<R><a>1</a></R>", path, &[]).filter(|_| path != "$"), None, "{path}");
        }
    }
}
