//! The head of a snapshot file, byte for byte as insta writes it, so that accepting a snapshot with
//! `cargo insta` and with this tool gives the same file.

use std::fmt::Write;

/// What a snapshot's head says: only what insta keeps when it accepts one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// The table, relative to the project.
    pub(super) source: String,
    /// The case's sentence.
    pub(super) description: String,
    /// Further keys and values, in order.
    pub(super) info: Vec<(&'static str, String)>,
}

impl Header {
    /// The whole file for these contents.
    pub(super) fn file(&self, contents: &str) -> String {
        let mut text = String::from("---\n");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "source: {}", scalar(&self.source));
        let _ = writeln!(text, "description: {}", scalar(&self.description));
        text.push_str("info:\n");
        for (key, value) in &self.info {
            let _ = writeln!(text, "  {key}: {}", scalar(value));
        }
        text.push_str("---\n");
        text.push_str(contents);
        text.push('\n');
        text
    }
}

/// A YAML scalar, in quotes only where insta's writer would put them.
fn scalar(text: &str) -> String {
    if !needs_quotes(text) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            other if other.is_ascii_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(other));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// YAML 1.2, sections 5.3 and 7.3.3, as insta's writer reads them.
fn needs_quotes(text: &str) -> bool {
    const RESERVED: [&str; 22] = [
        "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On",
        "ON", "off", "Off", "OFF", "null", "Null", "NULL", "~",
    ];
    text.is_empty()
        || text.starts_with(' ')
        || text.ends_with(' ')
        || text.starts_with(['&', '*', '?', '|', '-', '<', '>', '=', '!', '%', '@', '.'])
        || text.contains([':', '{', '}', '[', ']', ',', '#', '`', '"', '\'', '\\'])
        || text.contains(|letter: char| letter.is_ascii_control())
        || RESERVED.contains(&text)
        || text.starts_with("0x")
        || text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::Header;
    use insta::Snapshot;

    #[test]
    fn insta_reads_what_is_written_and_would_write_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let texts = [
            "plain words",
            "a: b",
            "-x",
            "",
            "1.5",
            "yes",
            "\"q\"",
            "tab\t",
            "é ü",
            "a 'b'",
            "#",
            "0x1",
            ".a",
        ];
        for text in texts {
            let header = Header {
                source: "cases/a.toml".into(),
                description: text.into(),
                info: vec![("case", text.into())],
            };
            let path = folder.path().join("a.snap");
            let file = header.file("> GET /\n< 200");
            std::fs::write(&path, &file).unwrap();
            let read = Snapshot::from_file(&path).unwrap();
            assert_eq!(read.metadata().description().unwrap_or_default(), text);
            read.save(&path).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), file, "{text:?}");
        }
    }
}
