//! Old and new answer side by side, with what changes inside a line marked.

use std::io;
use std::ops::Range;

use super::case::{SHOWN_LINES, write_rest};
use crate::digest::sha256_hex;
use crate::markup::{Html, SHOWN_LETTERS};
use crate::snapshot::{DiffLine, LineKind, Piece, SnapshotFile, hunks};

/// The largest snapshot, in bytes, that is compared on the page: a hundred times a usual one.
const COMPARED_BYTES: usize = 256 * 1024;

/// How many lines that are the same are shown on either side of one that differs: most answers are seen whole.
const CONTEXT: usize = 12;

/// Writes both answers of a case.
pub(super) fn write_answers(
    html: &mut Html<'_>,
    old: Option<&SnapshotFile>,
    new: &SnapshotFile,
) -> io::Result<()> {
    let text = old.map_or("", |old| &old.text);
    if text.len().max(new.text.len()) > COMPARED_BYTES {
        return write_digests(html, old, new);
    }
    html.raw(match old {
        Some(_) => {
            "<div class=\"diff\"><p class=\"t\">- accepted before</p><p class=\"t new\">+ seen now</p>\n"
        }
        None => "<div class=\"diff one\"><p class=\"t new\">+ seen for the first time</p>\n",
    })?;
    let lines = all_lines(text, &new.text);
    let is_shown = visible_lines(&lines);
    let mut rest = &lines[..];
    let mut budget = SHOWN_LINES;
    while !rest.is_empty() && budget > 0 {
        let start = lines.len() - rest.len();
        let alike = is_shown[start..].iter().take_while(|is| **is == is_shown[start]).count();
        let (run, after) = rest.split_at(alike);
        if is_shown[start] {
            let (run, _) = run.split_at(run.len().min(budget));
            budget -= run.len();
            write_lines(html, run)?;
        } else {
            write_gap(html, run)?;
        }
        rest = after;
    }
    html.raw("</div>\n")?;
    let count = is_shown.iter().filter(|is| **is).count();
    write_rest(html, count.saturating_sub(SHOWN_LINES))
}

/// Every line of both texts, in order.
fn all_lines(old: &str, new: &str) -> Vec<DiffLine> {
    let texts: Vec<&str> = new.lines().collect();
    let mut lines: Vec<DiffLine> = Vec::new();
    let (mut next_old, mut next_new) = (1, 1);
    for hunk in hunks(old, new) {
        let first = hunk.iter().find_map(|line| line.new);
        let start = first.unwrap_or(next_new).min(texts.len() + 1);
        add_same(&mut lines, &texts, next_old, next_new..start);
        next_old = hunk.iter().rev().find_map(|line| line.old).map_or(next_old, |last| last + 1);
        next_new = hunk.iter().rev().find_map(|line| line.new).map_or(next_new, |last| last + 1);
        lines.extend(hunk);
    }
    add_same(&mut lines, &texts, next_old, next_new..texts.len() + 1);
    lines
}

/// Adds lines of the new text, by their numbers, that are the same in the old one from the number `old`.
fn add_same(lines: &mut Vec<DiffLine>, texts: &[&str], old: usize, new: Range<usize>) {
    let start = new.start;
    lines.extend(new.map(|number| DiffLine {
        kind: LineKind::Same,
        old: Some(old + number - start),
        new: Some(number),
        pieces: vec![Piece { is_marked: false, text: texts[number - 1].to_owned() }],
    }));
}

/// Which lines are shown: those that differ and those around them, but no request, which is shown above.
fn visible_lines(lines: &[DiffLine]) -> Vec<bool> {
    let mut is_near = vec![lines.iter().all(|line| line.kind == LineKind::Same); lines.len()];
    for (position, _) in lines.iter().enumerate().filter(|(_, line)| line.kind != LineKind::Same) {
        let end = (position + CONTEXT + 1).min(lines.len());
        is_near[position.saturating_sub(CONTEXT)..end].fill(true);
    }
    let is_same_request = |line: &DiffLine| line.kind == LineKind::Same && is_request(line);
    lines.iter().zip(is_near).map(|(line, is_near)| is_near && !is_same_request(line)).collect()
}

fn write_gap(html: &mut Html<'_>, lines: &[DiffLine]) -> io::Result<()> {
    let words = match (lines.len(), lines.iter().all(is_request)) {
        (1, true) => " line of the request is the same",
        (1, false) => " line is the same",
        (_, true) => " lines of the request are the same",
        (_, false) => " lines are the same",
    };
    html.raw("<p class=\"gap\">")?.show(lines.len())?.raw(words)?.raw("</p>\n")?;
    Ok(())
}

fn is_request(line: &DiffLine) -> bool {
    line.pieces.first().is_some_and(|piece| piece.text.starts_with('>'))
}

/// Lines side by side: an old one beside the new one that took its place.
fn write_lines(html: &mut Html<'_>, lines: &[DiffLine]) -> io::Result<()> {
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let run = |lines: &[DiffLine], kind| lines.iter().take_while(|line| line.kind == kind).count();
        if first.kind == LineKind::Same {
            write_line(html, first, Side::Both)?;
            rest = &rest[1..];
            continue;
        }
        let (old, after) = rest.split_at(run(rest, LineKind::Old));
        let (new, after) = after.split_at(run(after, LineKind::New));
        for position in 0..old.len().max(new.len()) {
            old.get(position).map_or(Ok(()), |line| write_line(html, line, Side::Old))?;
            new.get(position).map_or(Ok(()), |line| write_line(html, line, Side::New))?;
        }
        rest = after;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
    Both,
}

fn write_line(html: &mut Html<'_>, line: &DiffLine, side: Side) -> io::Result<()> {
    let number = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
    match side {
        Side::Old => {
            html.raw("<p class=\"old\"><i>")?.text(&number(line.old))?.raw(" -</i><del>")?;
            write_pieces(html, &line.pieces)?;
            html.raw("</del></p>\n")?;
        }
        Side::New => {
            html.raw("<p class=\"new\"><i>")?.text(&number(line.new))?.raw(" +</i><ins>")?;
            write_pieces(html, &line.pieces)?;
            html.raw("</ins></p>\n")?;
        }
        Side::Both => {
            html.raw("<p><i>")?.text(&number(line.old))?.raw("</i><span>")?;
            write_pieces(html, &line.pieces)?;
            // Read aloud, or with both sides one below the other, the line appears once.
            html.raw("</span></p><p class=\"twin\" aria-hidden=\"true\"><i>")?.text(&number(line.new))?;
            html.raw("</i><span>")?;
            write_pieces(html, &line.pieces)?;
            html.raw("</span></p>\n")?;
        }
    }
    Ok(())
}

fn write_pieces(html: &mut Html<'_>, pieces: &[Piece]) -> io::Result<()> {
    let mut budget = SHOWN_LETTERS;
    for piece in pieces.iter().filter(|piece| !piece.text.is_empty()) {
        if piece.is_marked {
            html.raw("<mark>")?.cut(&piece.text, &mut budget)?.raw("</mark>")?;
        } else {
            html.cut(&piece.text, &mut budget)?;
        }
    }
    Ok(())
}

/// For what is too large to be compared on a page.
fn write_digests(html: &mut Html<'_>, old: Option<&SnapshotFile>, new: &SnapshotFile) -> io::Result<()> {
    html.raw(
        "<p class=\"warning\">Too large to be compared here; look at the files.</p><ul class=\"facts\">",
    )?;
    for (name, recorded) in [("accepted before: ", old), ("seen now: ", Some(new))] {
        let Some(recorded) = recorded else { continue };
        html.raw("<li>")?.text(name)?.show(recorded.text.len())?.raw(" bytes, SHA-256 <code>")?;
        html.text(&sha256_hex(recorded.text.as_bytes()))?.raw("</code></li>")?;
    }
    html.raw("</ul>\n")?;
    Ok(())
}
