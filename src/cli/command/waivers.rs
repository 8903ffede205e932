//! `waivers`: entries of waivers.toml for what a run has found, one for each cause.

use crate::app::{Proposed, Saved, WaiverTerms, today};
use crate::cli::args::WaiversArgs;
use crate::cli::exit::{CONFORMS, CliError};
use crate::cli::{print, remark};
use crate::model::{Day, plural};
use crate::report::printable;
use crate::source::day_of_text;

/// How many cases are named that nothing can be waived for.
const NAMED: usize = 5;

/// Prints the waivers, or adds them to the file.
pub(super) fn waivers(args: &WaiversArgs) -> Result<u8, CliError> {
    let grounds = WaiverTerms {
        reason: require_text("--reason", &args.reason)?,
        owner: require_text("--owner", &args.owner)?,
        link: args.link.clone(),
        expires: expires(&args.expires)?,
    };
    let cases = &args.folder.cases;
    let proposed = Proposed::of(Saved::open(&args.from, None)?, cases, &grounds)?;
    let count = proposed.waivers.len();
    let (waivers, of) = (plural(count, "waiver", "waivers"), plural(proposed.cases, "case", "cases"));
    if count == 0 {
        print("nothing to waive\n")?;
    } else if args.write {
        let path = proposed.append(cases)?.display().to_string();
        print(&printable(&format!("added {count} {waivers} of {} {of} to {path}\n", proposed.cases)))?;
    } else {
        print(&printable(&proposed.text()))?;
        remark(&format!("{count} {waivers} of {} {of}; --write adds them to waivers.toml", proposed.cases));
    }
    if let Some(line) = others(&proposed.others) {
        remark(&line);
    }
    Ok(CONFORMS)
}

fn require_text(flag: &str, text: &str) -> Result<String, CliError> {
    match text.trim() {
        "" => Err(CliError::usage(format!("{flag} says nothing"))),
        text => Ok(text.to_owned()),
    }
}

fn expires(text: &str) -> Result<Day, CliError> {
    let wrong = |message: String| CliError::Usage {
        message,
        hint: Some("write a later day, such as 2030-12-31".into()),
    };
    let day = day_of_text(text).ok_or_else(|| wrong(format!("--expires: `{text}` is not a day")))?;
    if day < today() {
        return Err(wrong(format!("--expires: {text} is over")));
    }
    Ok(day)
}

/// What no waiver is for, in a line.
fn others(ids: &[String]) -> Option<String> {
    let count = ids.len();
    let named: Vec<&str> = ids.iter().take(NAMED).map(String::as_str).collect();
    let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
    let cases = plural(count, "case", "cases");
    (count > 0).then(|| {
        format!("not waived: {count} {cases} without a finding to waive, such as those that are inconclusive: {}{more}", named.join(", "))
    })
}
