//! A shell line that sends a request again, as `proofmark` sends it: method, target, header fields and body, byte by
//! byte, and nothing that `curl` would add or tidy of its own.

mod shell;

use crate::model::Request;
use shell::{pipe, quote};

/// What `proofmark` names itself in the field `User-Agent`.
pub const USER_AGENT: &str = concat!("proofmark/", env!("CARGO_PKG_VERSION"));

/// The largest body that is an argument. Linux takes no argument beyond 128 KiB (`MAX_ARG_STRLEN`).
const LARGEST_ARGUMENT: usize = 100_000;

/// From this length on some versions of `curl` ask with `Expect: 100-continue` first.
const EXPECTS: usize = 1024;

/// A text as one word of a POSIX shell, plain or in quotes.
pub fn shell_word(text: &str) -> String {
    quote(text)
}

/// A `curl` line for a POSIX shell that repeats a request to `base`.
///
/// Every byte of the request is quoted; control characters are written so that the line can be printed and pasted.
/// Only newlines at the end of a body stay as they are, since `$(…)` drops them.
pub fn curl_line(base: &str, request: &Request) -> String {
    let (pipe, body) = body(request);
    let mut words = vec!["curl -sS".to_owned()];
    words.extend(method(request));
    words.extend(fields(request));
    words.extend(body);
    words.extend(address(base, &request.target));
    missing(request).to_owned() + &pipe + &words.join(" ")
}

/// Says what the line cannot send, in a command that does nothing: not every shell knows a comment at its prompt.
fn missing(request: &Request) -> &'static str {
    let hosts = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host"));
    if hosts.count() > 1 { ": 'curl sends the first Host alone'; " } else { "" }
}

/// `curl` reads no body after a HEAD only if it makes that itself, which it does not with a body of its own: then it
/// waits for what never comes.
fn method(request: &Request) -> Vec<String> {
    let method = request.method.as_str();
    match (method, request.body.as_str()) {
        ("HEAD", "") => vec!["-I".to_owned()],
        ("HEAD", _) => vec!["-i -X HEAD -m 5".to_owned()],
        _ => vec!["-i -X".to_owned(), quote(method)],
    }
}

/// The fields of the request; an empty value would remove a field, and without a name of our own `curl` gives its own.
fn fields(request: &Request) -> Vec<String> {
    let has = |name: &str| request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let mut words = Vec::new();
    if !has("user-agent") {
        words.push(format!("-A {USER_AGENT}"));
    }
    for (name, value) in &request.headers {
        let is_empty = value.trim_matches([' ', '\t']).is_empty();
        let field = if is_empty { format!("{name};") } else { format!("{name}: {value}") };
        words.extend(["-H".to_owned(), quote(&field)]);
    }
    let length = request.body.as_str().len();
    if length > 0 && !has("content-type") {
        words.push("-H Content-Type:".to_owned());
    }
    if length > EXPECTS && !has("expect") {
        words.push("-H Expect:".to_owned());
    }
    words
}

/// What goes before the line, and the words that give the body. `--data-raw` takes no `@` for the name of a file.
fn body(request: &Request) -> (String, Vec<String>) {
    let body = request.body.as_str();
    if body.is_empty() {
        (String::new(), Vec::new())
    } else if body.contains('\0') || body.len() > LARGEST_ARGUMENT {
        (pipe(body), vec!["--data-binary @-".to_owned()])
    } else {
        (String::new(), vec!["--data-raw".to_owned(), quote(body)])
    }
}

/// The words that make `curl` ask for just this target.
fn address(base: &str, target: &str) -> Vec<String> {
    let base = base.trim_end_matches('/');
    let mut words = Vec::new();
    if base.starts_with("https:") {
        // Else the endpoint may choose HTTP/2.
        words.push("--http1.1".to_owned());
    }
    let path = path_of(base);
    let is_plain = target.starts_with('/') && !target.contains('#');
    if !is_plain {
        let target = if target == "*" { target.to_owned() } else { format!("{path}{target}") };
        words.extend(["--request-target".to_owned(), quote(&target), quote(base)]);
        return words;
    }
    if target.contains(['[', ']', '{', '}']) || path.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    if has_dot_segments(path) || has_dot_segments(target) {
        words.push("--path-as-is".to_owned());
    }
    words.push(quote(&format!("{base}{target}")));
    words
}

/// The path of an address, behind its host.
fn path_of(base: &str) -> &str {
    let host = base.find("://").map_or(0, |scheme| scheme + 3);
    base[host..].find('/').map_or("", |path| &base[host + path..])
}

/// Whether a path has segments that clients take away, also in the spelling that some count as the same (URL Standard).
fn has_dot_segments(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    path.split('/').any(|segment| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    })
}

#[cfg(test)]
mod tests {
    use super::{curl_line, path_of};
    use crate::model::{Method, Request, SentBody};

    fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request {
            method: Method::new(method).unwrap(),
            target: target.to_owned(),
            headers: headers.collect(),
            body: SentBody::Raw(body.to_owned()),
            params: Vec::new(),
            format: None,
        }
    }

    #[test]
    fn a_line_names_what_curl_would_else_change() {
        for (request, due) in [
            (request("GET", "/a?b=c", &[], ""), "-i -X GET -A AGENT 'http://h/a?b=c'"),
            (request("HEAD", "/", &[], ""), "-I -A AGENT http://h/"),
            (
                request("HEAD", "/", &[], "x"),
                "-i -X HEAD -m 5 -A AGENT -H Content-Type: --data-raw x http://h/",
            ),
            (request("PUT", "/", &[], "@f"), "-i -X PUT -A AGENT -H Content-Type: --data-raw @f http://h/"),
            (request("GET", "/", &[("user-agent", "u")], ""), "-i -X GET -H 'user-agent: u' http://h/"),
            (
                request("GET", "/", &[("x", ""), ("x", " b")], ""),
                "-i -X GET -A AGENT -H 'x;' -H 'x:  b' http://h/",
            ),
            (request("GET", "/[1-2]{a,b}", &[], ""), "-i -X GET -A AGENT --globoff 'http://h/[1-2]{a,b}'"),
            (request("GET", "/a/%2E./b", &[], ""), "-i -X GET -A AGENT --path-as-is 'http://h/a/%2E./b'"),
            (request("OPTIONS", "*", &[], ""), "-i -X OPTIONS -A AGENT --request-target '*' http://h"),
            (request("GET", "/a#b", &[], ""), "-i -X GET -A AGENT --request-target '/a#b' http://h"),
        ] {
            let due = due.replace("AGENT", super::USER_AGENT);
            assert_eq!(curl_line("http://h/", &request), format!("curl -sS {due}"));
        }
    }

    #[test]
    fn a_line_says_what_it_leaves_out() {
        let two = request("GET", "/", &[("host", "a"), ("Host", "b")], "");
        let due = format!(
            ": 'curl sends the first Host alone'; curl -sS -i -X GET -A {} -H 'host: a' -H 'Host: b' http://h/",
            super::USER_AGENT
        );
        assert_eq!(curl_line("http://h/", &two), due);
    }

    #[test]
    fn over_tls_no_other_version_of_http_is_negotiated() {
        let line = curl_line("https://h/base/", &request("GET", "/a", &[], ""));
        assert!(line.ends_with(" --http1.1 https://h/base/a"), "{line}");
        assert_eq!((path_of("https://h/base"), path_of("http://h")), ("/base", ""));
    }
}
