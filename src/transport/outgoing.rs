//! Requests as they go out: what the case says, and beside that only what HTTP or courtesy needs. Main function: [`build_outgoing`].

use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Uri};

use super::address::Address;
use super::link::Outgoing;
use crate::model::{self, NoAnswer};

/// The name of this program, for those who look into an endpoint's log.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("proofmark/", env!("CARGO_PKG_VERSION")));

/// The request as it goes out to an address; in absolute form if a proxy passes it on.
pub(super) fn build_outgoing(
    address: &Address,
    request: &model::Request,
    is_absolute: bool,
) -> Result<Outgoing, NoAnswer> {
    let method = Method::from_bytes(request.method.as_str().as_bytes()).map_err(unsendable)?;
    let body = request.body.as_str();
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 4);
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(unsendable)?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).map_err(unsendable)?);
    }
    check_length(&headers, body.len())?;
    headers.entry(ACCEPT).or_insert_with(|| HeaderValue::from_static("*/*"));
    headers.entry(USER_AGENT).or_insert(AGENT);
    if !headers.contains_key(HOST) {
        headers.insert(HOST, HeaderValue::try_from(address.authority()).map_err(unsendable)?);
    }
    let mut built = Request::new(Bytes::copy_from_slice(body.as_bytes()).into());
    *built.method_mut() = method;
    *built.uri_mut() = uri(address, &request.target, is_absolute)?;
    *built.headers_mut() = headers;
    Ok(built)
}

/// The target just as it is written, below the path of the address.
fn uri(address: &Address, target: &str, is_absolute: bool) -> Result<Uri, NoAnswer> {
    let cannot = |reason: &str| NoAnswer::Unsendable { reason: format!("`{target}` {reason}") };
    let path = if target == "*" {
        if is_absolute {
            return Err(cannot("has no form that a proxy passes on"));
        }
        target.to_owned()
    } else {
        format!("{}{target}", address.base())
    };
    let read = PathAndQuery::from_maybe_shared(Bytes::from(path.clone()));
    // A fragment is dropped without a word there.
    let read = read.ok().filter(|read| read.as_str() == path);
    let read = read.ok_or_else(|| cannot("holds what no request line does"))?;
    if !is_absolute {
        return Ok(Uri::from(read));
    }
    let whole = Uri::builder().scheme("http").authority(address.authority()).path_and_query(read).build();
    whole.map_err(unsendable)
}

/// A length that is not the body's would make the next request out of this one's body, or wait for more of it.
fn check_length(headers: &HeaderMap, length: usize) -> Result<(), NoAnswer> {
    let mut given = headers.get_all(CONTENT_LENGTH).iter();
    if given.all(|value| value.as_bytes() == length.to_string().as_bytes()) {
        return Ok(());
    }
    Err(NoAnswer::Unsendable { reason: format!("`content-length` is not {length}, the length of the body") })
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn unsendable(error: impl ToString) -> NoAnswer {
    NoAnswer::Unsendable { reason: error.to_string() }
}
