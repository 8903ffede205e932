//! Takes secrets out of what an endpoint sends: one that repeats a request's credentials must not bring them into a
//! report, a snapshot or a terminal. Main type: [`Redactor`].
//!
//! It is applied where an answer comes in, so nothing behind it has to think of secrets.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::bytes::{Regex, RegexBuilder};

use super::Secret;
use crate::model::Value;

/// What stands in a secret's place.
const HIDDEN: &str = "[secret]";

/// A text that is shorter is not looked for: it would be found where it is none.
const SHORTEST: usize = 6;

/// A secret that is longer is looked for in parts of this length, so that expressions stay small.
const PART: usize = 48;

/// How many forms one expression looks for. A secret of any length comes to as many expressions as it takes, and none of
/// them is too large to be made.
const TOGETHER: usize = 64;

/// The largest expression, in bytes; far above what so many forms come to.
const LARGEST: usize = 64 * 1024 * 1024;

/// Finds secrets, plain and encoded: by percent signs, escapes of JSON and of XML (each also more than once), base64 at
/// any offset and with either alphabet, and hexadecimal digits; in upper and lower case.
#[derive(Debug, Clone)]
pub struct Redactor(Vec<Regex>);

impl Redactor {
    /// Looks for these secrets; none, if there is nothing to look for.
    pub fn new(secrets: &[Secret]) -> Option<Self> {
        let mut forms: Vec<String> = secrets.iter().flat_map(|secret| expressions(secret.expose())).collect();
        if forms.is_empty() {
            return None;
        }
        // The first that matches counts, so longer ones come first.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        let expression = |forms: &[String]| {
            let mut builder = RegexBuilder::new(&forms.join("|"));
            builder.case_insensitive(true).unicode(false).size_limit(LARGEST).build().ok()
        };
        Some(Self(forms.chunks(TOGETHER).filter_map(expression).collect()))
    }

    /// The bytes with every secret hidden; none if there is nothing to hide.
    pub fn hidden(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut hidden: Option<Vec<u8>> = None;
        for regex in &self.0 {
            let seen = hidden.as_deref().unwrap_or(bytes);
            if regex.is_match(seen) {
                hidden = Some(regex.replace_all(seen, HIDDEN.as_bytes()).into_owned());
            }
        }
        hidden
    }

    /// Hides every secret in a text.
    pub fn hide(&self, text: &mut String) {
        if let Some(hidden) = self.hidden(text.as_bytes()) {
            *text = String::from_utf8_lossy(&hidden).into_owned();
        }
    }

    /// Hides every secret in a tree, in keys and texts.
    pub fn hide_in(&self, tree: &mut Value) {
        match tree {
            Value::Text(text) | Value::Number(text) => self.hide(text),
            Value::List(items) => items.iter_mut().for_each(|item| self.hide_in(item)),
            Value::Map(entries) => {
                for (key, item) in entries {
                    self.hide(key);
                    self.hide_in(item);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

fn expressions(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let letters: Vec<char> = secret.chars().collect();
    let parts =
        letters.chunks(PART).filter(|part| part.iter().map(|it| it.len_utf8()).sum::<usize>() >= SHORTEST);
    let escaped = parts.map(|part| part.iter().copied().map(any_way).collect());
    let hex = secret.as_bytes().chunks(PART).filter(|part| part.len() >= SHORTEST).map(base16);
    escaped.chain(hex).chain(base64_parts(secret.as_bytes())).collect()
}

/// A character as itself, or as one of the escapes that texts of the web have for it. JSON inside JSON has the same
/// escapes behind more backslashes, and XML inside XML behind more of `amp;`.
fn any_way(letter: char) -> String {
    let (mut utf8, mut units) = ([0; 4], [0; 2]);
    let bytes = letter.encode_utf8(&mut utf8).as_bytes();
    let joined = |form: fn(&u8) -> String| bytes.iter().map(form).collect::<String>();
    let plain = joined(|byte| format!(r"\x{byte:02x}"));
    let percent = joined(|byte| format!("%(?:25)*{byte:02x}"));
    let escape = |unit: &u16| format!(r"\\+u{unit:04x}");
    let json: String = letter.encode_utf16(&mut units).iter().map(escape).collect();
    let code = u32::from(letter);
    let name = match letter {
        '&' => "|amp",
        '<' => "|lt",
        '>' => "|gt",
        '"' => "|quot",
        '\'' => "|apos",
        _ => "",
    };
    let xml = format!("&(?:amp;)*(?:#x0*{code:x}|#0*{code}{name});");
    // Backslashes before a sign itself, and the plus in place of a space in forms.
    let plain = match letter {
        ' ' => r"[ +]".to_owned(),
        _ if letter.is_ascii_punctuation() => format!(r"\\*{plain}"),
        _ => plain,
    };
    format!("(?:{plain}|{percent}|{json}|{xml})")
}

fn base16(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A character of base64. Nobody escapes its letters and digits.
fn of_base64(byte: u8) -> String {
    let letter = char::from(byte);
    if letter.is_ascii_alphanumeric() { letter.to_string() } else { any_way(letter) }
}

/// The characters that a secret comes to in base64 wherever it stands in what is encoded: without those at either end
/// that also depend on what is beside it.
fn base64_parts(secret: &[u8]) -> Vec<String> {
    let mut parts = Vec::new();
    for offset in 0..3 {
        let padded = [&b"\0\0\0"[..offset], secret].concat();
        let first = (offset * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            let sure = &text.as_bytes()[first..last];
            let pieces = sure.chunks(PART).filter(|part| part.len() >= SHORTEST);
            let start = parts.len();
            parts.extend(pieces.map(|part| part.iter().copied().map(of_base64).collect::<String>()));
            // What follows the last piece holds the rest of the last byte; behind any other the next piece begins.
            if let Some(last) = parts[start..].last_mut() {
                last.push_str("[a-z0-9+/_-]?={0,2}");
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    use super::super::Secret;
    use super::{Redactor, base16};
    use crate::model::Value;

    const SECRET: &str = "s3cr3t/+Zq%3DKx9~\"<tail=";

    fn hidden(text: &str) -> String {
        let mut text = text.to_owned();
        Redactor::new(&[Secret::new(SECRET)]).unwrap().hide(&mut text);
        text
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
        let twice = utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string();
        let hex = base16(SECRET.as_bytes());
        let json = serde_json::to_string(SECRET).unwrap();
        let escapes = SECRET.bytes().map(|byte| format!("\\u00{byte:02X}")).collect::<Vec<_>>().concat();
        let xml = SECRET.replace('<', "&lt;").replace('"', "&#34;");
        let all =
            [SECRET.to_owned(), percent.clone(), twice, hex, json.trim_matches('"').to_owned(), escapes, xml];
        for form in all {
            for form in [form.clone(), form.to_uppercase(), form.to_lowercase()] {
                assert_eq!(hidden(&format!("a {form} b")), "a [secret] b", "{form}");
            }
        }
    }

    #[test]
    fn json_inside_json_and_xml_inside_xml_are_found() {
        let (mut json, mut xml) = (SECRET.to_owned(), SECRET.replace('<', "&lt;").replace('"', "&#34;"));
        for _ in 0..3 {
            json = serde_json::to_string(&json).unwrap();
            xml = xml.replace('&', "&amp;");
            assert!(!hidden(&json).contains("Kx9~") && !hidden(&xml).contains("Kx9~"), "{json} {xml}");
        }
        let escapes = SECRET.bytes().map(|byte| format!("\\\\u00{byte:02X}")).collect::<Vec<_>>().concat();
        assert_eq!(hidden(&escapes), "[secret]");
    }

    #[test]
    fn letters_beyond_ascii_are_found_in_every_form() {
        let secret = "p\u{e4}ssw\u{f6}rd\u{20ac}\u{1f511}";
        let redactor = Redactor::new(&[Secret::new(secret)]).unwrap();
        let escapes = |form: fn(char) -> String| secret.chars().map(form).collect::<String>();
        let unit = |unit: &u16| format!("\\u{unit:04X}");
        let json: String = secret.encode_utf16().collect::<Vec<_>>().iter().map(unit).collect();
        let xml = escapes(|it| format!("&#{};", u32::from(it)));
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        for mut form in [secret.to_owned(), json, xml, percent, base16(secret.as_bytes())] {
            redactor.hide(&mut form);
            assert_eq!(form, "[secret]");
        }
    }

    #[test]
    fn base64_is_found_wherever_the_secret_stands_in_it() {
        for before in ["", "u", "us", "user:", "Bearer "] {
            for engine in [STANDARD, URL_SAFE] {
                let encoded = engine.encode(format!("{before}{SECRET}!after"));
                let shown = hidden(&encoded);
                assert!(shown.contains("[secret]") && shown.len() < encoded.len() - 20, "{encoded} {shown}");
            }
        }
    }

    #[test]
    fn a_long_secret_is_found_in_parts() {
        let long = (0..1000).map(|number: u32| format!("{number:x}-")).collect::<Vec<_>>().concat();
        let redactor = Redactor::new(&[Secret::new(long.as_str())]).unwrap();
        let mut text = format!("<{long}>");
        redactor.hide(&mut text);
        assert!(text.len() < 1000 && !text.contains("3e"), "{text}");
    }

    fn long(letters: usize) -> String {
        let numbers = (0..letters / 4).map(|number| format!("{:04x}", number * 7919 % 65_536));
        numbers.collect()
    }

    #[test]
    fn base64_of_a_secret_in_several_parts_is_found_to_its_end() {
        let secret = long(200);
        let redactor = Redactor::new(&[Secret::new(secret.as_str())]).unwrap();
        for before in ["", "u", "us", "user:"] {
            let mut text = STANDARD.encode(format!("{before}{secret}"));
            redactor.hide(&mut text);
            let left = text.replace("[secret]", "");
            assert!(left.len() < 12, "{left}");
        }
    }

    #[test]
    fn a_secret_of_any_length_is_found() {
        let secret = long(9000);
        let redactor = Redactor::new(&[Secret::new(secret.as_str())]).unwrap();
        assert!(redactor.0.len() > 1);
        let mut text = secret.clone();
        redactor.hide(&mut text);
        assert_eq!(text.replace("[secret]", ""), "");
    }

    #[test]
    fn keys_and_texts_of_a_tree_are_looked_at_and_nothing_else_changes() {
        let redactor = Redactor::new(&[Secret::new(SECRET)]).unwrap();
        let mut tree = Value::Map(vec![(SECRET.into(), Value::List(vec![Value::text(SECRET), Value::Null]))]);
        redactor.hide_in(&mut tree);
        assert_eq!(tree.to_string().replace(' ', ""), r#"{"[secret]":["[secret]",null]}"#);
        assert_eq!(hidden("secret s3cr3t"), "secret s3cr3t");
        assert!(Redactor::new(&[Secret::new("short")]).is_none() && Redactor::new(&[]).is_none());
    }
}
