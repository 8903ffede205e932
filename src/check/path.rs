//! `JSONPath` (RFC 9535) over a body's tree.

use std::collections::BTreeMap;

use serde_json_path::{JsonPath, PathElement};

use crate::model::{Value, is_singular};
use crate::protocol::{from_json, to_json};

/// Why a path gives no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is no `JSONPath`.
    #[error("`{path}` is no JSONPath: {reason}")]
    Malformed {
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
    if let Some(key) = top_level_key(path) {
        return tree.get(key).cloned().ok_or_else(|| PathError::Nothing { path: path.to_owned() });
    }
    let parsed = JsonPath::parse(path)
        .map_err(|error| PathError::Malformed { path: path.to_owned(), reason: error.to_string() })?;
    let json = to_json(tree);
    let nodes = parsed.query(&json).all();
    if !is_singular(path) {
        return Ok(Value::List(nodes.into_iter().map(from_json).collect()));
    }
    nodes.first().map(|node| from_json(node)).ok_or_else(|| PathError::Nothing { path: path.to_owned() })
}

/// Places of a tree, as the steps that lead to them.
#[derive(Debug, Default)]
pub struct Places {
    /// Whether this is one of them.
    pub is_here: bool,
    keys: BTreeMap<String, Places>,
    indices: BTreeMap<usize, Places>,
}

impl Places {
    /// The places below a key; a key that stands twice has them twice.
    pub fn below(&self, key: &str) -> Option<&Places> {
        self.keys.get(key)
    }

    /// The places below an item of a list.
    pub fn at(&self, index: usize) -> Option<&Places> {
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

/// Where the values stand that a path names; nowhere, if it is none.
pub fn places(tree: &Value, path: &str) -> Places {
    let mut found = Places::default();
    if let Some(key) = top_level_key(path) {
        found.keys.insert(key.to_owned(), Places { is_here: true, ..Places::default() });
    } else if let Ok(parsed) = JsonPath::parse(path) {
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
    use super::select;
    use crate::protocol::read_json;

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
}
