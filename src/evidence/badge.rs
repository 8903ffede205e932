//! A badge: what a statement says, as a picture of one line that asks for nothing from elsewhere.
//!
//! Its size is computed without fonts: each text has a fixed width, so it fits in every font.

use std::fmt::Write as _;

use super::attested::Attested;
use super::statement::{CertifiedRows, TestResult};

/// The longest text of one half, in characters; a longer one is cut.
const LONGEST: usize = 72;
/// The height, and the free space beside a text, in pixels.
const HEIGHT: usize = 20;
const MARGIN: usize = 6;
/// The width of the mark before the verdict, with its space.
const MARK: usize = 13;

/// The ground of what was certified. White on each ground has a contrast of at least 4.5 (WCAG 2.2, 1.4.3).
const LABEL: &str = "#3c4149";

/// How a result looks, beside its words.
struct BadgeStyle {
    ground: &'static str,
    /// A drawing of 8 by 8 pixels: a tick, a bar with a dot, a cross.
    mark: &'static str,
}

fn look(result: TestResult) -> BadgeStyle {
    match result {
        TestResult::Passed => BadgeStyle { ground: "#17692f", mark: "M0 4.5l3 3L8 .5" },
        TestResult::Warned => BadgeStyle { ground: "#8a5300", mark: "M4 0v5M4 7v1" },
        TestResult::Failed => BadgeStyle { ground: "#b3202b", mark: "M.5.5l7 7M7.5.5l-7 7" },
    }
}

/// The badge as a file of SVG.
pub fn badge(attested: &Attested<'_>) -> String {
    let (label, verdict) = (show_text(&attested.subject()), show_text(&attested.verdict()));
    let look = look(attested.statement.result);
    let (label_width, verdict_width) = (width(&label), width(&verdict));
    let left = label_width + 2 * MARGIN;
    let total = left + MARK + verdict_width + 2 * MARGIN;
    let (label, verdict) = (escape(&label), escape(&verdict));
    let about = escape(&about(attested));
    let (right, edge) = (total - 3, HEIGHT - 3);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{total}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {total} {HEIGHT}\" role=\"img\" aria-label=\"{label}: {verdict}\">\n\
         <title>{label}: {verdict}</title>\n<desc>{about}</desc>\n"
    );
    // Writing to a String cannot fail, which is why results are dropped here.
    let _ = writeln!(
        svg,
        "<path fill=\"{LABEL}\" d=\"M3 0H{left}V{HEIGHT}H3A3 3 0 0 1 0 {edge}V3A3 3 0 0 1 3 0z\"/>\n\
         <path fill=\"{}\" d=\"M{left} 0H{right}A3 3 0 0 1 {total} 3V{edge}A3 3 0 0 1 {right} {HEIGHT}H{left}z\"/>\n\
         <path fill=\"none\" stroke=\"#fff\" stroke-width=\"1.6\" transform=\"translate({} 6)\" d=\"{}\"/>",
        look.ground,
        left + MARGIN,
        look.mark
    );
    svg.push_str(
        "<g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,Geneva,sans-serif\" font-size=\"11\">\n",
    );
    for (at, width, text) in [(MARGIN, label_width, label), (left + MARGIN + MARK, verdict_width, verdict)] {
        let _ = writeln!(
            svg,
            "<text x=\"{at}\" y=\"14\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The details behind the badge, for readers who open the file.
fn about(attested: &Attested<'_>) -> String {
    let scope = &attested.statement.conformance.scope;
    let endpoints: Vec<String> =
        scope.endpoints.iter().map(|endpoint| format!("{} ({})", endpoint.name, endpoint.kind)).collect();
    let mut about = format!("Endpoint {}. Signed by {}.", show_text(&endpoints.join(", ")), attested.keyid);
    let rows = &attested.statement.conformance.rows_held;
    let count = |of: fn(&CertifiedRows) -> usize| rows.iter().map(of).sum::<usize>();
    let _ = write!(about, " Error rows held: {} of {}.", count(|rows| rows.held), count(|rows| rows.rows));
    if let Some(strength) = &attested.statement.conformance.strength {
        let _ = write!(about, " Mutants: {}.", strength.mutants.summary());
        if let Some(floor) = &strength.floor {
            let _ = write!(about, " Floor: {}.", show_text(&floor.summary()));
        }
    }
    if let Some(bundle) = attested.bundle {
        let _ = write!(about, " Evidence {bundle}.");
    }
    about
}

/// The text as it is shown: everything but the letters of ASCII as an escape, since a badge has no room for what is
/// wider, narrower or higher than it seems; and no more of it than there is room for.
fn show_text(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if letter.is_ascii_graphic() || letter == ' ' {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_default());
        }
        if shown.len() > LONGEST {
            shown.truncate(LONGEST);
            shown.push_str("...");
            break;
        }
    }
    shown
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// About how wide a text is in Verdana at 11 pixels, from the widths of that font in thousandths of its size.
fn width(text: &str) -> usize {
    let thousandths: usize = text.bytes().map(letter_width).sum();
    (thousandths * 11).div_ceil(1000)
}

fn letter_width(letter: u8) -> usize {
    match letter {
        b'i' | b'j' | b'l' | b'\'' => 290,
        b' ' | b'f' | b'I' | b't' | b'.' | b',' | b'r' => 390,
        b'!' | b'(' | b')' | b'-' | b'/' | b':' | b';' | b'[' | b'\\' | b']' | b'|' | b'J' => 460,
        b'c' | b's' | b'z' | b'k' | b'v' | b'x' | b'y' | b'L' | b'"' => 560,
        b'm' | b'w' | b'M' | b'W' | b'@' | b'%' => 980,
        b'D' | b'G' | b'H' | b'N' | b'O' | b'Q' | b'U' | b'#' | b'+' | b'<' | b'=' | b'>' | b'^' | b'~' => {
            800
        }
        b'A' | b'B' | b'C' | b'K' | b'P' | b'R' | b'S' | b'V' | b'X' | b'&' => 700,
        _ => 636,
    }
}

#[cfg(test)]
mod tests {
    use super::{LABEL, LONGEST, badge, look, show_text};
    use crate::evidence::sample::{attest, statement};
    use crate::evidence::{Statement, TestResult};
    use crate::wire::read_xml;

    const RESULTS: [TestResult; 3] = [TestResult::Passed, TestResult::Warned, TestResult::Failed];

    /// The relative luminance of a colour (WCAG 2.2, definitions).
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn white_on_every_ground_can_be_read() {
        for ground in RESULTS.map(|result| look(result).ground).into_iter().chain([LABEL]) {
            let contrast = 1.05 / (luminance(ground) + 0.05);
            assert!(contrast >= 4.5, "{ground}: {contrast}");
        }
    }

    fn of(change: impl FnOnce(&mut Statement)) -> String {
        let mut statement = statement();
        change(&mut statement);
        badge(&attest(&statement))
    }

    fn title(svg: &str) -> &str {
        svg.split("<title>").nth(1).unwrap().split("</title>").next().unwrap()
    }

    #[test]
    fn a_badge_says_what_the_statement_says() {
        assert_eq!(title(&of(|_| ())), "shop/Order 2024-01-01: conforms 2/4");
        let failed = of(|it| it.result = TestResult::Failed);
        assert_eq!(title(&failed), "shop/Order 2024-01-01: does not conform 2/4");
        let warned = of(|it| {
            it.result = TestResult::Warned;
            it.warned.push("x".into());
        });
        assert_eq!(title(&warned), "shop/Order 2024-01-01: conforms 2/4, 1 waived");
        let shallow = of(|it| it.conformance.scope.levels.truncate(3));
        assert_eq!(title(&shallow), "shop/Order 2024-01-01: conforms 2/4, code only");
        let ours = of(|it| it.conformance.scope.endpoints[0].kind = "reference".into());
        assert_eq!(title(&ours), "shop/Order 2024-01-01: conforms 2/4, reference endpoint");
        let several = of(|it| {
            let more = it.conformance.scope.contracts[0].clone();
            it.conformance.scope.contracts.push(more);
        });
        assert_eq!(title(&several), "2 contracts: conforms 2/4");
    }

    #[test]
    fn results_differ_in_words_and_in_shape_and_not_in_colour_alone() {
        let marks = RESULTS.map(|result| look(result).mark);
        assert!(marks[0] != marks[1] && marks[1] != marks[2] && marks[0] != marks[2]);
    }

    #[test]
    fn a_badge_is_xml_and_asks_for_nothing_whatever_the_names_are() {
        let hostile = "</title><script>alert(1)</script>\"' ]]> &lt; \u{202e}\u{0}\u{1b}[2J\u{ffff}é\n😀";
        let svg = of(|it| {
            it.conformance.scope.contracts[0].version = hostile.into();
            it.conformance.scope.endpoints[0].name = hostile.into();
        });
        assert_eq!(svg.matches("<title>").count(), 1);
        assert!(!svg.contains("<script") && svg.is_ascii(), "{svg}");
        assert_eq!(read_xml(&svg).unwrap().0, "svg");
        assert_eq!(svg.matches("http").count(), 1, "the name of SVG alone");
        for way in ["href", "url(", "<style", "<image", "<foreignObject", "@import"] {
            assert!(!svg.contains(way), "{way}");
        }
    }

    #[test]
    fn a_long_name_is_cut_and_the_picture_is_as_wide_as_its_parts() {
        assert_eq!(show_text(&"a".repeat(LONGEST)).len(), LONGEST);
        assert!(show_text(&"a".repeat(LONGEST + 1)).ends_with("a..."));
        assert!(show_text(&"\u{10ffff}".repeat(1000)).len() <= LONGEST + 3);
        let widest = of(|it| it.conformance.scope.contracts[0].id = "W".repeat(5000));
        let numbers = |key: &str| -> Vec<usize> {
            let key = format!(" {key}=\"");
            let parts = widest.split(&key).skip(1);
            parts.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
        };
        let (places, widths) = (numbers("x"), numbers("textLength"));
        assert!(places[0] + widths[0] < places[1]);
        assert!(places[1] + widths[1] < numbers("width")[0]);
    }
}
