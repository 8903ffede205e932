//! Ways to be let in or turned away: a request, how it is signed, what is done to it after, and what is due.

use super::desk::{LET_IN, Way, key, start, temporary};
use proofmark::inside::model::{Request, SentBody};
use proofmark::inside::sign::{Acs3, Credentials, RpcV1, Signer, SigningContext};
use std::time::Duration;

/// One way.
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    scheme: Scheme,
    way: Way,
    credentials: Credentials,
    /// Before it is signed, to the request and to what it is signed with.
    before: fn(&mut Request, &mut SigningContext),
    /// After it is signed.
    after: fn(&mut Request),
    times: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Scheme {
    V1,
    V3,
    /// The one, then with the same nonce and another key.
    TwoKeys,
}

impl Probe {
    fn new(name: &'static str, status: u16, code: &'static str) -> Self {
        let scheme = if name.starts_with("v1") { Scheme::V1 } else { Scheme::V3 };
        Self {
            name,
            status,
            code,
            scheme,
            way: Way::Query,
            credentials: key(),
            before: |_, _| {},
            after: |_| {},
            times: 1,
        }
    }

    fn passes(name: &'static str) -> Self {
        Self::new(name, 404, LET_IN)
    }

    fn in_form(mut self) -> Self {
        self.way = Way::Form;
        self
    }

    fn with(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    fn before(mut self, before: fn(&mut Request, &mut SigningContext)) -> Self {
        self.before = before;
        self
    }

    fn after(mut self, after: fn(&mut Request)) -> Self {
        self.after = after;
        self
    }

    fn twice(mut self) -> Self {
        self.times = 2;
        self
    }

    fn with_two_keys(mut self) -> Self {
        self.scheme = Scheme::TwoKeys;
        self
    }

    /// The requests of the probe; the answer to the last one counts.
    pub(crate) fn requests(&self, mut context: SigningContext) -> Vec<Request> {
        let mut unsigned = start("POST", self.way, &[]);
        (self.before)(&mut unsigned, &mut context);
        let sign = |signer: &dyn Signer| {
            let mut request = unsigned.clone();
            signer.sign(&mut request, &context).unwrap();
            (self.after)(&mut request);
            request
        };
        let own = self.credentials.clone();
        let requests = match self.scheme {
            Scheme::V1 => vec![sign(&RpcV1::new(own))],
            Scheme::V3 => vec![sign(&Acs3::new(own))],
            Scheme::TwoKeys => vec![sign(&RpcV1::new(key())), sign(&RpcV1::new(temporary()))],
        };
        (0..self.times).flat_map(|_| requests.clone()).collect()
    }
}

/// Replaces a part of the target, which has to be there.
fn put(request: &mut Request, old: &str, new: &str) {
    assert!(request.target.contains(old), "{}", request.target);
    request.target = request.target.replacen(old, new, 1);
}

/// Takes a parameter out of the query.
fn drop_parameter(request: &mut Request, name: &str) {
    let (path, query) = request.target.split_once('?').unwrap();
    let is_other = |pair: &&str| !pair.starts_with(&format!("{name}="));
    let kept: Vec<&str> = query.split('&').filter(is_other).collect();
    assert_ne!(kept.len(), query.split('&').count());
    request.target = format!("{path}?{}", kept.join("&"));
}

fn field<'a>(request: &'a mut Request, name: &str) -> &'a mut String {
    &mut request.headers.iter_mut().find(|(known, _)| known == name).unwrap().1
}

fn drop_field(request: &mut Request, name: &str) {
    let before = request.headers.len();
    request.headers.retain(|(known, _)| known != name);
    assert_ne!(request.headers.len(), before);
}

fn other_secret(mut credentials: Credentials) -> Credentials {
    credentials.secret = Credentials::new("", "wrong").secret;
    credentials
}

fn without_token(mut credentials: Credentials) -> Credentials {
    credentials.security_token = None;
    credentials
}

/// Every way, so that each row of turning away is met, and each promise of letting in.
pub(crate) fn probes() -> Vec<Probe> {
    older().into_iter().chain(newer()).chain(keys()).collect()
}

fn older() -> Vec<Probe> {
    let missing = |name| Probe::new(name, 400, "MissingParameter");
    let mismatch = |name| Probe::new(name, 400, "SignatureDoesNotMatch");
    vec![
        Probe::passes("v1: query"),
        Probe::passes("v1: form").in_form(),
        missing("v1: no key").after(|request| drop_parameter(request, "AccessKeyId")),
        missing("v1: no signature").after(|request| drop_parameter(request, "Signature")),
        missing("v1: no method").after(|request| drop_parameter(request, "SignatureMethod")),
        missing("v1: no version").after(|request| drop_parameter(request, "SignatureVersion")),
        missing("v1: no nonce").after(|request| drop_parameter(request, "SignatureNonce")),
        missing("v1: no time").after(|request| drop_parameter(request, "Timestamp")),
        Probe::new("v1: other method", 400, "InvalidSignatureMethod")
            .after(|request| put(request, "HMAC-SHA1", "HMAC-SHA256")),
        Probe::new("v1: other version", 400, "InvalidSignatureVersion")
            .after(|request| put(request, "SignatureVersion=1.0", "SignatureVersion=2.0")),
        Probe::new("v1: odd time", 400, "InvalidTimeStamp.Format")
            .before(|request, _| request.target.push_str("&Timestamp=2024-01-01+00:00:00")),
        Probe::passes("v1: time just within the limit")
            .before(|_, context| context.time -= Duration::from_mins(25)),
        Probe::new("v1: old time", 400, "InvalidTimeStamp.Expired")
            .before(|_, context| context.time -= Duration::from_mins(32)),
        mismatch("v1: wrong secret").with(other_secret(key())),
        mismatch("v1: no base64").after(|request| put(request, "&Signature=", "&Signature=%21")),
        mismatch("v1: changed parameter").after(|request| put(request, "ip-none", "ip-other")),
        mismatch("v1: added parameter").after(|request| request.target.push_str("&Tag.1.Key=k")),
        mismatch("v1: dropped parameter")
            .before(|request, _| request.target.push_str("&ClientToken=t"))
            .after(|request| drop_parameter(request, "ClientToken")),
        mismatch("v1: changed form").in_form().after(|request| {
            request.body = SentBody::Form(request.body.as_str().replacen("ip-none", "ip-other", 1));
        }),
        mismatch("v1: changed method").after(|request| {
            request.method = proofmark::inside::model::Method::new("GET").unwrap();
        }),
        Probe::new("v1: same nonce again", 400, "SignatureNonceUsed").twice(),
        Probe::passes("v1: same nonce, other key").with_two_keys(),
    ]
}

fn newer() -> Vec<Probe> {
    let missing = |name| Probe::new(name, 400, "MissingParameter");
    let mismatch = |name| Probe::new(name, 400, "SignatureDoesNotMatch");
    let incomplete = |name| Probe::new(name, 400, "IncompleteSignature");
    vec![
        Probe::passes("v3: query"),
        Probe::passes("v3: form").in_form(),
        Probe::passes("v3: more fields than needed").before(|request, _| {
            request.headers.push(("content-type".into(), "text/plain".into()));
        }),
        incomplete("v3: another scheme")
            .after(|request| "Bearer token".clone_into(field(request, "authorization"))),
        incomplete("v3: no signature").after(|request| {
            let text = field(request, "authorization");
            text.truncate(text.find(",Signature").unwrap());
        }),
        incomplete("v3: host not signed").after(|request| {
            let text = field(request, "authorization");
            *text = text.replacen("SignedHeaders=host;", "SignedHeaders=", 1);
        }),
        incomplete("v3: field that is not there").after(|request| {
            let text = field(request, "authorization");
            *text = text.replacen("SignedHeaders=host;", "SignedHeaders=absent;host;", 1);
        }),
        incomplete("v3: field that is not signed")
            .after(|request| request.headers.push(("x-acs-more".into(), "1".into()))),
        missing("v3: no time").after(|request| drop_field(request, "x-acs-date")),
        missing("v3: no nonce").after(|request| drop_field(request, "x-acs-signature-nonce")),
        missing("v3: no digest").after(|request| drop_field(request, "x-acs-content-sha256")),
        Probe::new("v3: odd time", 400, "InvalidTimeStamp.Format")
            .before(|request, _| request.headers.push(("x-acs-date".into(), "today".into()))),
        Probe::new("v3: future time", 400, "InvalidTimeStamp.Expired")
            .before(|_, context| context.time += Duration::from_mins(16)),
        mismatch("v3: wrong secret").with(other_secret(key())),
        mismatch("v3: no hexadecimal digits").after(|request| field(request, "authorization").push('g')),
        mismatch("v3: changed parameter").after(|request| put(request, "ip-none", "ip-other")),
        mismatch("v3: changed action").after(|request| {
            "DescribeImagePipelines".clone_into(field(request, "x-acs-action"));
        }),
        mismatch("v3: changed body").in_form().after(|request| {
            request.body = SentBody::Form(request.body.as_str().replacen("ip-none", "ip-other", 1));
        }),
        mismatch("v3: wrong digest that is signed").before(|request, _| {
            request.headers.push(("x-acs-content-sha256".into(), "0".repeat(64)));
        }),
        mismatch("v3: host of another").before(|_, context| context.host.push('1')).after(|request| {
            let host = field(request, "host");
            host.pop();
        }),
        Probe::new("v3: same nonce again", 400, "SignatureNonceUsed").twice(),
    ]
}

fn keys() -> Vec<Probe> {
    let mismatch = "InvalidSecurityToken.MismatchWithAccessKey";
    let stranger = || Credentials::new("unknown", "testsecret");
    vec![
        Probe::passes("v1: temporary key").with(temporary()),
        Probe::passes("v3: temporary key").with(temporary()),
        Probe::new("v1: unknown key", 404, "InvalidAccessKeyId.NotFound").with(stranger()),
        Probe::new("v3: unknown key", 404, "InvalidAccessKeyId.NotFound").with(stranger()),
        Probe::new("v1: no token", 400, "MissingSecurityToken").with(without_token(temporary())),
        Probe::new("v3: no token", 400, "MissingSecurityToken").with(without_token(temporary())),
        Probe::new("v1: other token", 400, mismatch).with(temporary().with_security_token("other")),
        Probe::new("v3: other token", 400, mismatch).with(temporary().with_security_token("other")),
        Probe::new("v1: token too many", 400, mismatch).with(key().with_security_token("other")),
        Probe::new("v1: temporary key, wrong secret", 400, "SignatureDoesNotMatch")
            .with(other_secret(temporary())),
    ]
}
