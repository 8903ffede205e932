//! What makes the head of an answer unreadable, which hyper tells of the whole head alone. Main function: [`wrong_line`].

use memchr::memchr;

/// The first line of a head that HTTP/1.1 forbids, and the rule that it breaks.
pub(super) fn wrong_line(head: &[u8]) -> Option<(&'static str, &[u8])> {
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.by_ref().find(|line| !line.is_empty())?;
    if !is_status_line(first) {
        return Some((
            "a status line is HTTP/1.1, a space and three digits, from 100 on (RFC 9112, section 4)",
            first,
        ));
    }
    lines.take_while(|line| !line.is_empty()).find_map(|line| Some((broken_rule(line)?, line)))
}

fn is_status_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"HTTP/1.") else { return false };
    let (version, rest) = rest.split_at(rest.len().min(1));
    let Some(rest) = rest.strip_prefix(b" ").filter(|_| version.iter().all(u8::is_ascii_digit)) else {
        return false;
    };
    let (status, reason) = rest.split_at(rest.len().min(3));
    status.len() == 3
        && status.iter().all(u8::is_ascii_digit)
        && !status.starts_with(b"0")
        && reason.first().is_none_or(|byte| *byte == b' ')
        && is_text(reason)
}

/// Whether bytes have no control characters but tabs.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
}

/// What is wrong with the line of a field.
fn broken_rule(line: &[u8]) -> Option<&'static str> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return Some("no field goes on in a further line (RFC 9112, section 5.2)");
    }
    let Some(colon) = memchr(b':', line) else {
        return Some("a field is a name, a colon and a value (RFC 9112, section 5)");
    };
    let (name, value) = line.split_at(colon);
    if name.last().is_some_and(u8::is_ascii_whitespace) {
        return Some("there is no space before the colon of a field (RFC 9112, section 5.1)");
    }
    if name.is_empty() || !name.iter().all(is_of_name) {
        return Some("the name of a field has letters, digits and some signs (RFC 9110, section 5.1)");
    }
    (!is_text(value)).then_some("the value of a field has no control characters (RFC 9110, section 5.5)")
}

#[cfg(test)]
mod tests {
    use super::wrong_line;

    #[test]
    fn the_first_wrong_line_is_found_with_its_rule() {
        for (head, section, line) in [
            ("HTTP/2 200 OK\r\n\r\n", "9112, section 4)", "HTTP/2 200 OK"),
            ("HTTP/1.1 20 OK\r\n\r\n", "9112, section 4)", "HTTP/1.1 20 OK"),
            ("HTTP/1.1 000 OK\r\n\r\n", "9112, section 4)", "HTTP/1.1 000 OK"),
            ("HTTP/1.1 2000\r\n\r\n", "9112, section 4)", "HTTP/1.1 2000"),
            ("HTTP/1.x 200\r\n\r\n", "9112, section 4)", "HTTP/1.x 200"),
            ("SSH-2.0-OpenSSH_9\r\n", "9112, section 4)", "SSH-2.0-OpenSSH_9"),
            ("\r\nHTTP\r\n", "9112, section 4)", "HTTP"),
            ("HTTP/1.1 200 \u{7}\r\n", "9112, section 4)", "HTTP/1.1 200 \u{7}"),
            ("HTTP/1.1 200 OK\r\na: b\r\n c\r\n", "9112, section 5.2)", " c"),
            ("HTTP/1.1 200 OK\r\na: b\nc\r\n", "9112, section 5)", "c"),
            ("HTTP/1.1 200 OK\r\na : b\r\n", "9112, section 5.1)", "a : b"),
            ("HTTP/1.1 200 OK\r\n: b\r\n", "9110, section 5.1)", ": b"),
            ("HTTP/1.1 200 OK\r\na b: c\r\n", "9110, section 5.1)", "a b: c"),
            ("HTTP/1.1 200 OK\r\na: b\0c\r\nd\r\n", "9110, section 5.5)", "a: b\0c"),
        ] {
            let (rule, found) = wrong_line(head.as_bytes()).unwrap_or_else(|| panic!("{head:?}"));
            assert!(rule.ends_with(section), "{head:?}: {rule}");
            assert_eq!(String::from_utf8_lossy(found), line);
        }
        for right in [
            "",
            "HTTP/1.1 200\r\n\r\nno field\r\n",
            "HTTP/1.0 404 Not \u{e9}\r\na:\r\nb: \t\u{fc}\r\n\r\nno field\r\n",
        ] {
            assert_eq!(wrong_line(right.as_bytes()), None, "{right:?}");
        }
    }
}
