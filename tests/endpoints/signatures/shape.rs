//! Requests as the official clients put them on the wire, signed here by other means than the signers: what is signed
//! is written out by hand, so that nothing is taken over from the code that verifies.
//!
//! The shapes are those seen of `alibabacloud_ecs20140526` 7.11.8 and aliyun-python-sdk-core 2.16.1 (Python), and of
//! @alicloud/ecs20140526 7.11.6 and @alicloud/pop-core 1.8.0 (Node.js), each sending to a server on the loopback.

use super::desk::{Answered, Desk, LET_IN};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use proofmark::reference::AuthMode;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The digest of no bytes.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of a start, by two ways to write them, and as they are signed.
const PYTHON: &str = "ClientToken=tok+1%2A~%2F%2B&ImagePipelineId=ip-none&RegionId=cn-hangzhou\
                      &Tag.1.Key=k+%C3%A9&Tag.1.Value=v%26%3D&Tag.2.Key=b&Tag.2.Value=";
const NODE: &str = "ClientToken=tok%201*~%2F%2B&ImagePipelineId=ip-none&RegionId=cn-hangzhou\
                    &Tag.1.Key=k%20%C3%A9&Tag.1.Value=v%26%3D&Tag.2.Key=b&Tag.2.Value=";
const SIGNED: &str = "ClientToken=tok%201%2A~%2F%2B&ImagePipelineId=ip-none&RegionId=cn-hangzhou\
                      &Tag.1.Key=k%20%C3%A9&Tag.1.Value=v%26%3D&Tag.2.Key=b&Tag.2.Value=";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// A request of the newer scheme, whose fields are given in the order in which they are signed.
fn newer(query: &str, signed_query: &str, fields: &[(&str, &str)], body: &str) -> String {
    let lines: String = fields.iter().map(|(name, value)| [*name, ":", *value, "\n"].concat()).collect();
    let names = fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let canonical = format!("POST\n/\n{signed_query}\n{lines}\n{names}\n{}", sha256(body));
    let text = format!("ACS3-HMAC-SHA256\n{}", sha256(&canonical));
    let mac = Hmac::<Sha256>::new_from_slice(b"testsecret").unwrap().chain_update(text);
    let signature = hex(&mac.finalize().into_bytes());
    let sent: String = fields.iter().map(|(name, value)| [*name, ": ", *value, "\r\n"].concat()).collect();
    let target = if query.is_empty() { "/".to_owned() } else { format!("/?{query}") };
    format!(
        "POST {target} HTTP/1.1\r\nAccept-Encoding: identity\r\n{sent}Authorization: ACS3-HMAC-SHA256 \
         Credential=testid,SignedHeaders={names},Signature={signature}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The signature of the older scheme, encoded as a value, for parameters that are sorted and encoded.
fn older(method: &str, canonical: &str) -> String {
    let encoded = canonical.replace('%', "%25").replace('&', "%26").replace('=', "%3D");
    let mac = Hmac::<Sha1>::new_from_slice(b"testsecret&").unwrap();
    let mac = mac.chain_update(format!("{method}&%2F&{encoded}"));
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// A request of the older scheme.
fn plain(method: &str, target: &str, host: &str, more: &str, body: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\nx-acs-action: StartImagePipelineExecution\r\n\
         x-acs-version: 2014-05-26\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

async fn exchange(host: &str, request: &str) -> Answered {
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answered::read(head[9..12].parse().unwrap(), body.as_bytes())
}

/// Lets each request in once, and not when a letter of it is changed.
async fn judge(request: impl Fn(&str) -> String) {
    let desk = Desk::open(AuthMode::Any, &[]).await;
    let request = request(&desk.host());
    let changed = request.replacen("cn-hangzhou", "cn-beijing-", 1);
    assert_eq!(exchange(&desk.host(), &changed).await.code, "SignatureDoesNotMatch", "{changed}");
    let answered = exchange(&desk.host(), &request).await;
    assert_eq!(answered.code, LET_IN, "{request}\n{answered:?}");
    assert_eq!(exchange(&desk.host(), &request).await.code, "SignatureNonceUsed");
}

#[tokio::test]
async fn the_newer_python_client_signs_its_own_choice_of_fields() {
    judge(|host| {
        let fields = [
            ("accept", "application/json"),
            ("host", host),
            ("user-agent", "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2"),
            ("x-acs-action", "StartImagePipelineExecution"),
            ("x-acs-content-sha256", EMPTY),
            ("x-acs-credentials-provider", "static_ak"),
            ("x-acs-date", "2024-01-01T00:00:00Z"),
            ("x-acs-retry-attempts", "1"),
            ("x-acs-retry-delay", "50"),
            ("x-acs-signature-nonce", "1902f1275d4b708409fc5ea074d4f795"),
            ("x-acs-version", "2014-05-26"),
        ];
        newer(PYTHON, SIGNED, &fields, "")
    })
    .await;
}

#[tokio::test]
async fn the_newer_node_client_leaves_an_asterisk_as_it_is() {
    judge(|host| {
        let fields = [
            ("host", host),
            ("x-acs-action", "StartImagePipelineExecution"),
            ("x-acs-content-sha256", EMPTY),
            ("x-acs-credentials-provider", "static_ak"),
            ("x-acs-date", "2024-01-01T00:00:00Z"),
            ("x-acs-signature-nonce", "node-1"),
            ("x-acs-version", "2014-05-26"),
        ];
        newer(NODE, SIGNED, &fields, "")
    })
    .await;
}

#[tokio::test]
async fn the_generic_python_client_sends_its_parameters_in_a_form() {
    let hash = sha256(PYTHON);
    judge(|host| {
        let fields = [
            ("content-type", FORM),
            ("host", host),
            ("x-acs-action", "StartImagePipelineExecution"),
            ("x-acs-content-sha256", hash.as_str()),
            ("x-acs-date", "2024-01-01T00:00:00Z"),
            ("x-acs-signature-nonce", "generic-1"),
            ("x-acs-version", "2014-05-26"),
        ];
        newer("", "", &fields, PYTHON)
    })
    .await;
}

/// The parameters that come before and after those of a start, as they are signed.
const COMMON: [&str; 2] = [
    "AccessKeyId=testid&Action=StartImagePipelineExecution",
    "SignatureMethod=HMAC-SHA1&SignatureNonce=once&SignatureVersion=1.0",
];

#[tokio::test]
async fn the_newer_clients_can_sign_the_older_way_in_the_query() {
    let canonical = format!(
        "{}&{}&{}&{}&Timestamp=2024-01-01T00%3A00%3A00Z&Version=2014-05-26",
        COMMON[0],
        SIGNED.replace("&ImagePipelineId", "&Format=json&ImagePipelineId").replace(TAGS, ""),
        COMMON[1],
        &TAGS[1..]
    );
    let signature = older("POST", &canonical);
    let sent = canonical.replace(SIGNED_TOKEN, "tok+1%2A~%2F%2B");
    judge(|host| plain("POST", &format!("/?{sent}&Signature={signature}"), host, "", "")).await;
}

/// The end of the parameters of a start, which are sorted behind those of the signature.
const TAGS: &str = "&Tag.1.Key=k%20%C3%A9&Tag.1.Value=v%26%3D&Tag.2.Key=b&Tag.2.Value=";
const SIGNED_TOKEN: &str = "tok%201%2A~%2F%2B";

#[tokio::test]
async fn the_older_python_client_signs_an_empty_parameter() {
    let canonical = format!(
        "{}&Format=JSON&ImagePipelineId=ip-none&RegionId=cn-hangzhou&SignatureMethod=HMAC-SHA1\
         &SignatureNonce=core&SignatureType=&SignatureVersion=1.0&Timestamp=2024-01-01T00%3A00%3A00Z\
         &Version=2014-05-26",
        COMMON[0]
    );
    for method in ["GET", "POST"] {
        let signature = older(method, &canonical);
        judge(|host| plain(method, &format!("/?{canonical}&Signature={signature}"), host, "", "")).await;
    }
}

#[tokio::test]
async fn the_older_node_client_sends_everything_in_a_form_or_in_a_query() {
    let canonical = format!(
        "{}&Format=JSON&ImagePipelineId=ip-none&RegionId=cn-hangzhou&{}{TAGS}\
         &Timestamp=2024-01-01T00%3A00%3A00Z&Version=2014-05-26",
        COMMON[0], COMMON[1]
    );
    let signed = |method| format!("{canonical}&Signature={}", older(method, &canonical));
    let kind = format!("Content-Type: {FORM}\r\n");
    judge(|host| plain("POST", "/", host, &kind, &signed("POST"))).await;
    judge(|host| plain("GET", &format!("/?{}", signed("GET")), host, "", "")).await;
}
