//! Places of files as URIs (RFC 3986), relative to the project where that can be. Main type: [`Uris`].

use std::path::{Component, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::object::{ArtifactLocation, PhysicalLocation, Region, SarifLocation};
use crate::model::FileLocation;

/// The name of the folder that URIs are relative to. Consumers know it by this name.
pub(super) const ROOT: &str = "%SRCROOT%";

/// All but the characters that stand for themselves in any part (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Makes URIs of paths.
#[derive(Debug)]
pub(super) struct Uris {
    /// The parts of the way from the project's root to the folder of the run.
    below: Vec<String>,
}

impl Uris {
    /// URIs for a run in this folder, relative to the project's root.
    pub(super) fn below(folder: &str) -> Self {
        let mut uris = Self { below: Vec::new() };
        uris.below = uris.parts(Path::new(folder));
        uris
    }

    /// The place of a site, as SARIF writes it.
    pub(super) fn location(&self, site: &FileLocation) -> SarifLocation {
        let is_within = !site.file.has_root();
        let path = self.parts(&site.file).iter().map(|name| part(name)).collect::<Vec<_>>().join("/");
        let uri = if is_within { path } else { format!("file:///{path}") };
        let artifact_location = ArtifactLocation { uri, uri_base_id: is_within.then_some(ROOT) };
        let region = Region { start_line: site.line, start_column: site.column };
        let physical_location = PhysicalLocation { artifact_location, region };
        SarifLocation { id: None, message: None, physical_location, logical_locations: Vec::new() }
    }

    /// The parts of a path from the root on, without `.` and, where it can be, without `x/..`.
    fn parts(&self, path: &Path) -> Vec<String> {
        let mut parts = if path.has_root() { Vec::new() } else { self.below.clone() };
        for component in path.components() {
            match component {
                Component::Prefix(prefix) => parts.push(prefix.as_os_str().to_string_lossy().into_owned()),
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                Component::ParentDir if parts.last().is_some_and(|last| last != "..") => drop(parts.pop()),
                Component::ParentDir => parts.push("..".to_owned()),
                Component::RootDir | Component::CurDir => {}
            }
        }
        parts
    }
}

/// A text as one part of a URI.
pub(super) fn part(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::Uris;
    use crate::model::FileLocation;

    fn uri(below: &str, file: &str) -> (String, bool) {
        let site = FileLocation { file: file.into(), line: 1, column: 1 };
        let location = Uris::below(below).location(&site).physical_location.artifact_location;
        (location.uri, location.uri_base_id.is_some())
    }

    #[test]
    fn a_path_is_relative_to_the_project_and_encoded() {
        for (below, file, due) in [
            ("", "cases/a b/t.toml", "cases/a%20b/t.toml"),
            ("sub", "./cases/%/é?#.toml", "sub/cases/%25/%C3%A9%3F%23.toml"),
            ("sub", "../cases/t.toml", "cases/t.toml"),
            ("", "../t.toml", "../t.toml"),
            ("", "a:b/t.toml", "a%3Ab/t.toml"),
        ] {
            assert_eq!(uri(below, file), (due.to_owned(), true), "{file}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_from_the_root_is_a_uri_of_its_own() {
        assert_eq!(uri("sub", "/a b/t.toml"), ("file:///a%20b/t.toml".to_owned(), false));
    }
}
