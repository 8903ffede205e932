//! What a request can carry: targets, methods and values of header fields.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Why CONNECT is not sent (RFC 9110, section 9.3.6).
pub const NO_TUNNEL: &str = "it asks for a tunnel to a host and a port (RFC 9110, section 9.3.6)";

/// Why a target cannot be in a request line, if so: what RFC 3986 leaves out of paths and queries, and clients refuse
/// or cut off. Other signs go out as they are written, `..` and `%zz` as well.
pub fn target_flaw(target: &str, is_options: bool) -> Option<String> {
    if target == "*" {
        let reason = "only OPTIONS has the target `*` (RFC 9112, section 3.2.4)";
        return (!is_options).then(|| reason.to_owned());
    }
    if !target.starts_with('/') {
        return Some("it does not begin with `/`".to_owned());
    }
    let query = target.split_once('?').map_or("", |(_, query)| query);
    if query.contains('"') {
        return Some("no query has `\"` in it (RFC 3986, section 3.4); write %22".to_owned());
    }
    let letter = target.chars().find(|letter| !letter.is_ascii_graphic() || "<>`#".contains(*letter))?;
    let written = utf8_percent_encode(letter.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC).to_string();
    let shown = if letter == ' ' { "a space".to_owned() } else { format!("`{}`", letter.escape_debug()) };
    Some(format!("no request line has {shown} in it; write {written}"))
}

/// Why HTTP does not allow the value of a header field, if so.
pub fn field_flaw(value: &str) -> Option<&'static str> {
    let is_control = |letter: char| letter.is_ascii_control() && letter != '\t';
    value.chars().any(is_control).then_some("its value has a control character (RFC 9110, section 5.5)")
}
