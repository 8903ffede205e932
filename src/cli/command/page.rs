//! `review --html`: a page to decide on in a browser.

use std::path::{Path, PathBuf};

use crate::app::review::store_name;
use crate::app::{Keep, OutputKind};
use crate::cli::args::{ReviewArgs, StoreArgs};
use crate::cli::exit::{CONFORMS, CliError};
use crate::cli::print;
use crate::cli::snapshots::{code, contracts, pending_files, store};
use crate::model::plural;
use crate::report::printable;
use crate::review::{ReviewPage, group};
use crate::whole_file::WholeFile;

/// Writes the page.
pub(super) fn write(page: &Path, args: &ReviewArgs) -> Result<u8, CliError> {
    let store = store(&args.store)?;
    let mut keep = Keep::new(false);
    keep.cases(&args.store.folder.cases);
    keep.snapshots(Some(store.root()));
    keep.allow(page, OutputKind::ReviewPage)?;
    let waiting = pending_files(args)?;
    let suite = contracts(&args.store);
    let (count, has_unusable) = (waiting.selected.len(), waiting.has_unusable());
    let groups = group(waiting.selected, |case| suite.of(case));
    let contents = ReviewPage {
        store: &store_name(&store),
        folder: &store.root().display().to_string(),
        arguments: &arguments(&args.store),
        has_unusable,
        groups: &groups,
    };
    let written = WholeFile::create(page).and_then(|mut file| {
        contents.write(&mut file)?;
        file.commit()
    });
    written.map_err(|source| CliError::Report { path: page.to_path_buf(), source })?;
    let shown = page.display().to_string();
    let (kinds, kind) = (groups.len(), plural(groups.len(), "kind", "kinds"));
    print(&format!("wrote {}: {count} pending, {kinds} {kind} of change\n", printable(&shown)))?;
    Ok(code(has_unusable, CONFORMS))
}

/// The arguments that lead to the same store again, as a shell takes them.
fn arguments(args: &StoreArgs) -> String {
    let folder = |folder: &PathBuf| folder.display().to_string();
    let cases = Some(folder(&args.folder.cases)).filter(|cases| cases != "cases");
    let given = [
        ("--cases", cases),
        ("--endpoint", args.endpoint.clone()),
        ("--snapshots", args.snapshots.as_ref().map(folder)),
    ];
    let given = given.into_iter().filter_map(|(flag, value)| Some(format!("{flag} {} ", quote(&value?))));
    given.collect()
}

fn quote(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./@".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn an_argument_is_one_word_for_a_shell() {
        assert_eq!(quote("a/@b-c.d_e"), "a/@b-c.d_e");
        assert_eq!(quote("it's $x; y"), r"'it'\''s $x; y'");
        assert_eq!(quote(""), "''");
    }
}
