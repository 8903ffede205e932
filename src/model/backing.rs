//! What a promise rests on. Main type: [`Backing`].

use super::plural::plural;
use super::spot::Spot;

/// What a promise rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backing {
    /// Titles of sources.
    pub source: Vec<String>,
    /// Whether it is marked as one that no published source has: then it warns, and fails nothing.
    pub is_unpublished: bool,
    /// Where it is written.
    pub spot: Spot,
}

impl Backing {
    /// What says so: the titles of its sources, or else the file and line.
    pub fn because(&self) -> String {
        let place = || format!("{}:{}", self.spot.file.path.display(), self.spot.line());
        if self.is_unpublished {
            format!("{}, marked as unpublished", place())
        } else if self.source.is_empty() {
            format!("{}, without a source", place())
        } else {
            let word = plural(self.source.len(), "source", "sources");
            format!("{word}: {}", name_sources(&self.source))
        }
    }
}

/// The title of the first source, and how many others there are.
pub fn name_sources(titles: &[String]) -> String {
    match titles {
        [] => String::new(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first}; and {} more", others.len()),
    }
}
