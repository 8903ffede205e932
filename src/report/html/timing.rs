//! How long cases took: a picture of the distribution, and the slowest. Needs the same memory for any number of cases.

use std::io;
use std::time::Duration;

use super::text::{Anchor, pluralise, time};
use crate::markup::Html;
use crate::model::{CaseRecord, Verdict};

/// The upper ends of ten columns, in tenths of the first: each a quarter wider than the one before (ISO 3, R 10).
const STEPS: [u64; 10] = [10, 13, 16, 20, 25, 32, 40, 50, 63, 80];

/// How many such tens there are, from a tenth of a millisecond on: the last end is 80 seconds.
const TENS: u32 = 6;
const COLUMNS: usize = STEPS.len() * TENS as usize;

/// How many of the slowest cases are named.
const SLOWEST: usize = 10;

/// The picture's width and height, and the greatest width of a column.
const WIDTH: usize = 600;
const HEIGHT: usize = 150;
const WIDEST: usize = 54;

/// With so many columns, each has its count above it, and every second one its time below.
const LABELLED: usize = 20;

/// With so few, each has its time below.
const ALL_LABELLED: usize = 10;

/// The times of a run's cases.
#[derive(Debug)]
pub(super) struct Timing {
    /// How many cases took so long; the last one has all that took longer.
    columns: [usize; COLUMNS + 1],
    count: usize,
    total: Duration,
    /// The slowest, the slowest first.
    slowest: Vec<(Duration, Anchor)>,
}

impl Default for Timing {
    fn default() -> Self {
        Self { columns: [0; COLUMNS + 1], count: 0, total: Duration::ZERO, slowest: Vec::new() }
    }
}

impl Timing {
    /// Takes a case that was tried.
    pub(super) fn add(&mut self, record: &CaseRecord, run: usize) {
        if matches!(record.verdict, Verdict::Skipped(_)) {
            return;
        }
        let column = (0..COLUMNS).find(|column| record.elapsed <= end(*column)).unwrap_or(COLUMNS);
        self.columns[column] += 1;
        self.count += 1;
        self.total = self.total.saturating_add(record.elapsed);
        let place = self.slowest.partition_point(|(elapsed, _)| *elapsed >= record.elapsed);
        if place < SLOWEST {
            self.slowest.truncate(SLOWEST - 1);
            self.slowest.insert(place, (record.elapsed, Anchor { run, case: record.id.clone() }));
        }
    }

    /// Writes the picture and the list; nothing if no case was tried.
    pub(super) fn write(&self, html: &mut Html<'_>) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        html.raw("<section class=\"part\"><h3>Times of cases</h3>\n<p class=\"lead\">")?
            .text(&self.in_words())?;
        html.raw("</p>\n<div class=\"times\">\n")?;
        self.write_picture(html)?;
        self.write_slowest(html)?;
        html.raw("</div></section>\n")?;
        Ok(())
    }

    /// The distribution in words.
    fn in_words(&self) -> String {
        let longest = self.slowest.first().map_or(Duration::ZERO, |(elapsed, _)| *elapsed);
        let within = |share: usize| self.within(share).map_or(time(longest), |end| time(end.min(longest)));
        format!(
            "{} took {} together; half of them no more than {} each, 95 of 100 no more than {}, the longest {}.",
            pluralise(self.count, "case"),
            time(self.total),
            within(50),
            within(95),
            time(longest)
        )
    }

    /// The end of the column within which so many of a hundred cases lie; none for the last column.
    fn within(&self, share: usize) -> Option<Duration> {
        let (due, mut seen) = ((self.count * share).div_ceil(100), 0);
        let column = self.columns.iter().position(|count| {
            seen += count;
            seen >= due
        });
        column.filter(|column| *column < COLUMNS).map(end)
    }

    fn write_picture(&self, html: &mut Html<'_>) -> io::Result<()> {
        let first = self.columns.iter().position(|count| *count > 0).unwrap_or(0);
        let last = self.columns.iter().rposition(|count| *count > 0).unwrap_or(0);
        let columns = &self.columns[first..=last];
        let most = columns.iter().copied().max().unwrap_or(1).max(1);
        let wide = (WIDTH / columns.len()).min(WIDEST);
        html.raw("<figure><svg class=\"columns\" role=\"img\" aria-label=\"How many cases took how long\" viewBox=\"0 0 ")?;
        html.show(WIDTH)?.raw(" ")?.show(HEIGHT + 40)?.raw("\">\n")?;
        for (position, count) in columns.iter().enumerate() {
            // A column that is there is seen.
            let height = (count * HEIGHT).div_ceil(most);
            let (left, top) = (position * wide, HEIGHT - height + 18);
            html.raw("<rect x=\"")?.show(left + 1)?.raw("\" y=\"")?.show(top)?.raw("\" width=\"")?;
            html.show(wide - 2)?.raw("\" height=\"")?.show(height)?.raw("\"><title>")?;
            html.text(&pluralise(*count, "case"))?.raw(" up to ")?.text(&name(first + position))?;
            html.raw("</title></rect>")?;
            if *count > 0 && columns.len() <= LABELLED {
                write_label(html, left + wide / 2, top - 5, &count.to_string())?;
            }
            if is_labelled(first + position, columns.len()) {
                write_label(html, left + wide / 2, HEIGHT + 34, &name(first + position))?;
            }
            html.raw("\n")?;
        }
        html.raw(
            "</svg><figcaption>Cases by time; a column ends at the time below it</figcaption></figure>\n",
        )?;
        Ok(())
    }

    fn write_slowest(&self, html: &mut Html<'_>) -> io::Result<()> {
        let longest = self.slowest.first().map_or(1, |(elapsed, _)| elapsed.as_micros().max(1));
        html.raw("<div class=\"slowest\"><h4>Slowest</h4><ol>\n")?;
        for (elapsed, anchor) in &self.slowest {
            html.raw("<li>")?;
            anchor.link(html)?;
            html.raw(" <span class=\"ms\">")?.text(&time(*elapsed))?;
            html.raw("</span><svg class=\"bar\" aria-hidden=\"true\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\"><rect width=\"")?;
            html.show((elapsed.as_micros() * 100).div_ceil(longest))?
                .raw("\" height=\"1\"/></svg></li>\n")?;
        }
        html.raw("</ol></div>\n")?;
        Ok(())
    }
}

fn write_label(html: &mut Html<'_>, x: usize, y: usize, text: &str) -> io::Result<()> {
    html.raw("<text x=\"")?.show(x)?.raw("\" y=\"")?.show(y)?.raw("\">")?.text(text)?.raw("</text>")?;
    Ok(())
}

/// The longest time of a column but the last.
fn end(column: usize) -> Duration {
    let tens = u32::try_from(column / STEPS.len()).unwrap_or(TENS);
    Duration::from_micros(10_u64.pow(tens + 1) * STEPS[column % STEPS.len()])
}

/// The name below a column.
fn name(column: usize) -> String {
    if column == COLUMNS { "longer".to_owned() } else { time(end(column)) }
}

/// Whether there is room for the name below a column.
fn is_labelled(column: usize, count: usize) -> bool {
    let place = column % STEPS.len();
    if count <= ALL_LABELLED {
        true
    } else if count <= LABELLED {
        place % 2 == 1 || column == COLUMNS
    } else {
        place == 0
    }
}
