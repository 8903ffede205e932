//! Calls of state hooks: what is sent, and what comes of it.

use super::address::Address;
use crate::model::{Method, Request, SentBody};

/// What a hook answered.
#[derive(Debug)]
pub struct HookAnswer {
    /// The status.
    pub status: u16,
    /// The body as it came, without secrets.
    pub body: Vec<u8>,
    /// Whether bytes were there behind the end of the answer: then it is not known what the answer says.
    pub has_surplus: bool,
}

/// The call of a hook: its address is the whole target, a slash at its end included.
pub(super) fn call(hook: &Address, json: String) -> Request {
    Request {
        method: Method::post(),
        target: hook.path()[hook.base().len()..].to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: SentBody::Json(json),
        params: Vec::new(),
        format: None,
    }
}

#[cfg(test)]
mod tests {
    use super::call;
    use crate::transport::Address;
    use crate::transport::outgoing::build_outgoing;

    #[test]
    fn the_target_of_a_call_is_the_address_of_the_hook_as_it_is_written() {
        for path in ["/", "/states", "/states/", "/a/b//", "/a%20b/|x"] {
            let hook = Address::new(&format!("http://127.0.0.1:1{path}")).unwrap();
            let built = build_outgoing(&hook, &call(&hook, "{}".to_owned()), false).unwrap();
            assert_eq!(built.uri().to_string(), path);
            let lengths = built.headers().get_all("content-type").iter().count();
            assert_eq!((built.method().as_str(), lengths), ("POST", 1));
        }
    }
}
