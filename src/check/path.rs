//! `JSONPath` (RFC 9535) over a body's tree.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_json_path::{JsonPath, PathElement};

use crate::model::{PathShape, TreeSize, Value, is_singular};
use crate::wire::{from_json, to_json};

/// Why a path gives no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is not a `JSONPath`.
    #[error("`{path}` is not a JSONPath: {reason}")]
    Malformed {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// It is too much work in this answer.
    #[error("{reason}: {path}")]
    TooMuch {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// Nothing is there.
    #[error("there is nothing at {path}")]
    Nothing {
        /// The path.
        path: String,
    },
}

/// The value at a path that names one place. Any other path gives the list of what it finds, whatever its length.
///
/// # Errors
/// A path that is none, or that names one place where nothing is.
pub fn select(tree: &Value, path: &str) -> Result<Value, PathError> {
    Paths::of(tree).select(path)
}

/// The most steps that all paths of one expectation may take in an answer. An interrupted run waits for them to end.
const MOST_STEPS: u64 = 20_000_000;

/// A tree that several paths are applied to.
pub(super) struct Paths<'a> {
    tree: &'a Value,
    /// Its size, and how the parser has it; made when a path asks for it.
    size: OnceCell<TreeSize>,
    json: OnceCell<Json>,
    steps_left: u64,
}

impl<'a> Paths<'a> {
    pub(super) fn of(tree: &'a Value) -> Self {
        Self { tree, size: OnceCell::new(), json: OnceCell::new(), steps_left: MOST_STEPS }
    }

    /// The value at a path, as [`select`] gives it.
    pub(super) fn select(&mut self, path: &str) -> Result<Value, PathError> {
        self.select_shaped(path, &|tree| Cow::Borrowed(tree))
    }

    /// The value at a path into what `shaped` makes of the tree, which takes no more steps than the path itself.
    pub(super) fn select_shaped(
        &mut self,
        path: &str,
        shaped: &dyn Fn(&'a Value) -> Cow<'a, Value>,
    ) -> Result<Value, PathError> {
        if let Some(key) = top_level_key(path) {
            return self.tree.get(key).cloned().ok_or_else(|| PathError::Nothing { path: path.to_owned() });
        }
        let too_much = |reason: String| PathError::TooMuch { path: path.to_owned(), reason };
        let shape = PathShape::of(path).map_err(too_much)?;
        let parsed = JsonPath::parse(path)
            .map_err(|error| PathError::Malformed { path: path.to_owned(), reason: error.to_string() })?;
        let size = *self.size.get_or_init(|| TreeSize::of(self.tree));
        self.take(&shape, size).map_err(too_much)?;
        match shaped(self.tree) {
            Cow::Borrowed(tree) => apply(&parsed, self.json.get_or_init(|| to_json(tree)), path),
            Cow::Owned(tree) => {
                self.take(&shape, TreeSize::of(&tree)).map_err(too_much)?;
                apply(&parsed, &to_json(&tree), path)
            }
        }
    }

    /// Takes the steps of a path in a tree of this size.
    fn take(&mut self, shape: &PathShape, size: TreeSize) -> Result<(), String> {
        shape.fits(size)?;
        self.steps_left = self.steps_left.checked_sub(shape.steps(size)).ok_or_else(|| {
            format!("the paths up to here may take more than {MOST_STEPS} steps in this answer")
        })?;
        Ok(())
    }
}

/// The one value of a path to one place, or the list of all that any other path finds.
fn apply(parsed: &JsonPath, json: &Json, path: &str) -> Result<Value, PathError> {
    let nodes = parsed.query(json).all();
    if !is_singular(path) {
        return Ok(Value::List(nodes.into_iter().map(from_json).collect()));
    }
    nodes.first().map(|node| from_json(node)).ok_or_else(|| PathError::Nothing { path: path.to_owned() })
}

/// Whether a path is not too much work in a tree: only then is it applied.
pub(super) fn check_work(tree: &Value, path: &str) -> Result<(), String> {
    PathShape::of(path)?.fits(TreeSize::of(tree))
}

/// Places of a tree, as the steps that lead to them.
#[derive(Debug, Default)]
pub struct TreePlaces {
    /// Whether this is one of them.
    pub is_here: bool,
    keys: BTreeMap<String, TreePlaces>,
    indices: BTreeMap<usize, TreePlaces>,
}

impl TreePlaces {
    /// The places below a key; a key that is there twice has them twice.
    pub fn below(&self, key: &str) -> Option<&TreePlaces> {
        self.keys.get(key)
    }

    /// The places below an item of a list.
    pub fn at(&self, index: usize) -> Option<&TreePlaces> {
        self.indices.get(&index)
    }

    fn add<'a>(&mut self, steps: impl Iterator<Item = &'a PathElement<'a>>) {
        let mut place = self;
        for step in steps {
            place = match step {
                PathElement::Name(key) => place.keys.entry((*key).to_owned()).or_default(),
                PathElement::Index(index) => place.indices.entry(*index).or_default(),
            };
        }
        place.is_here = true;
    }
}

/// The places of the values that a path names; none if it is not a path, or is too much work in this tree.
pub fn places(tree: &Value, path: &str) -> TreePlaces {
    let mut found = TreePlaces::default();
    if let Some(key) = top_level_key(path) {
        found.keys.insert(key.to_owned(), TreePlaces { is_here: true, ..TreePlaces::default() });
    } else if let (Ok(()), Ok(parsed)) = (check_work(tree, path), JsonPath::parse(path)) {
        let json = to_json(tree);
        for location in parsed.query_located(&json).locations() {
            found.add(location.iter());
        }
    }
    found
}

/// The key of a path like `$.RequestId`, which is by far the most common one and needs no parser.
fn top_level_key(path: &str) -> Option<&str> {
    let key = path.strip_prefix("$.")?;
    let is_plain = key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    (is_plain && key.starts_with(|first: char| first.is_ascii_alphabetic())).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::{PathError, places, select};
    use crate::model::Value;
    use crate::wire::read_json;

    #[test]
    fn a_path_that_is_too_much_for_an_answer_is_not_applied() {
        let deep = (0..120).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        let tree = Value::List(vec![deep; 500]);
        for path in ["$..*..*..*", "$..[?@..*]", "$[?count($..*) > 1]"] {
            assert!(matches!(select(&tree, path), Err(PathError::TooMuch { .. })), "{path}");
            assert!(!places(&tree, path).is_here && places(&tree, path).at(0).is_none(), "{path}");
        }
        assert!(select(&tree, "$..*").is_ok() && places(&tree, "$..*").at(0).is_some());
    }

    #[test]
    fn a_path_gives_one_value_or_a_list_and_keeps_digits() {
        let tree = read_json(br#"{"a": {"b": [1.10, 2]}, "c": "x"}"#).unwrap();
        assert_eq!(select(&tree, "$.c").unwrap().to_string(), "\"x\"");
        assert_eq!(select(&tree, "$.a.b[0]").unwrap().to_string(), "1.10");
        assert_eq!(select(&tree, "$.a.b[*]").unwrap().to_string(), "[1.10, 2]");
        assert!(select(&tree, "$.nosuch").is_err());
        assert!(select(&tree, "$.a.nosuch[0]").is_err());
        assert!(select(&tree, "$[").is_err());
    }

    #[test]
    fn places_are_those_of_the_values_that_a_path_names() {
        let tree = read_json(br#"{"a": [{"b": 1}, {"b": 2}], "c_1": 3}"#).unwrap();
        let found = places(&tree, "$.c_1");
        assert!(found.below("c_1").is_some_and(|place| place.is_here));
        assert!(!found.is_here && found.below("a").is_none() && found.at(0).is_none());
        let found = places(&tree, "$.a[*].b");
        let item = |at: usize| found.below("a").and_then(|place| place.at(at));
        for at in 0..2 {
            assert!(item(at).is_some_and(|place| !place.is_here), "{at}");
            assert!(item(at).and_then(|place| place.below("b")).is_some_and(|place| place.is_here), "{at}");
        }
        assert!(item(2).is_none() && found.below("c_1").is_none());
        assert!(places(&tree, "$").is_here && places(&tree, "$[").below("a").is_none());
    }

    #[test]
    fn of_a_doubled_key_the_first_value_counts() {
        let tree = read_json(br#"{"a_1": 1, "a_1": 2}"#).unwrap();
        assert_eq!(select(&tree, "$.a_1").unwrap().to_string(), "1");
    }

    #[test]
    fn what_a_path_gives_does_not_depend_on_how_much_it_finds() {
        let tree =
            read_json(br#"{"one": [{"k": "a"}], "two": [{"k": "a"}, {"k": "b"}], "none": []}"#).unwrap();
        let found = |path: &str| select(&tree, path).unwrap().to_string();
        assert_eq!(found("$.none[*].k"), "[]");
        assert_eq!(found("$.one[*].k"), r#"["a"]"#);
        assert_eq!(found("$.two[*].k"), r#"["a", "b"]"#);
        assert_eq!(found("$.two[?@.k == 'b'].k"), r#"["b"]"#);
        assert_eq!(found("$.one[0:1].k"), r#"["a"]"#);
        assert_eq!(found("$.one"), r#"[{"k": "a"}]"#);
        assert_eq!(found("$.one[-1].k"), r#""a""#);
        assert_eq!(found("$.nosuch[*]"), "[]");
    }

    #[test]
    fn the_functions_of_the_standard_are_there() {
        let tree =
            read_json("[{\"k\": \"äb\", \"l\": [1, 2]}, {\"k\": \"Z9\", \"l\": []}]".as_bytes()).unwrap();
        for (path, wanted) in [
            ("$[?length(@.k) == 2].k", r#"["äb", "Z9"]"#),
            ("$[?length(@.l) == 2].k", r#"["äb"]"#),
            ("$[?count(@.l[*]) == 0].k", r#"["Z9"]"#),
            ("$[?value(@.l[?@ > 1]) == 2].k", r#"["äb"]"#),
            (r"$[?match(@.k, '\\p{Ll}+')].k", r#"["äb"]"#),
            ("$[?match(@.k, 'b')].k", "[]"),
            ("$[?search(@.k, 'b')].k", r#"["äb"]"#),
            ("$[?search(@.k, '(?i)z')].k", r#"["Z9"]"#),
        ] {
            assert_eq!(select(&tree, path).unwrap().to_string(), wanted, "{path}");
        }
    }

    #[test]
    fn the_paths_of_an_expectation_share_their_steps() {
        use super::{MOST_STEPS, PathShape, Paths, TreeSize};
        let tree = Value::List(vec![Value::Null; 1000]);
        let steps = PathShape::of("$..*").unwrap().steps(TreeSize::of(&tree));
        let mut paths = Paths::of(&tree);
        for _ in 0..MOST_STEPS / steps {
            assert!(paths.select("$..*").is_ok());
        }
        assert!(matches!(paths.select("$..*"), Err(PathError::TooMuch { .. })));
    }
}
