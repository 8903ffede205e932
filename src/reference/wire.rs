//! A request as the operation reads it: parameters of query and form body united, action, version and format.
//! Main type: `Call`. Reading never fails; what is wrong with a request is recorded, and `gate` decides in its order.

use super::wire_format::WireFormat;
use super::wire_policy::WirePolicy;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Method, Uri};
use percent_encoding::percent_decode;

/// A request whose parts have been read.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    /// The host that the caller addressed, fit to be part of an answer.
    pub(super) host: String,
    pub(super) params: Params,
    pub(super) action: Option<String>,
    pub(super) version: Option<String>,
    pub(super) style: ActionPlace,
    pub(super) body: BodySize,
    pub(super) sent: SentRequest,
}

/// The request as it was sent, which is what a signature covers.
#[derive(Clone, Debug)]
pub(super) struct SentRequest {
    uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// A copy of the body, if it holds parameters.
    pub(super) form: Option<Bytes>,
}

impl SentRequest {
    fn new(parts: &Parts, body: &Received) -> Self {
        let form = is_form(&parts.headers).then(|| body.bytes.clone());
        Self { uri: parts.uri.clone(), headers: parts.headers.clone(), body: body.bytes.clone(), form }
    }

    /// The query, encoded.
    pub(super) fn query(&self) -> &[u8] {
        self.uri.query().unwrap_or_default().as_bytes()
    }
}

/// Where the action was named, which decides the format of an answer when none is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActionPlace {
    /// In a parameter, as the older signature has it.
    Parameter,
    /// In the `x-acs-action` header, as the newer signature has it.
    Header,
}

/// Whether the whole body was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodySize {
    Whole,
    TooLarge,
}

/// The largest body that is read, many times what 40 tags of the longest kind take when they are encoded.
pub(super) const BODY_LIMIT: usize = 256 * 1024;

/// A body as it was received, cut off where it is too large.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) bytes: Bytes,
    pub(super) size: BodySize,
}

impl Received {
    /// What was kept of a body of this size.
    pub(super) fn new(kept: Bytes, size: usize) -> Self {
        Self { bytes: kept, size: if size > BODY_LIMIT { BodySize::TooLarge } else { BodySize::Whole } }
    }
}

/// `WireFormat` has a value that names no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownFormat;

impl Call {
    /// Reads a request as far as the policy lets it be understood.
    pub(super) fn read(parts: &Parts, body: &Received, policy: &WirePolicy) -> Self {
        let mut params = Params::default();
        if parts.method == Method::GET || policy.post_query_read.is_kept() {
            params.add(parts.uri.query().unwrap_or_default().as_bytes());
        }
        if policy.form_read.is_kept() && body.size == BodySize::Whole && is_form(&parts.headers) {
            params.add(&body.bytes);
        }
        let header = |name: &str| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            policy.headers_read.is_kept().then(|| value.to_owned())
        };
        let named_by_parameter = params.non_empty("Action").map(str::to_owned);
        let named_by_header = header("x-acs-action");
        let style = match (&named_by_parameter, &named_by_header) {
            (None, Some(_)) => ActionPlace::Header,
            (Some(_), _) | (None, None) => ActionPlace::Parameter,
        };
        Self {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            host: host_of(&parts.headers),
            action: named_by_parameter.or(named_by_header),
            version: params.non_empty("Version").map(str::to_owned).or_else(|| header("x-acs-version")),
            style,
            params,
            body: body.size,
            sent: SentRequest::new(parts, body),
        }
    }

    /// The format that the caller asks for, or that its style implies.
    pub(super) fn format(&self, policy: &WirePolicy) -> Result<WireFormat, UnknownFormat> {
        let Some(asked) = self.params.non_empty("Format") else {
            return Ok(self.style.default_format());
        };
        let is_any_case = policy.any_case_of_format.is_kept();
        let is_named = |format: &&WireFormat| {
            format.name() == asked || is_any_case && format.name().eq_ignore_ascii_case(asked)
        };
        policy.formats.iter().find(is_named).copied().ok_or(UnknownFormat)
    }
}

impl ActionPlace {
    /// XML is the documented default of the older style; callers of the newer one are answered in JSON.
    pub(super) fn default_format(self) -> WireFormat {
        match self {
            Self::Parameter => WireFormat::Xml,
            Self::Header => WireFormat::Json,
        }
    }
}

/// Decoded parameters in the order in which they were sent, the query before the form body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Params {
    pairs: Vec<(String, String)>,
    undecodable: Option<String>,
}

impl Params {
    /// The value of a parameter; where it was sent more than once, the last one counts.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, where an empty one counts as not sent.
    pub(super) fn non_empty(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Every pair, in the order sent.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    #[cfg(test)]
    pub(super) fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { pairs: pairs.collect(), undecodable: None }
    }

    /// The name of the first parameter that is not UTF-8.
    pub(super) fn undecodable(&self) -> Option<&str> {
        self.undecodable.as_deref()
    }

    fn add(&mut self, encoded: &[u8]) {
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode_form(halves.next().unwrap_or_default());
            let value = decode_form(halves.next().unwrap_or_default());
            match (name, value) {
                (Ok(name), Ok(value)) => self.pairs.push((name, value)),
                (Ok(name) | Err(name), Ok(_) | Err(_)) => {
                    self.undecodable.get_or_insert(name);
                }
            }
        }
    }
}

/// Undoes form encoding; the error is the text with the unreadable parts replaced.
fn decode_form(encoded: &[u8]) -> Result<String, String> {
    let mut bytes = encoded.to_vec();
    // Most texts have nothing to decode.
    if encoded.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        bytes.iter_mut().filter(|byte| **byte == b'+').for_each(|byte| *byte = b' ');
        bytes = percent_decode(&bytes).collect();
    }
    String::from_utf8(bytes).map_err(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Whether a body holds parameters; a body without a type is taken for a form, as tolerant servers do.
fn is_form(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The longest host name that DNS allows.
const HOST_LENGTH: usize = 253;

/// The `Host` header without its port, with nothing in it that a host name does not have.
fn host_of(headers: &HeaderMap) -> String {
    let sent = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (name, port) = sent.rsplit_once(':').unwrap_or((sent, ""));
    let host = if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { sent };
    let is_fit = |letter: &char| letter.is_ascii_alphanumeric() || ".-:[]".contains(*letter);
    let host: String = host.chars().filter(is_fit).take(HOST_LENGTH).collect();
    if host.is_empty() { "localhost".to_owned() } else { host }
}

#[cfg(test)]
mod tests {
    use super::{ActionPlace, BodySize, Call, Params, Received, UnknownFormat, WireFormat};
    use crate::reference::policy::Policy;
    use hyper::Request;
    use hyper::body::Bytes;

    fn read(request: hyper::http::request::Builder, body: &'static str) -> Call {
        let (parts, body) = request.body(body).unwrap().into_parts();
        let received = Received { bytes: Bytes::from_static(body.as_bytes()), size: BodySize::Whole };
        Call::read(&parts, &received, &Policy::default().wire)
    }

    fn params(encoded: &str) -> Params {
        let mut params = Params::default();
        params.add(encoded.as_bytes());
        params
    }

    #[test]
    fn query_and_form_are_united_and_the_last_value_counts() {
        let request = Request::post("/?A=1&B=2")
            .header("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8");
        let call = read(request, "B=3&C=4");
        let values = ["A", "B", "C"].map(|name| call.params.get(name).unwrap().to_owned());
        assert_eq!(values, ["1", "3", "4"]);
    }

    #[test]
    fn a_body_of_another_type_holds_no_parameters() {
        let call = read(Request::post("/").header("content-type", "application/json"), "A=1");
        assert_eq!(call.params.get("A"), None);
    }

    #[test]
    fn encodings_are_undone() {
        let params = params("Tag.1.Key=k+%C3%A9&v=%26%3D=&empty&odd=%zz&&");
        assert_eq!(params.get("Tag.1.Key"), Some("k é"));
        assert_eq!(params.get("v"), Some("&=="));
        assert_eq!(params.get("empty"), Some(""));
        assert_eq!(params.get("odd"), Some("%zz"));
        assert_eq!(params.undecodable(), None);
    }

    #[test]
    fn a_value_that_is_not_utf_8_is_recorded_by_its_name() {
        assert_eq!(params("a=1&RegionId=%FF").undecodable(), Some("RegionId"));
    }

    #[test]
    fn the_style_decides_the_default_format() {
        let wire = Policy::default().wire;
        let header = read(Request::get("/").header("x-acs-action", "A"), "");
        assert_eq!((header.style, header.format(&wire)), (ActionPlace::Header, Ok(WireFormat::Json)));
        let both = read(Request::get("/?Action=A").header("x-acs-action", "B"), "");
        assert_eq!((both.style, both.format(&wire)), (ActionPlace::Parameter, Ok(WireFormat::Xml)));
        assert_eq!(both.action.as_deref(), Some("A"));
    }

    #[test]
    fn formats_are_named_in_any_case() {
        let wire = Policy::default().wire;
        for (asked, format) in
            [("json", Ok(WireFormat::Json)), ("Xml", Ok(WireFormat::Xml)), ("yaml", Err(UnknownFormat))]
        {
            let call = read(Request::get(format!("/?Format={asked}")), "");
            assert_eq!(call.format(&wire), format);
        }
    }

    #[test]
    fn a_hostile_host_is_made_harmless() {
        for (sent, host) in [
            ("127.0.0.1:8080", "127.0.0.1"),
            ("[::1]:80", "[::1]"),
            ("a<b>\"&.example:80", "ab.example"),
            ("", "localhost"),
        ] {
            assert_eq!(read(Request::get("/").header("host", sent), "").host, host);
        }
    }
}
