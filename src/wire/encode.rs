//! From prepared parameters to a request.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::json::to_json;
use crate::model::{
    AnswerFormat, Contract, Listing, NO_TUNNEL, ParameterPlace, PreparedStep, RawParts, Request, SentBody,
    Value, essence, field_flaw, is_token, put_over_fields, target_flaw,
};

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why no request can be made of the parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The path needs a parameter that the case does not send.
    #[error("the path {path} needs the parameter `{name}`")]
    PathParameter {
        /// The path of the contract.
        path: String,
        /// The parameter.
        name: String,
    },
    /// A path or query with a character that no request line has.
    #[error("the target {target:?} cannot be sent: {reason}")]
    Target {
        /// The target.
        target: String,
        /// Why.
        reason: String,
    },
    /// A header field whose name or value HTTP does not allow.
    #[error("the header field {name:?} cannot be sent: {reason}")]
    Field {
        /// Its name.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// The method CONNECT, whose target is a host and a port.
    #[error("the method CONNECT cannot be sent: {}", NO_TUNNEL)]
    Tunnel,
    /// A transfer coding, which no request is sent in.
    #[error("the header field {name:?} cannot be sent: the length of a body goes out as Content-Length")]
    TransferCoding {
        /// The field's name, as it is written.
        name: String,
    },
    /// A length that is not that of the body.
    #[error("the header field `content-length` says {said:?}, and the body has {length} bytes")]
    Length {
        /// What the case says.
        said: String,
        /// What is so.
        length: usize,
    },
}

impl EncodeError {
    /// What to do instead, where that is plain.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TransferCoding { .. } => Some(
                "leave it out: requests are not sent in chunks, and Content-Length is added to each body",
            ),
            Self::Length { .. } => Some("leave it out: the length of the body is added"),
            Self::PathParameter { .. } | Self::Target { .. } | Self::Field { .. } | Self::Tunnel => None,
        }
    }
}

fn check_target(target: &str, is_options: bool) -> Result<(), EncodeError> {
    match target_flaw(target, is_options) {
        None => Ok(()),
        Some(reason) => Err(EncodeError::Target { target: target.to_owned(), reason }),
    }
}

/// Whether HTTP allows header fields, and a length that a case gives is right.
fn check_fields(headers: &[(String, String)], length: usize) -> Result<(), EncodeError> {
    for (name, value) in headers {
        let refused = |reason| EncodeError::Field { name: name.clone(), reason };
        if !is_token(name) {
            return Err(refused("its name is not a token (RFC 9110, section 5.1)"));
        }
        if let Some(reason) = field_flaw(value) {
            return Err(refused(reason));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(EncodeError::TransferCoding { name: name.clone() });
        }
        if name.eq_ignore_ascii_case("content-length") && *value != length.to_string() {
            return Err(EncodeError::Length { said: value.clone(), length });
        }
    }
    Ok(())
}

/// Makes the request of a prepared step.
///
/// # Errors
/// A path parameter that is missing, or a target, a header field or a length that cannot be sent.
pub fn encode(contract: &Contract, step: &PreparedStep) -> Result<Request, EncodeError> {
    let shape = &contract.request;
    let place_of = |name: &str| {
        let own = contract.parameter(name).and_then(|parameter| parameter.place);
        own.or(step.request.place).unwrap_or(shape.place)
    };
    let raw = &step.request.raw;
    let mut parts = EncodedParameters::default();
    let mut shown = Vec::with_capacity(step.params.len());
    for (name, value) in &step.params {
        let place = place_of(name);
        parts.add(place, name, value);
        let is_shown = !is_replaced(place, raw);
        flatten(Cow::Borrowed(name), value, shape.lists, &mut |name, text| {
            match place {
                ParameterPlace::Query => append(&mut parts.query, &name, &text),
                ParameterPlace::Form => append(&mut parts.form, &name, &text),
                ParameterPlace::Path | ParameterPlace::Json | ParameterPlace::Header => {}
            }
            if is_shown {
                shown.push((name.into_owned(), text));
            }
        });
    }
    shown.extend(raw.query.as_deref().map(decode_parameters).unwrap_or_default());
    let format = shape
        .format
        .as_ref()
        .and_then(|choice| asked_format(&shown, &choice.param, &choice.json, &choice.xml));
    let path = match &raw.path {
        Some(path) => path.clone(),
        None => fill_path(&shape.path, &parts.path)?,
    };
    let query = raw.query.as_ref().unwrap_or(&parts.query);
    let mut target = path;
    if !query.is_empty() {
        target.push('?');
        target.push_str(query);
    }
    let method = step.request.method.as_ref().unwrap_or(&shape.method);
    if method.as_str() == "CONNECT" {
        return Err(EncodeError::Tunnel);
    }
    check_target(&target, method.as_str() == "OPTIONS")?;
    if let Some(more) = &raw.after_signing {
        check_target(&format!("/?{more}"), false)?;
    }
    let body = match &raw.body {
        Some(body) => SentBody::Raw(body.clone()),
        None => parts.body(step.request.place.unwrap_or(shape.place), method.as_str()),
    };
    let headers = headers(&body, parts.headers, &raw.headers);
    check_fields(&headers, body.as_str().len())?;
    Ok(Request { method: method.clone(), headers, params: shown, target, body, format })
}

/// Whether a part written by hand takes the place of the parameters.
fn is_replaced(place: ParameterPlace, raw: &RawParts) -> bool {
    match place {
        ParameterPlace::Path => raw.path.is_some(),
        ParameterPlace::Query => raw.query.is_some(),
        ParameterPlace::Form | ParameterPlace::Json => raw.body.is_some(),
        ParameterPlace::Header => false,
    }
}

/// The parameters of a request by name, also those of a form that a case wrote by hand.
pub fn sent_params(request: &Request) -> Vec<(String, String)> {
    let mut params = request.params.clone();
    let is_form = |(name, value): &(String, String)| {
        name.eq_ignore_ascii_case("content-type") && essence(value) == "application/x-www-form-urlencoded"
    };
    if let (SentBody::Raw(text), true) = (&request.body, request.headers.iter().any(is_form)) {
        params.extend(decode_parameters(text));
    }
    params
}

/// The parameters of a query or form written by hand, as a server reads them (URL Standard, section 5.1).
fn decode_parameters(query: &str) -> Vec<(String, String)> {
    let plain = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

/// Parameters by the place they go to; those of query and form are encoded.
#[derive(Default)]
struct EncodedParameters {
    path: Vec<(String, String)>,
    query: String,
    form: String,
    json: Vec<(String, Value)>,
    headers: Vec<(String, String)>,
}

impl EncodedParameters {
    fn add(&mut self, place: ParameterPlace, name: &str, value: &Value) {
        match place {
            ParameterPlace::Path => self.path.push((name.to_owned(), value.to_plain())),
            ParameterPlace::Query | ParameterPlace::Form => {}
            ParameterPlace::Json => self.json.push((name.to_owned(), value.clone())),
            ParameterPlace::Header => self.headers.push((name.to_ascii_lowercase(), value.to_plain())),
        }
    }

    /// A JSON body is an object, even without members, where the method carries one.
    fn body(&self, place: ParameterPlace, method: &str) -> SentBody {
        if !self.form.is_empty() {
            return SentBody::Form(self.form.clone());
        }
        let carries = !matches!(method, "GET" | "HEAD" | "DELETE");
        if !self.json.is_empty() || (place == ParameterPlace::Json && carries) {
            return SentBody::Json(to_json(&Value::Map(self.json.clone())).to_string());
        }
        SentBody::Empty
    }
}

fn headers(body: &SentBody, own: Vec<(String, String)>, raw: &[(String, String)]) -> Vec<(String, String)> {
    let content_type = body.content_type().map(|kind| ("content-type".to_owned(), kind.to_owned()));
    put_over_fields(content_type.into_iter().chain(own).collect(), raw)
}

fn asked_format(params: &[(String, String)], name: &str, json: &str, xml: &str) -> Option<AnswerFormat> {
    let (_, value) = params.iter().find(|(known, _)| known == name)?;
    if value.eq_ignore_ascii_case(json) {
        Some(AnswerFormat::Json)
    } else if value.eq_ignore_ascii_case(xml) {
        Some(AnswerFormat::Xml)
    } else {
        None
    }
}

/// Gives a value as flat names and texts: `Tag.1.Key`. A null sends nothing.
fn flatten(name: Cow<'_, str>, value: &Value, lists: Listing, give: &mut dyn FnMut(Cow<'_, str>, String)) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => give(name, value.to_plain()),
        Value::List(items) => {
            for (position, item) in items.iter().enumerate() {
                let name = match lists {
                    Listing::Numbered => Cow::Owned(format!("{name}.{}", position + 1)),
                    Listing::Repeated => Cow::Borrowed(&*name),
                };
                flatten(name, item, lists, give);
            }
        }
        Value::Map(entries) => {
            for (key, item) in entries {
                flatten(Cow::Owned(format!("{name}.{key}")), item, lists, give);
            }
        }
    }
}

fn append(text: &mut String, name: &str, value: &str) {
    text.reserve(name.len() + value.len() + 2);
    if !text.is_empty() {
        text.push('&');
    }
    append_encoded(text, name);
    text.push('=');
    append_encoded(text, value);
}

/// Most names and values need no encoding, which is quicker to see than to encode them.
fn append_encoded(text: &mut String, part: &str) {
    if part.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-._~".contains(&letter)) {
        text.push_str(part);
    } else {
        text.extend(utf8_percent_encode(part, RESERVED));
    }
}

/// The path with each `{name}` filled.
fn fill_path(path: &str, values: &[(String, String)]) -> Result<String, EncodeError> {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        let missing = || EncodeError::PathParameter { path: path.to_owned(), name: name.to_owned() };
        let (_, value) = values.iter().find(|(known, _)| known == name).ok_or_else(missing)?;
        filled.push_str(before);
        filled.extend(utf8_percent_encode(value, RESERVED));
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use hyper::http::uri::PathAndQuery;

    use super::{append, check_fields, check_target, fill_path, flatten};
    use crate::model::{Listing, Value};

    #[test]
    fn lists_are_numbered_from_one() {
        let tag = |key: &str| Value::Map(vec![("Key".into(), Value::text(key))]);
        let mut query = String::new();
        let tags = Value::List(vec![tag("a"), tag("b")]);
        flatten(Cow::Borrowed("Tag"), &tags, Listing::Numbered, &mut |name, text| {
            append(&mut query, &name, &text);
        });
        assert_eq!(query, "Tag.1.Key=a&Tag.2.Key=b");
    }

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        let mut query = String::new();
        append(&mut query, "a b", "~-._*+/%&=é");
        assert_eq!(query, "a%20b=~-._%2A%2B%2F%25%26%3D%C3%A9");
    }

    #[test]
    fn what_no_request_line_has_is_refused_and_all_else_goes_out_as_written() {
        for target in [
            "/a b",
            "/a<b",
            "/a?b>",
            "/a?`",
            "/a#b",
            "/a?b#c",
            "/a?b\"",
            "/a\u{7f}",
            "/é",
            "/a\r\nx: y",
            "a",
            "",
        ] {
            assert!(check_target(target, false).is_err(), "{target}");
        }
        for target in
            ["/", "//", "/..", "/a/../b?..", "/%zz?%", "/[1-2]{a,b}|^\\\"'~", "/?[1-2]{a,b}|^\\'~?/"]
        {
            assert!(check_target(target, false).is_ok(), "{target}");
        }
        assert!(check_target("*", true).is_ok() && check_target("*", false).is_err());
        // What is let through is what the client can send, sign by sign.
        for letter in (0..=0x100).filter_map(char::from_u32) {
            for target in [format!("/a{letter}b"), format!("/?a{letter}b")] {
                let sent = PathAndQuery::from_maybe_shared(target.clone().into_bytes());
                let is_sent = sent.is_ok_and(|sent| sent.as_str() == target);
                assert!(is_sent || check_target(&target, false).is_err(), "{target:?}");
            }
        }
    }

    #[test]
    fn a_header_field_that_http_does_not_allow_and_a_wrong_length_are_refused() {
        let is_sent =
            |name: &str, value: &str| check_fields(&[(name.to_owned(), value.to_owned())], 2).is_ok();
        for (name, value) in [("x-a", ""), ("x!#$%&'*+.^_`|~", "a\tb é"), ("content-length", "2")] {
            assert!(is_sent(name, value), "{name}: {value}");
        }
        let wrong = [("", "a"), ("x a", "a"), ("x:", "a"), ("é", "a"), ("x", "a\r\nb: c"), ("x", "\0")];
        for (name, value) in wrong.into_iter().chain([
            ("content-length", "1"),
            ("content-length", "02"),
            ("transfer-encoding", "chunked"),
            ("Transfer-Encoding", "gzip"),
        ]) {
            assert!(!is_sent(name, value), "{name}: {value}");
        }
    }

    #[test]
    fn a_path_is_filled_and_its_slashes_are_encoded() {
        assert_eq!(fill_path("/books/{id}/x", &[("id".into(), "a/b".into())]).unwrap(), "/books/a%2Fb/x");
        assert!(fill_path("/books/{id}", &[]).is_err());
    }
}
