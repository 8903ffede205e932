//! Shows that no fault is idle: each changes at least one answer of a fixed set of probes.
//! The service is asked without a network; faults of transport are shown in `transport`.

use super::{filled, setup, start_on};
use crate::reference::auth::Guard;
use crate::reference::breach::Breach;
use crate::reference::calendar::Calendar;
use crate::reference::execution::Status;
use crate::reference::fault::Fault;
use crate::reference::service::{Service, ServiceRequest};
use crate::reference::wire::{BodySize, Received};
use hyper::body::Bytes;
use hyper::{Method, Request};
use serde_json::{Value, json};
use std::time::UNIX_EPOCH;

/// Requests that are made in one state.
struct Probe {
    state: &'static str,
    params: Value,
    requests: Vec<Sent>,
    order: Order,
}

#[derive(Clone, Copy)]
enum Order {
    InTurn,
    Together,
}

/// A request, with the variables of the state still to be filled in.
struct Sent {
    method: Method,
    target: String,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
    size: BodySize,
}

impl Sent {
    fn get(query: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            target: format!("/?{}", query.into()),
            headers: Vec::new(),
            body: String::new(),
            size: BodySize::Whole,
        }
    }

    /// A start with everything that it needs, and more.
    fn start(more: &str) -> Self {
        Self::get(start_on(&json!({ "region": "{region}", "pipeline": "{pipeline}" }), more))
    }

    fn with_method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn call(&self, variables: &Value, service: &Service) -> ServiceRequest {
        let target = filled(&self.target, variables);
        let mut request = Request::builder().method(self.method.clone()).uri(target);
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let (parts, body) = request.body(filled(&self.body, variables)).unwrap().into_parts();
        let received = Received { bytes: Bytes::from(body), size: self.size };
        service.read(&parts, &received)
    }
}

impl Probe {
    fn new(state: &'static str, params: Value, requests: Vec<Sent>) -> Self {
        let order = Order::InTurn;
        Self { state, params, requests, order }
    }

    fn sound(requests: Vec<Sent>) -> Self {
        Self::new("an image pipeline", json!({}), requests)
    }

    /// What a new service of this kind answers, whole.
    async fn answers(&self, faults: &[Fault]) -> String {
        let service = Service::new(7, Calendar::at(UNIX_EPOCH), faults, Guard::default());
        let state = service.state(setup(self.state, &self.params).as_bytes());
        assert_eq!(state.status, 200, "{}", state.body);
        let ask = |sent: &Sent| sent.call(&state.body, &service);
        let mut answers = Vec::new();
        match (self.order, self.requests.as_slice()) {
            (Order::Together, [one, other]) => {
                let (one, other) = (ask(one), ask(other));
                let (one, other) = tokio::join!(service.answer(&one), service.answer(&other));
                answers.extend([one, other]);
            }
            (Order::InTurn | Order::Together, requests) => {
                for sent in requests {
                    answers.push(service.answer(&ask(sent)).await);
                }
            }
        }
        let shown = answers.iter().map(|reply| {
            let body = String::from_utf8_lossy(&reply.body);
            format!("{} {:?} {body}\n", reply.status, reply.headers)
        });
        shown.collect()
    }
}

fn state_probes() -> Vec<Probe> {
    let start = || vec![Sent::start("")];
    let lengths = |state, lengths: [usize; 5]| {
        lengths.map(|length| Probe::new(state, json!({ "length": length }), start()))
    };
    let registry = "an image pipeline with a Docker registry of a given length";
    let user = "an image pipeline with a Docker user of a given length";
    let statuses = Status::ALL.iter().map(|status| {
        let params = json!({ "status": status.name() });
        Probe::new("an image pipeline with an execution", params, start())
    });
    let broken = [
        "a deleted image pipeline",
        "an image pipeline whose base image cannot be built on",
        "an image pipeline whose base image is gone",
        "an image pipeline whose image family is empty",
        "an image pipeline with malformed build content",
        "an image pipeline with malformed test content",
        "an image pipeline with an unsupported component",
        "an image pipeline with a missing component",
        "an image pipeline whose image name is taken",
        "an image pipeline whose build service is down",
        "an image pipeline with an OSS object that may not be read",
        "an image pipeline with an archived OSS object",
        "an image pipeline with a missing OSS object",
        "an image pipeline without the OSS role",
        "an image pipeline whose instance type is gone",
        "an image pipeline whose vSwitch is gone",
        "an image pipeline that the caller may not start",
    ];
    let mut probes: Vec<Probe> = statuses.collect();
    probes.extend(broken.map(|state| Probe::new(state, json!({}), start())));
    let again = vec![Sent::start("&ClientToken=one"), Sent::start("&ClientToken=one&Tag.1.Key=k")];
    probes.push(Probe::new("an image pipeline whose build service is down", json!({}), again));
    probes.extend(lengths(registry, [0, 1, 511, 512, 513]));
    probes.extend(lengths(user, [0, 1, 127, 128, 129]));
    probes
}

/// A start with so many tags.
fn with_tags(count: usize) -> Sent {
    let tags: Vec<String> = (1..=count).map(|n| format!("&Tag.{n}.Key=k{n}")).collect();
    Sent::start(&tags.concat())
}

fn tag_probes() -> Vec<Probe> {
    let key = |key: &str| Sent::start(&format!("&Tag.1.Key={key}&Tag.1.Value=v"));
    let value = |value: &str| Sent::start(&format!("&Tag.1.Key=k&Tag.1.Value={value}"));
    let (k128, k129) = ("k".repeat(128), "k".repeat(129));
    let keys = ["", &k128, &k129, &"%C3%A9".repeat(128), "acs:k", "aliyunk", "my-aliyun"];
    let words = ["http://k", "https://k", "x-http://k"];
    let values = ["", &k128, &k129, "http://v", "https://v"];
    let mut requests: Vec<Sent> = keys.into_iter().chain(words).map(key).collect();
    requests.extend(values.map(value));
    requests.extend([20, 21].map(with_tags));
    let pairs = [
        "&Tag.1.Key=k&Tag.2.Key=k",
        "&Tag.1.Key=k&Tag.2.Key=j&Tag.3.Key=k",
        "&Tag.1.Key=j&Tag.2.Key=k&Tag.3.Key=k",
        "&Tag.1.Key=k&Tag.1.Value=a&Tag.2.Key=k&Tag.2.Value=b",
        "&Tag.1.Key=a-key-that-is-long-1&Tag.2.Key=a-key-that-is-long-2",
        "&Tag.1.Key=k&Tag.2.Key=K",
        "&Tag.21.Key=k",
        "&Tag.1.Key=k&Tag.1.Value=x-http://",
    ];
    requests.extend(pairs.map(Sent::start));
    requests.push(Sent::start("&TemplateTag.1.Key=acs:k"));
    requests.into_iter().map(|sent| Probe::sound(vec![sent])).collect()
}

fn token_probes() -> Vec<Probe> {
    let token = |token: &str| Sent::start(&format!("&ClientToken={token}"));
    let tagged = || Sent::start("&ClientToken=one&Tag.1.Key=k");
    let unfit =
        ["t".repeat(64), "t".repeat(65), "%C3%A9".to_owned(), "%C3%A9t".to_owned(), "t%C3%A9".to_owned()];
    let mut probes: Vec<Probe> = unfit.iter().map(|unfit| Probe::sound(vec![token(unfit)])).collect();
    probes.push(Probe::sound(vec![token("one"), token("one")]));
    probes.push(Probe::sound(vec![token("one"), token("ONE")]));
    probes.push(Probe::sound(vec![token("one"), tagged()]));
    probes.push(Probe::sound(vec![token("one"), token("one"), token("one")]));
    probes.push(Probe::sound(vec![token("one"), tagged(), token("one")]));
    probes.push(Probe::sound(vec![token("one"), tagged(), tagged()]));
    probes.push(Probe::sound(vec![
        token(&format!("{}a", "t".repeat(63))),
        token(&format!("{}b", "t".repeat(63))),
    ]));
    let refused = Sent::start("&ClientToken=one&Tag.1.Key=acs:k");
    probes.push(Probe::sound(vec![refused, token("one")]));
    probes.push(Probe::sound(vec![token("one"), token("one").with_method(Method::POST)]));
    probes.push(Probe::sound(vec![token("one"), in_form("&ClientToken=one")]));
    let elsewhere = "Action=StartImagePipelineExecution&Version=2014-05-26&Format=JSON&RegionId={region}&\
                     ImagePipelineId=ip-none&ClientToken=one";
    probes.push(Probe::sound(vec![token("one"), Sent::get(elsewhere)]));
    // What a token means: each pair of requests differs in one thing.
    let long = "v".repeat(100);
    for (one, other) in [
        ("&Tag.1.Key=k", "&Tag.1.Key=j"),
        ("&Tag.1.Key=k&Tag.1.Value=v", "&Tag.1.Key=k&Tag.1.Value=w"),
        ("&Tag.1.Key=k&Tag.1.Value=v", "&Tag.1.Key=k&Tag.1.Value=V"),
        ("&Tag.1.Key=a&Tag.2.Key=k&Tag.3.Key=z", "&Tag.1.Key=a&Tag.2.Key=j&Tag.3.Key=z"),
        ("&TemplateTag.1.Key=k", "&TemplateTag.1.Key=j"),
        (&*format!("&Tag.1.Key=k&Tag.1.Value=a{long}"), &*format!("&Tag.1.Key=k&Tag.1.Value=b{long}")),
        (&*format!("&Tag.1.Key=k&Tag.1.Value={long}a"), &*format!("&Tag.1.Key=k&Tag.1.Value={long}b")),
    ] {
        let start = |tags: &str| Sent::start(&format!("&ClientToken=one{tags}"));
        probes.push(Probe::sound(vec![start(one), start(other)]));
    }
    probes
}

fn wire_probes() -> Vec<Probe> {
    let no_action = "Version=2014-05-26&Format=JSON&RegionId={region}&ImagePipelineId={pipeline}";
    let bare = |query: &str| Sent::get(format!("Action=StartImagePipelineExecution&{query}"));
    let header_style = Sent::get("RegionId={region}&ImagePipelineId={pipeline}")
        .with_header("x-acs-action", "StartImagePipelineExecution")
        .with_header("x-acs-version", "2014-05-26");
    let mut too_large = Sent::start("");
    too_large.size = BodySize::TooLarge;
    let mut elsewhere = Sent::start("");
    elsewhere.target.insert(1, 'x');
    let requests = vec![
        Sent::start("&Format=XML"),
        Sent::start("&Format=XML&RegionId="),
        Sent::start("&Format=json"),
        Sent::start("&Format=yaml"),
        Sent::start("").with_method(Method::POST),
        Sent::start("").with_method(Method::PUT),
        header_style,
        in_form(""),
        too_large,
        elsewhere,
        Sent::get(no_action),
        bare("Format=JSON&RegionId={region}&ImagePipelineId={pipeline}"),
        bare("Version=2014-05-26&ImagePipelineId={pipeline}"),
        bare("Version=2014-05-26&RegionId={region}"),
        Sent::start("&RegionId=xx-nowhere"),
        Sent::start("&RegionId=cn-shanghai"),
        Sent::start("&Odd=%FF"),
        bare("Version=2014-05-26&Format=JSON&RegionId={region}&ImagePipelineId={pipeline}x"),
        bare("Version=2014-05-26&Format=JSON&RegionId={region}x&ImagePipelineId={pipeline}"),
    ];
    let mut probes: Vec<Probe> = requests.into_iter().map(|sent| Probe::sound(vec![sent])).collect();
    // What a refused request has started is in the way of the next one.
    let methods = [Method::HEAD, Method::OPTIONS, Method::DELETE, Method::PATCH];
    let refused = methods.map(|method| Sent::start("").with_method(method)).into_iter().chain([
        Sent::start("&Tag.1.Key=k&Tag.2.Key=k"),
        Sent::start("&Tag.1.Key=acs:k"),
        Sent::start("&Tag.1.Key=k&Tag.1.Value=http://v"),
        with_tags(21),
        Sent::start("&Format=yaml"),
        Sent::start("&ClientToken=%C3%A9"),
        Sent::start("&Odd=%FF"),
        bare("Format=JSON&RegionId={region}&ImagePipelineId={pipeline}"),
        bare("Version=2014-05-26&ImagePipelineId={pipeline}"),
        Sent::get(no_action),
    ]);
    probes.extend(refused.map(|sent| Probe::sound(vec![sent, Sent::start("")])));
    probes
}

/// A start whose parameters are in a form.
fn in_form(more: &str) -> Sent {
    let mut form = Sent::get("").with_method(Method::POST);
    form.body = start_on(&json!({ "region": "{region}", "pipeline": "{pipeline}" }), more);
    form
}

fn probes() -> Vec<Probe> {
    let mut race = Probe::sound(vec![Sent::start(""), Sent::start("")]);
    race.order = Order::Together;
    let groups = [vec![race], wire_probes(), state_probes(), tag_probes(), token_probes()];
    groups.into_iter().flatten().collect()
}

/// Faults, by the start of their names, that no probe can show, with the reason. `tests/endpoints/faults.rs` has a case find
/// each of them.
const SEEN_BY_CASES: [(&str, &str); 4] = [
    (
        "refused-and-started:",
        "no request is accepted in most of these states, so only an observation shows a start",
    ),
    ("token-per-pipeline", "a probe has one pipeline"),
    ("fingerprint-without-pipeline", "a probe has one pipeline"),
    ("token-per-signature", "a probe is not signed"),
];

#[tokio::test]
async fn every_fault_changes_an_answer() {
    let mut known = Vec::new();
    for probe in probes() {
        let answers = probe.answers(&[]).await;
        assert_eq!(answers, probe.answers(&[]).await, "a probe must have the same answers each time");
        known.push((probe, answers));
    }
    let mut idle = Vec::new();
    for fault in Fault::all().filter(|fault| !matches!(fault.breach, Breach::Transport(_))) {
        let mut is_idle = true;
        for (probe, answers) in &known {
            if probe.answers(&[fault]).await != *answers {
                is_idle = false;
                break;
            }
        }
        let name = fault.to_string();
        idle.extend(
            (is_idle && !SEEN_BY_CASES.iter().any(|(start, _)| name.starts_with(start))).then_some(name),
        );
    }
    assert_eq!(idle, Vec::<String>::new(), "these faults change nothing");
}
