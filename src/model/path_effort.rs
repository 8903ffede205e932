//! How much work a `JSONPath` may be, by its text and by the size of what it is applied to. Main type: [`PathShape`].
//!
//! What each part finds is multiplied by what the next one does: a dozen descents into a small answer outlast the sun.
//! Nothing is evaluated here, so it holds for whatever evaluates paths.

use super::value::Value;
use super::work;

/// The longest path, in bytes, and how deep brackets in it may be nested.
const LONGEST: usize = 2000;
const DEEPEST: usize = 12;

/// The most descents (`..`) of a path: each multiplies the work by the depth of an answer.
const MOST_DESCENTS: u32 = 3;

/// The most combinations of the selectors that a path lists between commas.
const MOST_SELECTORS: usize = 1000;

/// The longest pattern of `match` and `search`, in bytes.
const LONGEST_PATTERN: usize = 500;

/// The most steps that applying a path once may take: a noticeable part of a second.
const MOST_STEPS: u64 = 10_000_000;

/// What a pattern counts for each value that it is applied to, since it is compiled each time.
const PATTERN: u64 = 2000;

/// What of a path's text makes it much work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathShape {
    descents: u32,
    selectors: u64,
    /// Queries inside filters that begin at the root, and at the current value.
    from_root: u32,
    from_here: u64,
    has_filter: bool,
    patterns: Vec<String>,
}

/// How large an answer is, as far as it matters to paths.
#[derive(Debug, Clone, Copy, Default)]
pub struct TreeSize {
    values: u64,
    /// The depths of all values together.
    depths: u64,
    deepest: u64,
}

impl PathShape {
    /// Reads a path's text.
    ///
    /// # Errors
    /// A path that is too much work in any answer.
    pub fn of(path: &str) -> Result<Self, String> {
        if path.len() > LONGEST {
            return Err(format!("the path has more than {LONGEST} bytes"));
        }
        let shape = PathReader::new(path).shape()?;
        if shape.descents > MOST_DESCENTS {
            return Err(format!(
                "the path has {} descents (`..`), more than {MOST_DESCENTS}: each multiplies the work",
                shape.descents
            ));
        }
        if shape.selectors > MOST_SELECTORS as u64 {
            return Err(format!(
                "the path's lists of selectors come to more than {MOST_SELECTORS} combinations"
            ));
        }
        if shape.patterns.iter().any(|pattern| pattern.len() > LONGEST_PATTERN) {
            return Err(format!("a pattern in the path has more than {LONGEST_PATTERN} bytes"));
        }
        Ok(shape)
    }

    /// The patterns of `match` and `search`.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// The most steps that the path takes in a tree of this size.
    pub fn steps(&self, size: TreeSize) -> u64 {
        let mut steps = if self.descents == 0 { size.values } else { size.depths };
        let mut times = |factor: u64| steps = steps.saturating_mul(factor.max(1));
        (1..self.descents).for_each(|_| times(size.deepest));
        (0..self.from_root).for_each(|_| times(size.values));
        times(self.selectors);
        times(1 + self.from_here);
        times(1 + PATTERN * self.patterns.len() as u64);
        // A path to one value takes as many steps as it is long, whatever else there is.
        if self.descents == 0 && !self.has_filter { size.values } else { steps }
    }

    /// Whether a tree of this size is not too much for the path.
    ///
    /// # Errors
    /// Why it is.
    pub fn fits(&self, size: TreeSize) -> Result<(), String> {
        let steps = self.steps(size);
        if steps <= MOST_STEPS {
            return Ok(());
        }
        Err(format!("the path may take more than {MOST_STEPS} steps in an answer of {} values", size.values))
    }
}

impl TreeSize {
    /// Measures a tree.
    pub fn of(tree: &Value) -> Self {
        let mut size = Self::default();
        size.add(tree, 1);
        size
    }

    fn add(&mut self, tree: &Value, depth: u64) {
        work::count(1);
        self.values += 1;
        self.depths += depth;
        self.deepest = self.deepest.max(depth);
        match tree {
            Value::List(items) => items.iter().for_each(|item| self.add(item, depth + 1)),
            Value::Map(entries) => entries.iter().for_each(|(_, item)| self.add(item, depth + 1)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }
}

/// Goes through a path's text once.
struct PathReader<'a> {
    path: &'a str,
    at: usize,
    shape: PathShape,
    /// For each open bracket, how many selectors it lists.
    open: Vec<u64>,
}

impl<'a> PathReader<'a> {
    fn new(path: &'a str) -> Self {
        let shape = PathShape {
            descents: 0,
            selectors: 1,
            from_root: 0,
            from_here: 0,
            has_filter: false,
            patterns: Vec::new(),
        };
        Self { path, at: 0, shape, open: Vec::new() }
    }

    fn shape(mut self) -> Result<PathShape, String> {
        while let Some(byte) = self.path.as_bytes().get(self.at).copied() {
            match byte {
                b'\'' | b'"' => drop(self.text(byte)),
                b'.' if self.path[self.at..].starts_with("..") => {
                    self.shape.descents += 1;
                    self.at += 2;
                    continue;
                }
                b'$' if self.at > 0 => self.shape.from_root += 1,
                b'@' => self.shape.from_here += 1,
                b'?' => self.shape.has_filter = true,
                b'[' | b'(' => {
                    self.open.push(1);
                    if self.open.len() > DEEPEST {
                        return Err(format!("the path has brackets nested deeper than {DEEPEST}"));
                    }
                    if byte == b'(' && is_pattern_call(&self.path[..self.at]) {
                        self.pattern()?;
                    }
                }
                b',' => self.open.last_mut().into_iter().for_each(|count| *count += 1),
                b']' | b')' => {
                    let listed = self.open.pop().unwrap_or(1);
                    if byte == b']' {
                        self.shape.selectors = self.shape.selectors.saturating_mul(listed);
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Ok(self.shape)
    }

    /// Goes to the closing quote of a text, and gives what is between.
    fn text(&mut self, quote: u8) -> String {
        let mut text = Vec::new();
        let bytes = self.path.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at).filter(|byte| **byte != quote) {
            let is_escape = *byte == b'\\' && self.at + 1 < bytes.len();
            self.at += usize::from(is_escape);
            text.push(bytes[self.at]);
            self.at += 1;
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The last argument of a call of `match` or `search`, which must be written there: one from the answer could be any.
    fn pattern(&mut self) -> Result<(), String> {
        let mut ahead = PathReader::new(self.path);
        ahead.at = self.at + 1;
        let (mut depth, mut last) = (0_usize, None);
        while let Some(byte) = self.path.as_bytes().get(ahead.at).copied() {
            match byte {
                b'\'' | b'"' => last = Some(ahead.text(byte)),
                b'(' | b'[' => depth += 1,
                b')' if depth == 0 => break,
                b')' | b']' => depth = depth.saturating_sub(1),
                b' ' | b'\t' | b'\n' | b'\r' => {}
                _ => last = None,
            }
            ahead.at += 1;
        }
        let pattern = last.ok_or("a pattern of `match` and `search` is written in the path, as a text")?;
        self.shape.patterns.push(pattern);
        Ok(())
    }
}

fn is_pattern_call(before: &str) -> bool {
    before.ends_with("match") || before.ends_with("search")
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST, LONGEST, LONGEST_PATTERN, MOST_DESCENTS, MOST_STEPS, PathShape, TreeSize};
    use crate::model::Value;

    /// A list of so many lists in lists.
    fn tree(count: usize, depth: usize) -> Value {
        let deep = (0..depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        Value::List(vec![deep; count])
    }

    #[test]
    fn paths_that_are_too_much_for_any_answer_are_refused_and_those_at_the_limit_are_not() {
        let nested = |depth: usize| format!("$[?{}@.a{}]", "(".repeat(depth - 1), ")".repeat(depth - 1));
        let pattern = |length: usize| format!("$[?match(@.a, '{}')]", "x".repeat(length));
        let descents = |count: u32| format!("${}", "..*".repeat(count as usize));
        let cases = [
            (descents(MOST_DESCENTS), descents(MOST_DESCENTS + 1)),
            (nested(DEEPEST), nested(DEEPEST + 1)),
            (pattern(LONGEST_PATTERN), pattern(LONGEST_PATTERN + 1)),
            ("$".to_owned() + &"[0,1,2,3,4,5,6,7,8,9]".repeat(3), format!("${}", "[0,0]".repeat(10))),
            (format!("$.{}", "a".repeat(LONGEST - 2)), format!("$.{}", "a".repeat(LONGEST - 1))),
            ("$[?search(@.a, \"x(y)\")]".to_owned(), "$[?search(@.a, @.b)]".to_owned()),
            ("$['..']['..']['..']['..\\'..']".to_owned(), "$[?count(@..*) > count($..a..b..c)]".to_owned()),
        ];
        for (fine, too_much) in cases {
            assert!(PathShape::of(&fine).is_ok(), "{fine}");
            assert!(PathShape::of(&too_much).is_err(), "{too_much}");
        }
    }

    #[test]
    fn the_steps_bound_what_a_path_finds() {
        for (path, count, depth) in [
            ("$..*", 10, 5),
            ("$..*..*", 10, 9),
            ("$..[0,0]..[0,0]", 3, 9),
            ("$[?@..*]..*", 7, 7),
            ("$[*]", 9, 1),
        ] {
            let tree = tree(count, depth);
            let found = serde_json_path::JsonPath::parse(path).unwrap();
            let found = found.query(&crate::wire::to_json(&tree)).all().len() as u64;
            let steps = PathShape::of(path).unwrap().steps(TreeSize::of(&tree));
            assert!(found <= steps, "{path}: {found} of {steps}");
        }
    }

    #[test]
    fn a_path_may_take_as_many_steps_as_the_limit_and_no_more() {
        let shape = PathShape::of("$..a").unwrap();
        let size = |values: u64| TreeSize { values, depths: values, deepest: 1 };
        assert_eq!(shape.steps(size(7)), 7);
        assert!(shape.fits(size(MOST_STEPS)).is_ok() && shape.fits(size(MOST_STEPS + 1)).is_err());
    }

    #[test]
    fn what_is_too_much_depends_on_the_answer() {
        let small = TreeSize::of(&tree(10, 10));
        let large = TreeSize { values: MOST_STEPS, depths: 2 * MOST_STEPS, deepest: 3 };
        for path in ["$..a", "$[?@.b == 1]", "$..*..*", "$[?@.b == $.c]"] {
            let shape = PathShape::of(path).unwrap();
            assert!(shape.fits(small).is_ok() && shape.fits(large).is_err(), "{path}");
        }
        for path in ["$.a.b[0]", "$.a[*]"] {
            assert!(PathShape::of(path).unwrap().fits(large).is_ok(), "{path}");
        }
    }
}
