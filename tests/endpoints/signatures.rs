//! Signers and the reference endpoint that verifies them, over HTTP, with each way to fail and each fault of verifying.
//!
//! Most requests name a pipeline that does not exist: a caller that is let in then gets that answer, and nothing else changes.

mod desk;
mod probe;
mod shape;

use desk::{Answered, Desk, LET_IN, Way, context, key, request, temporary};
use probe::{Probe, probes};
use proofmark::inside::model::SentBody;
use proofmark::inside::sign::{Acs3, Basic, Bearer, Credentials, RpcV1, Secret, SignError, Signer};
use proofmark::reference::{AuthMode, Fault};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Examples from the provider's documentation, each with its source.
const VECTORS: &str = include_str!("../data/signature-vectors.json");

#[test]
fn signers_make_the_published_signatures() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let text = |pointer: &str| vector.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let is_v1 = vector["params"].is_object();
        let params = if is_v1 { &vector["params"] } else { &vector["query"] };
        let pairs =
            params.as_object().unwrap().iter().map(|(name, value)| (&**name, value.as_str().unwrap()));
        let mut request = request(text("/method"), Way::Query, &pairs.collect::<Vec<_>>());
        let id = if is_v1 { text("/params/AccessKeyId") } else { text("/access_key_id") };
        let credentials = Credentials::new(id, text("/secret"));
        let context = context("unused");
        if is_v1 {
            RpcV1::new(credentials).sign(&mut request, &context).unwrap();
            let signature = text("/signature").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            assert!(request.target.ends_with(&format!("&Signature={signature}")), "{}", request.target);
        } else {
            let headers = vector["headers"].as_object().unwrap().iter();
            let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
            request.headers = headers.collect();
            Acs3::new(credentials).sign(&mut request, &context).unwrap();
            assert_eq!(request.headers.last().unwrap().1, text("/authorization"));
        }
    }
}

#[tokio::test]
async fn what_a_signer_signs_is_let_in_wherever_the_parameters_are() {
    for mode in [AuthMode::V1, AuthMode::V3, AuthMode::Any] {
        let desk = Desk::open(mode, &[]).await;
        for credentials in [key(), temporary()] {
            let (v1, v3) = (RpcV1::new(credentials.clone()), Acs3::new(credentials));
            for signer in [&v1 as &dyn Signer, &v3] {
                let is_wanted = mode == AuthMode::Any
                    || (mode == AuthMode::V1) == (format!("{signer:?}").starts_with("RpcV1"));
                for (method, way) in [("GET", Way::Query), ("POST", Way::Query), ("POST", Way::Form)] {
                    let pipeline = desk.pipeline().await;
                    let own = [("ImagePipelineId", pipeline.as_str()), ("Tag.1.Key", "k é*~/+'&=%")];
                    let mut request = desk::start(method, way, &own);
                    signer.sign(&mut request, &desk.context()).unwrap();
                    let answered = desk.send(&request).await;
                    assert_eq!(answered.status == 200, is_wanted, "{mode:?} {request:?} {answered:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn each_way_to_fail_has_its_status_and_code() {
    let desk = Desk::open(AuthMode::Any, &[]).await;
    for probe in probes() {
        let answered = desk.run(&probe).await;
        assert_eq!((answered.status, answered.code.as_str()), (probe.status, probe.code), "{}", probe.name);
        for secret in ["testsecret", "temporarysecret", "a/token+", "a%252Ftoken", "a%25252Ftoken"] {
            assert!(!answered.message.contains(secret), "{}: {}", probe.name, answered.message);
        }
    }
}

#[tokio::test]
async fn a_mismatch_shows_what_the_server_would_have_signed() {
    let desk = Desk::open(AuthMode::Any, &[]).await;
    let run = async |name: &str| desk.run(&probe_named(name)).await.message;
    let start = "Specified signature is not matched with our calculation. server string to sign is:";
    let v1 = run("v1: wrong secret").await;
    assert!(v1.starts_with(&format!("{start}POST&%2F&AccessKeyId%3Dtestid%26Action%3DStart")), "{v1}");
    let v3 = run("v3: wrong secret").await;
    assert_eq!(v3, format!("{start}ACS3 and 64 digits"));
    let masked = run("v1: temporary key, wrong secret").await;
    assert!(masked.contains("%26SecurityToken%3D%252A%252A%252A%26"), "{masked}");
}

fn probe_named(name: &str) -> Probe {
    probes().into_iter().find(|probe| probe.name == name).unwrap()
}

#[tokio::test]
async fn no_fault_of_verifying_is_idle() {
    let answers = async |faults: &[&str]| {
        let desk = Desk::open(AuthMode::Any, faults).await;
        let mut answers: Vec<Answered> = Vec::new();
        for probe in probes() {
            answers.push(desk.run(&probe).await);
        }
        answers
    };
    let sound = answers(&[]).await;
    assert_eq!(sound, answers(&[]).await);
    let catalogue = Fault::signature_catalogue();
    // A start that is refused and made shows in no answer; signing.rs has the cases that see it.
    let faults = catalogue.iter().map(|entry| entry.name.as_str());
    let faults = faults.filter(|name| !name.starts_with("refused-and-started:"));
    let mut idle = Vec::new();
    for fault in faults {
        if answers(&[fault]).await == sound {
            idle.push(fault);
        }
    }
    assert_eq!(idle, Vec::<&str>::new());
}

#[tokio::test]
async fn an_endpoint_that_asks_for_nothing_lets_anything_in_whatever_its_faults() {
    let catalogue = Fault::signature_catalogue();
    let faults: Vec<&str> = catalogue.iter().map(|entry| entry.name.as_str()).collect();
    for faults in [&[][..], &faults] {
        let desk = Desk::open(AuthMode::Off, faults).await;
        for probe in probes() {
            assert_eq!(desk.run(&probe).await.code, LET_IN, "{}", probe.name);
        }
    }
}

#[tokio::test]
async fn a_time_counts_in_both_directions_and_to_the_second() {
    let minutes = |minutes: u64| Duration::from_mins(minutes);
    let desk = Desk::open(AuthMode::Any, &[]).await;
    let (v1, v3) = (RpcV1::new(key()), Acs3::new(key()));
    for (signer, window) in [(&v1 as &dyn Signer, minutes(31)), (&v3, minutes(15))] {
        let beyond = window + Duration::from_secs(1);
        for (away, is_near) in [(window, true), (beyond, false)] {
            let now = desk.clock.now();
            for time in [now - away, now + away] {
                let mut request = desk::start("POST", Way::Query, &[]);
                let mut context = desk.context();
                context.time = time;
                signer.sign(&mut request, &context).unwrap();
                let code = desk.send(&request).await.code;
                assert_eq!(code == LET_IN, is_near, "{signer:?} {away:?} {code}");
            }
        }
    }
}

#[tokio::test]
async fn a_nonce_is_free_again_after_fifteen_minutes_and_for_another_key() {
    let desk = Desk::open(AuthMode::Any, &[]).await;
    let send = async |credentials: Credentials| {
        let mut request = desk::start("POST", Way::Query, &[]);
        let mut context = context("always the same");
        context.host = desk.host();
        context.time = desk.clock.now();
        RpcV1::new(credentials).sign(&mut request, &context).unwrap();
        desk.send(&request).await.code
    };
    assert_eq!(send(key()).await, LET_IN);
    assert_eq!(send(temporary()).await, LET_IN);
    desk.clock.advance(Duration::from_mins(15) - Duration::from_secs(1));
    assert_eq!(send(key()).await, "SignatureNonceUsed");
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(send(key()).await, LET_IN);
}

#[tokio::test]
async fn the_signature_is_looked_at_after_what_all_operations_share_and_before_the_parameters() {
    let desk = Desk::open(AuthMode::Any, &[]).await;
    let send = async |params: &[(&str, &str)]| desk.send(&request("GET", Way::Query, params)).await.code;
    assert_eq!(send(&[("Format", "JSON"), ("Action", "NoSuchAction")]).await, "InvalidAction.NotFound");
    let start = [("Format", "JSON"), ("Action", "StartImagePipelineExecution"), ("Version", "2014-05-26")];
    assert_eq!(send(&start).await, "MissingParameter");
}

#[test]
fn what_a_request_carries_already_is_left_as_it_is() {
    let signers: [&dyn Signer; 2] = [&RpcV1::new(key()), &Acs3::new(key())];
    for signer in signers {
        let mut signed = desk::start("POST", Way::Form, &[("Timestamp", "late")]);
        signed.headers.push(("x-acs-date".into(), "late".into()));
        signer.sign(&mut signed, &context("n")).unwrap();
        let body = signed.body.as_str();
        assert_eq!(body.matches("Timestamp=").count(), 1, "{body}");
        assert_eq!(signed.headers.iter().filter(|(name, _)| name == "x-acs-date").count(), 1);
        let mut again = signed.clone();
        signer.sign(&mut again, &context("other")).unwrap();
        assert_eq!(again, signed);
    }
}

#[test]
fn parameters_that_are_shown_never_carry_a_signature() {
    let signers: [&dyn Signer; 2] = [&RpcV1::new(temporary()), &Acs3::new(temporary())];
    for signer in signers {
        let unsigned = desk::start("GET", Way::Query, &[]);
        let mut signed = unsigned.clone();
        signer.sign(&mut signed, &context("n")).unwrap();
        assert_eq!(signed.params, unsigned.params);
        assert_eq!(signed.body, SentBody::Empty);
        let shown = format!("{signer:?}");
        assert!(!shown.contains("temporarysecret") && !shown.contains("token+"), "{shown}");
    }
}

#[test]
fn plain_schemes_set_one_header() {
    let header = |signer: &dyn Signer| {
        let mut request = request("GET", Way::Query, &[]);
        signer.sign(&mut request, &context("n")).map(|_| request.headers)
    };
    let authorization = |value: &str| Ok(vec![("authorization".to_owned(), value.to_owned())]);
    assert_eq!(header(&Bearer::new(Secret::new("a.b"))), authorization("Bearer a.b"));
    // The example of RFC 7617, section 2, and the one of section 2.1.
    let (aladdin, test) = (Secret::new("open sesame"), Secret::new("123£"));
    assert_eq!(header(&Basic::new("Aladdin", aladdin)), authorization("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert_eq!(header(&Basic::new("test", test)), authorization("Basic dGVzdDoxMjPCow=="));
}

#[test]
fn what_no_header_can_carry_is_an_error_without_the_secret() {
    let mut far = context("n");
    far.time = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    let odd = key().with_security_token("line\nbreak");
    let cases: [(&dyn Signer, _, _); 6] = [
        (&Bearer::new(Secret::new("line\nbreak")), context("n"), SignError::Field { what: "bearer token" }),
        (&Basic::new("a:b", Secret::new("c")), context("n"), SignError::Field { what: "user" }),
        (&Basic::new("a", Secret::new("\0")), context("n"), SignError::Field { what: "password" }),
        (&Acs3::new(odd), context("n"), SignError::Field { what: "security token" }),
        (&Acs3::new(key()), context(""), SignError::Field { what: "nonce" }),
        (&RpcV1::new(key()), far, SignError::Time),
    ];
    for (signer, context, expected) in cases {
        let mut request = desk::start("GET", Way::Query, &[]);
        let error = signer.sign(&mut request, &context).unwrap_err();
        assert_eq!(error, expected, "{signer:?}");
        assert!(!error.to_string().contains("break"), "{error}");
    }
}
