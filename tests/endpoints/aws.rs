//! AWS Signature Version 4 from the command line: what goes out, what it needs, and what never shows.

#![cfg(all(unix, feature = "aws"))]

use std::fs;
use std::io::Write;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::support::odd::{JSON, answer, one_case, program, serve};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proofmark::inside::model::{Method, Request, SentBody};
use proofmark::inside::sign::{AwsV4, Credentials, Signer, SigningContext};

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "Session/+Token=of&a=person";

/// What a run came to, everything that it wrote, and the heads of the requests that it sent.
struct Shown {
    code: i32,
    text: String,
    heads: Vec<String>,
}

/// Runs the plain case on an endpoint with these settings, in an environment with these variables.
fn shown(settings: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Shown {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let url = serve(move |head, stream| {
        log.lock().unwrap().push(head.to_owned());
        let body = if head.starts_with("HEAD") { "" } else { "{\"id\":\"t\"}" };
        stream.write_all(&answer("200 OK", JSON, body)).unwrap();
    });
    let folder = one_case();
    let endpoints = format!("[endpoint.cloud]\nurl = \"{url}\"\n{settings}\n");
    fs::write(folder.path().join("endpoints.toml"), endpoints).unwrap();
    let path = folder.path().join("out.json");
    let (report, snapshots) = (format!("json={}", path.display()), folder.path().join("snapshots"));
    let written =
        ["-v", "--report", &report, "--snapshots", snapshots.to_str().unwrap(), "--update", "always"];
    let common = ["--endpoint", "cloud", "plain"];
    let mut command = program(folder.path(), &[&common, &written[..], arguments].concat());
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    let output: Output = command.envs(variables.iter().copied()).output().unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    for file in [path, snapshots.join("shop/Get/t/plain.snap")] {
        text += &fs::read_to_string(file).unwrap_or_default();
    }
    let heads = seen.lock().unwrap().clone();
    Shown { code: output.status.code().unwrap(), text, heads }
}

const SETTINGS: &str =
    "sign = \"sigv4\"\nregion = \"{{ where }}\"\nservice = \"execute-api\"\nvars = { where = \"eu-west-1\" }";

const KEY: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET)];

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value)
}

/// The `Authorization` that the library gives the request of a head, at the time that the head names.
fn due(head: &str, token: Option<&str>) -> String {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", field(head, "x-amz-date").unwrap()).unwrap();
    let time = TimeZone::UTC.to_timestamp(time).unwrap();
    let mut words = head.split(' ');
    let mut request = Request {
        method: Method::new(words.next().unwrap()).unwrap(),
        target: words.next().unwrap().to_owned(),
        headers: field(head, "accept")
            .map(|value| ("accept".to_owned(), value.to_owned()))
            .into_iter()
            .collect(),
        body: SentBody::Empty,
        params: Vec::new(),
        format: None,
    };
    let signed = field(head, "authorization").unwrap();
    request.headers.retain(|(name, _)| signed.contains(name.as_str()));
    let key = Credentials::new(KEY_ID, SECRET);
    let key = token.map_or(key.clone(), |token| key.with_security_token(token));
    let host = field(head, "host").unwrap().to_owned();
    let context = SigningContext {
        host,
        time: SystemTime::try_from(time).unwrap(),
        nonce: String::new(),
        access_key_id: None,
    };
    AwsV4::new(key, "eu-west-1", "execute-api").sign(&mut request, &context).unwrap();
    request.headers.into_iter().find(|(name, _)| name == "authorization").unwrap().1
}

/// `get-vanilla` of the AWS Signature Version 4 test suite.
#[test]
fn the_signature_is_the_published_one() {
    let context = SigningContext {
        host: "example.amazonaws.com".to_owned(),
        time: SystemTime::UNIX_EPOCH + Duration::from_mins(24_015_636), // 2015-08-30T12:36:00Z
        nonce: String::new(),
        access_key_id: None,
    };
    let mut request = Request {
        method: Method::new("GET").unwrap(),
        target: "/".to_owned(),
        headers: Vec::new(),
        body: SentBody::Empty,
        params: Vec::new(),
        format: None,
    };
    AwsV4::new(Credentials::new(KEY_ID, SECRET), "us-east-1", "service")
        .sign(&mut request, &context)
        .unwrap();
    let field = |name: &str| {
        let named = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    };
    assert_eq!(field("x-amz-date"), Some("20150830T123600Z"));
    assert_eq!(
        field("authorization"),
        Some(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        )
    );
}

#[test]
fn aws_requests_are_signed_for_the_region_and_service_of_the_endpoint() {
    for token in [None, Some(TOKEN)] {
        let variables: Vec<_> =
            KEY.into_iter().chain(token.map(|token| ("AWS_SESSION_TOKEN", token))).collect();
        let shown = shown(SETTINGS, &variables, &[]);
        assert_eq!(shown.code, 0, "{}", shown.text);
        let head = shown.heads.iter().find(|head| head.starts_with("GET")).unwrap();
        let authorization = field(head, "authorization").unwrap();
        assert!(
            authorization.starts_with(&format!("AWS4-HMAC-SHA256 Credential={KEY_ID}/")),
            "{authorization}"
        );
        assert!(authorization.contains("/eu-west-1/execute-api/aws4_request,"), "{authorization}");
        assert_eq!(field(head, "x-amz-security-token"), token);
        assert_eq!(authorization, due(head, token));
    }
}

#[test]
fn aws_is_asked_for_its_time_first_without_a_signature() {
    let shown = shown(SETTINGS, &KEY, &[]);
    assert!(shown.heads[0].starts_with("HEAD / "), "{:?}", shown.heads);
    assert_eq!(field(&shown.heads[0], "authorization"), None);
}

#[test]
fn aws_secrets_show_nowhere_plain_or_encoded() {
    let odd = "Odd\u{e9}/+secret=of&a=person";
    let with_odd_token = [KEY[0], KEY[1], ("AWS_SESSION_TOKEN", odd)];
    let with_token = [KEY[0], KEY[1], ("AWS_SESSION_TOKEN", TOKEN)];
    for variables in [&with_token, &with_odd_token] {
        let shown = shown(SETTINGS, variables, &[]);
        assert!(shown.text.contains("shop/Get/t/plain"), "{}", shown.text);
        let percent =
            |text: &str| text.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
        for secret in [SECRET, TOKEN, odd] {
            for form in [secret.to_owned(), percent(secret)] {
                assert!(!shown.text.contains(&form), "{form}: {}", shown.text);
            }
        }
        assert!(!shown.text.contains("AWS4-HMAC-SHA256"), "what is recorded is unsigned: {}", shown.text);
    }
}

#[test]
fn aws_settings_and_credentials_that_are_missing_are_told_before_anything_is_sent() {
    let url_alone = "sign = \"none\"";
    let without_service = "sign = \"none\"\nregion = \"eu-west-1\"";
    let profile = format!("{SETTINGS}\ncredentials = \"profile:me\"");
    for (settings, variables, due) in [
        (SETTINGS, &KEY[..1], "the variable AWS_SECRET_ACCESS_KEY is not set"),
        (SETTINGS, &[][..], "the variable AWS_ACCESS_KEY_ID is not set"),
        (url_alone, &KEY[..], "aws-sigv4 signs for a region, and `cloud` has none"),
        (without_service, &KEY[..], "aws-sigv4 signs for a service, and `cloud` has none"),
        (&profile, &KEY[..], "credentials for aws-sigv4 come from the environment alone"),
    ] {
        let shown = shown(settings, variables, &["--sign", "aws-sigv4"]);
        assert_eq!((shown.code, shown.heads.len()), (2, 0), "{}", shown.text);
        assert!(shown.text.contains(due), "{due}: {}", shown.text);
    }
}
