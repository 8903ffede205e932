//! A file or folder that is watched, and which of its files count. Main type: [`WatchPlace`].

use std::path::{Path, PathBuf};

/// A file or folder that is watched. It need not be there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchPlace {
    path: PathBuf,
    content: Content,
}

/// What is in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Cases,
    Snapshots,
    AllSnapshots,
    File,
}

impl WatchPlace {
    /// A folder of cases, with all that is read there.
    pub fn cases(path: &Path) -> Self {
        Self { path: path.to_path_buf(), content: Content::Cases }
    }

    /// A folder of the snapshots of one endpoint.
    pub fn snapshots(path: &Path) -> Self {
        Self { path: path.to_path_buf(), content: Content::Snapshots }
    }

    /// A folder of the snapshots of every endpoint.
    pub fn all_snapshots(path: &Path) -> Self {
        Self { path: path.to_path_buf(), content: Content::AllSnapshots }
    }

    /// One file.
    pub fn file(path: &Path) -> Self {
        Self { path: path.to_path_buf(), content: Content::File }
    }

    /// Its path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_of_snapshots(&self) -> bool {
        matches!(self.content, Content::Snapshots | Content::AllSnapshots)
    }

    pub(super) fn is_file(&self) -> bool {
        self.content == Content::File
    }

    /// Whether a run reads a file of this name. What editors leave beside it has another ending, or begins with a dot.
    pub(super) fn has_file(&self, name: &str) -> bool {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
        match self.content {
            Content::Cases => !name.starts_with('.') && matches!(ending, Some("toml" | "csv")),
            Content::Snapshots | Content::AllSnapshots => ending == Some("snap"),
            Content::File => true,
        }
    }

    /// Whether a folder of this name is looked into: nothing of ours that is not reviewed, and no other endpoint's.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        !(name.starts_with('.') || self.content == Content::Snapshots && name.starts_with('@'))
    }

    /// The nearest folder around it that is there, and where it is itself, both as the system names them.
    pub(super) fn located(&self) -> Option<(PathBuf, PathBuf)> {
        let path = std::path::absolute(&self.path).ok()?;
        path.ancestors().skip(1).find_map(|around| {
            let folder = around.canonicalize().ok().filter(|folder| folder.is_dir())?;
            let root = folder.join(path.strip_prefix(around).ok()?);
            Some((folder, root))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Path, WatchPlace};

    #[test]
    fn what_editors_and_runs_leave_beside_a_file_does_not_count() {
        let cases = WatchPlace::cases(Path::new("cases"));
        for name in ["t.toml", "contract.toml", "rows.csv", "endpoints.toml"] {
            assert!(cases.has_file(name), "{name}");
        }
        for name in [
            "t.toml~",
            ".t.toml.swp",
            ".#t.toml",
            "#t.toml#",
            "4913",
            "t.toml.tmp",
            "t.toml.bak",
            ".t.toml",
            "t.toml___jb_tmp___",
            "sedX1y2",
            "notes.md",
        ] {
            assert!(!cases.has_file(name), "{name}");
        }
        let snapshots = WatchPlace::snapshots(Path::new("snapshots"));
        assert!(snapshots.has_file("found.snap") && snapshots.has_folder("shop"));
        assert!(!snapshots.has_file("found.snap.new") && !snapshots.has_file("lock"));
        assert!(!snapshots.has_folder(".proofmark") && !snapshots.has_folder("@other"));
        assert!(cases.has_folder("@other") && !cases.has_folder(".git"));
    }

    #[test]
    fn a_place_that_is_not_there_is_below_the_nearest_folder_that_is() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let place = WatchPlace::cases(&folder.path().join("a/cases"));
        assert_eq!(place.located(), Some((real.clone(), real.join("a/cases"))));
        std::fs::create_dir_all(folder.path().join("a/cases")).unwrap();
        assert_eq!(place.located(), Some((real.join("a"), real.join("a/cases"))));
    }
}
