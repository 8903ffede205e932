//! Transcripts made stable: what rules leave out, and that nothing else is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use proofmark::inside::model::{
    Answer, AnswerPlace, Exchange, Literals, Method, Normalisation, OrderRule, Request, SentBody, ValueKind,
    ValueRule, is_hostile,
};
use proofmark::inside::snapshot::{SnapshotRules, Transcript, VolatileNames};
use proofmark::inside::wire::read_body;

fn exchange(headers: &[(&str, &str)], body: &[u8]) -> Exchange {
    let request = Request {
        method: Method::new("GET").unwrap(),
        target: "/".into(),
        headers: Vec::new(),
        body: SentBody::Empty,
        params: Vec::new(),
        format: None,
    };
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (bytes, body, flaws) = (body.to_vec(), read_body(body, None), Vec::new());
    let (elapsed, paused) = (Duration::ZERO, Duration::ZERO);
    let answer = Answer { status: 200, headers, bytes, body, flaws, elapsed, paused };
    Exchange { step: 0, request, answer }
}

fn value(name: &str, kind: ValueKind, place: AnswerPlace, pattern: Option<&str>) -> ValueRule {
    ValueRule { name: name.into(), kind, place, pattern: pattern.map(str::to_owned) }
}

fn volatile(name: &str, path: &str) -> ValueRule {
    value(name, ValueKind::Volatile, AnswerPlace::Body(path.into()), None)
}

fn time(name: &str, path: &str) -> ValueRule {
    value(name, ValueKind::Time, AnswerPlace::Body(path.into()), None)
}

fn unordered(at: &str, by: Option<&str>) -> OrderRule {
    OrderRule { at: at.into(), by: by.map(str::to_owned) }
}

const HEADERS: [&str; 3] = ["x-id", "location", "last-modified"];

fn text_of(exchanges: &[Exchange], rules: &Normalisation) -> String {
    let rules = SnapshotRules::new(&[rules], &HEADERS.map(str::to_owned));
    Transcript::new(exchanges, &rules, VolatileNames::default()).text()
}

/// What is behind the status.
fn shown(body: &str, rules: &Normalisation) -> String {
    let text = text_of(&[exchange(&[], body.as_bytes())], rules);
    text.strip_prefix("> GET /\n< 200").unwrap().trim_start().to_owned()
}

/// The same without layout.
fn compact(body: &str, rules: &Normalisation) -> String {
    shown(body, rules).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rules(values: Vec<ValueRule>, unordered: Vec<OrderRule>) -> Normalisation {
    Normalisation { values, unordered }
}

/// Short bodies, all of them different.
#[rustfmt::skip]
const TEXTS: [&str; 109] = [
    "", " ", "\n", "\r\n", "\t", "  ", " \n", "\n\n", "\u{a0}", "\u{3000}", "\u{feff}", "text",
    "text\n", "text\r\n", "text\r", "text\n\n", " text", "text ", "text\t", "te\rxt", "te\nxt",
    "te\\nxt", "te\\\\nxt", "te\u{1b}xt", "te\\u{1b}xt", "te\u{202e}xt", "te\\u{202e}xt",
    "te\u{200b}xt", "| text", "|# text", "< 200", "> GET /", "text\\u{20}", "text\n< 200\n{}", "…",
    "|# 5 bytes that are not text, sha256 0", "5 bytes that are not text", "1", "1.0", "1.00",
    "10e-1", "1e0", "1E0", "1e400", "1e401", "0.10", "0.1", "-0", "0", "\"1\"", "9007199254740992",
    "9007199254740993", "123456789012345678901234567890", "null", "\"null\"", "true", "\"true\"",
    "[]", "{}", "[[]]", "[{}]", "\"\"", "\"[]\"", "{\"a\":1}", "{\"a\":1,\"a\":1}",
    "{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}", "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}",
    "{\"a\":null}", "{\"a\":\"\"}", "{\"\":\"a\"}", "{\"a\": [1]}", "{\"a\": \"1\"}", "\"\\n\"",
    "\"\\\\n\"", "\"\\u001b\"", "\"\\\\u001b\"", "\"\\u202e\"", "\"\\\\u202e\"", "\"\\ufeff\"",
    "\"[id:1]\"", "\"[id:1:literal]\"", "\"[created]\"", "\"[created:literal]\"", "{\"[id:1]\":1}",
    "{\"a\":1} x", "{\"a\":1", "[1,]", "<a/>", "<b/>", "<a b=\"1\"/>", "<a b=\"2\"/>",
    "<a><b>1</b></a>", "<a><b> 1</b></a>", "<a>1</a>", "<a b=\"1\">1</a>", "<a b=\"1\">2</a>",
    "<a xmlns=\"urn:a\"/>", "<a xmlns=\"urn:b\"/>", "<x:a xmlns:x=\"u\"/>", "<a><b/></a>",
    "<a><b/><b/></a>", "<a>t<b/></a>", "<a><b/><c/></a>", "<a><c/><b/></a>", "<a>", "<a/><a/>",
    "<a>&lt;b/&gt;</a>",
];

/// Bodies that mean different things, or are different bytes where nothing is known of what they mean.
fn different_bodies() -> Vec<Vec<u8>> {
    let long = |end: &str| "x".repeat(10_000) + end;
    let lines = |end: &str| "line\n".repeat(5_000) + end;
    let list = |end: &str| format!("[{}{end}]", "1,".repeat(5_000));
    let cut = "x".repeat(4000)
        + " … 6001 more characters, sha256 0000000000000000000000000000000000000000000000000000000000000000";
    let mut bodies: Vec<Vec<u8>> = TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.extend(
        [long("a"), long("b"), lines("a"), lines("b"), lines("a\n"), list("1"), list("2")]
            .map(String::into_bytes),
    );
    bodies.extend([long("a"), long("b")].map(|text| format!("\"{text}\"").into_bytes()));
    bodies.extend([cut.clone(), format!("\"{cut}\"")].map(String::into_bytes));
    bodies.extend([b"\xff".to_vec(), b"\xff\xfe".to_vec(), b"\xff\n".to_vec(), b"a\xff".to_vec()]);
    bodies.extend([vec![0xff; 1000], vec![0xff; 1001]]);
    bodies.push([vec![0xff; 999], vec![0xfe]].concat());
    bodies
}

#[test]
fn no_two_different_bodies_give_the_same_text() {
    let rules =
        rules(vec![volatile("id", "$.id"), time("created", "$.created")], vec![unordered("$.items", None)]);
    let bodies = different_bodies();
    assert!(bodies.len() > 120, "{}", bodies.len());
    let mut seen: BTreeMap<String, &[u8]> = BTreeMap::new();
    for body in &bodies {
        // The second answer makes the names known.
        let second = exchange(&[], br#"{"id": "0123456789", "created": "2026-01-02T03:04:05Z"}"#);
        let text = text_of(&[exchange(&[], body), second], &rules);
        if let Some(other) = seen.insert(text.clone(), body) {
            panic!("{:?} and {:?}: {text}", String::from_utf8_lossy(body), String::from_utf8_lossy(other));
        }
    }
}

#[test]
fn whatever_comes_is_shown_in_bearable_length_and_in_characters_that_neither_act_nor_hide() {
    for body in different_bodies() {
        let text = text_of(&[exchange(&[], &body)], &Normalisation::default());
        assert!(text.len() < 50_000, "{}", text.len());
        assert_eq!(text.chars().find(|letter| is_hostile(*letter)), None, "{}", text.escape_debug());
        assert_eq!(text.lines().find(|line| line.ends_with(char::is_whitespace)), None, "{text}");
    }
}

#[test]
fn bytes_that_are_no_text_are_shown_in_hex_with_length_and_digest() {
    let text = text_of(&[exchange(&[], b"\xff\x00a")], &Normalisation::default());
    let digest = proofmark::inside::digest::sha256_hex(b"\xff\x00a");
    assert_eq!(text, format!("> GET /\n< 200\n|# 3 bytes that are not text, sha256 {digest}\n|# ff 00 61"));
}

#[test]
fn a_time_is_shown_without_a_number_and_what_is_none_as_it_stands() {
    let rules = rules(vec![time("created", "$.t")], Vec::new());
    for (body, expected) in [
        (r#"{"t":"2026-11-24T10:11:12Z"}"#, r#"{ "t": "[created]" }"#),
        (r#"{"t":1700000000123}"#, r#"{ "t": [created] }"#),
        (r#"{"t":["2026-11-24T10:11Z","2026-11-24T10:11Z"]}"#, r#"{ "t": [ "[created]", "[created]" ] }"#),
        (r#"{"t":"2026-11-31T10:11:12Z"}"#, r#"{ "t": "2026-11-31T10:11:12Z" }"#),
        (r#"{"t":17}"#, r#"{ "t": 17 }"#),
        (r#"{"t":""}"#, r#"{ "t": "" }"#),
        (r#"{"t":null}"#, r#"{ "t": null }"#),
        (r#"{"t":"[created]"}"#, r#"{ "t": "[created:literal]" }"#),
        ("<a><t>Sun, 06 Nov 1994 08:49:37 GMT</t></a>", r#"<a> { "t": "[created]" }"#),
        (r#"<a t="2026-11-24"><t>1700000000</t></a>"#, r#"<a> { "@t": "2026-11-24", "t": "[created]" }"#),
    ] {
        assert_eq!(compact(body, &rules), expected);
    }
}

#[test]
fn a_rule_holds_for_headers_and_for_values_that_only_a_hidden_header_has() {
    let header = |name: &str, kind, header: &str, pattern| {
        value(name, kind, AnswerPlace::Header(header.into()), pattern)
    };
    let rules = rules(
        vec![
            header("request-id", ValueKind::Volatile, "x-hidden", None),
            header("changed", ValueKind::Time, "last-modified", None),
            header("page", ValueKind::Volatile, "location", Some("page=([0-9]+)")),
        ],
        Vec::new(),
    );
    let headers = [
        ("x-hidden", "req-0001"),
        ("x-id", "req-0001"),
        ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("location", "/list?page=7&size=7"),
    ];
    let text = text_of(&[exchange(&headers, br#"{"r": "req-0001", "p": "7"}"#)], &rules);
    let expected =
        "< x-id: [request-id:1]\n< location: /list?page=[page:1]&size=7\n< last-modified: [changed]";
    assert!(text.contains(&expected.replace("size=7", "size=[page:1]")) || text.contains(expected), "{text}");
    assert!(text.contains(r#""r": "[request-id:1]""#), "{text}");
}

#[test]
fn a_pattern_names_its_group_in_the_place_that_it_is_for_and_else_in_any_text() {
    let at = AnswerPlace::Body("$.m".into());
    let here = rules(vec![value("n", ValueKind::Volatile, at, Some("took ([0-9]+)ms"))], Vec::new());
    assert_eq!(
        compact(r#"{"m":"it took 5ms","o":"it took 5ms"}"#, &here),
        r#"{ "m": "it took [n:1]ms", "o": "it took 5ms" }"#
    );
    let anywhere =
        rules(vec![value("t", ValueKind::Time, AnswerPlace::Anywhere, Some("at ([0-9TZ:-]+)"))], Vec::new());
    let text = text_of(
        &[exchange(&[("location", "/at 2026-01-02")], b"at 2026-01-02T03:04Z, at 2026-13-01")],
        &anywhere,
    );
    assert!(text.ends_with("< location: /at [t]\n| at [t], at 2026-13-01"), "{text}");
}

#[test]
fn an_unordered_list_is_shown_alike_in_any_order_and_numbered_after_that() {
    let items = [
        r#"{"Id":"i-00000001","Name":"b","Disk":"d-00000009"}"#,
        r#"{"Id":"i-00000002","Name":"a","Disk":"d-00000008"}"#,
        r#"{"Id":"i-00000003","Name":"b","Disk":"i-00000003"}"#,
    ];
    let values = || vec![volatile("id", "$.Items.Item[*].Id"), volatile("disk", "$.Items.Item[*].Disk")];
    for by in [None, Some("$.Name"), Some("$.Id"), Some("$.nosuch")] {
        let rules = rules(values(), vec![unordered("$.Items.Item", by)]);
        let mut texts = Vec::new();
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let list = order.map(|index| items[index]).join(",");
            // In the other order the values are others, as in another run, and so is which of them is the greatest.
            let mut body = format!(r#"{{"Items":{{"Item":[{list}]}},"Last":"d-00000009"}}"#);
            for end in ["1", "2", "3", "8", "9"] {
                let other = proofmark::inside::digest::sha256_hex(format!("{order:?}{end}").as_bytes());
                body = body.replace(&format!("-0000000{end}"), &format!("-{}", &other[..8]));
            }
            texts.push(shown(&body, &rules));
        }
        assert!(texts.iter().all(|text| *text == texts[0]), "{by:?}: {texts:#?}");
        let first = texts[0].find("[id:1]").unwrap();
        assert!(
            first < texts[0].find("[id:2]").unwrap() && first < texts[0].find("[id:3]").unwrap(),
            "{}",
            texts[0]
        );
    }
    let plain = rules(values(), Vec::new());
    let body =
        |order: [usize; 2]| format!(r#"{{"Items":{{"Item":[{},{}]}}}}"#, items[order[0]], items[order[1]]);
    assert_ne!(shown(&body([0, 1]), &plain), shown(&body([1, 0]), &plain), "and without the rule it is not");
}

#[test]
fn unordered_lists_inside_others_and_in_xml_are_put_in_order_from_the_inside() {
    let json = rules(Vec::new(), vec![unordered("$.G", None), unordered("$.G[*].M", None)]);
    let left = compact(r#"{"G":[{"M":[3,1]},{"M":[2,0]}]}"#, &json);
    assert_eq!(left, compact(r#"{"G":[{"M":[0,2]},{"M":[3,1]}]}"#, &json));
    let xml = rules(Vec::new(), vec![unordered("$.Item", Some("$.Key"))]);
    let item = |key: &str| format!("<Item><Value>1</Value><Key>{key}</Key></Item>");
    let left = compact(&format!("<R>{}{}</R>", item("b"), item("a")), &xml);
    assert_eq!(left, compact(&format!("<R>{}{}</R>", item("a"), item("b")), &xml));
    assert!(left.find("\"a\"") < left.find("\"b\""), "{left}");
    assert_ne!(left, compact(&format!("<R>{}{}</R>", item("a"), item("a")), &xml), "what is in it counts");
}

#[test]
fn a_rule_reaches_every_value_of_a_doubled_key_and_keeps_numbers_and_texts_apart() {
    let rules = rules(vec![volatile("id", "$.id")], Vec::new());
    let text = compact(r#"{"id":"aaaaaaa1","id":"bbbbbbb2","x":["bbbbbbb2"],"bbbbbbb2":1}"#, &rules);
    assert_eq!(text, r#"{ "id": "[id:1]", "id": "[id:2]", "x": [ "[id:2]" ], "[id:2]": 1 }"#);
    assert_ne!(compact(r#"{"id":12345678}"#, &rules), compact(r#"{"id":"12345678"}"#, &rules));
}

#[test]
fn digits_are_kept_as_they_came() {
    for digits in ["1.0", "1e400", "0.10", "1E5", "1e+5", "-0", "123456789012345678901234567890.50"] {
        assert_eq!(compact(&format!("[{digits}]"), &Normalisation::default()), format!("[ {digits} ]"));
    }
}

#[test]
fn a_short_value_has_its_name_only_where_a_rule_finds_it() {
    let ids = rules(vec![volatile("id", "$.id")], Vec::new());
    let same = |one: &str, other: &str| compact(one, &ids) == compact(other, &ids);
    assert!(same(r#"{"id":5,"count":5}"#, r#"{"id":7,"count":5}"#), "the count has not changed");
    assert!(!same(r#"{"id":5,"count":5}"#, r#"{"id":7,"count":7}"#), "the count has changed with the id");
    assert!(!same(r#"{"id":"ok","status":"ok"}"#, r#"{"id":"no","status":"no"}"#));
    assert!(!same(r#"{"id":"b-6","message":"no b-6"}"#, r#"{"id":"b-7","message":"no b-7"}"#));
    assert!(!same(r#"{"id":5,"5":1}"#, r#"{"id":7,"7":1}"#), "keys, too");
    assert!(same(r#"{"id":"b-12345678","at":"/b-12345678"}"#, r#"{"id":"b-87654321","at":"/b-87654321"}"#));
    let xml =
        |id: &str, size: &str, unit: &str| format!("<R><id>{id}</id><Size unit=\"{unit}\">{size}</Size></R>");
    assert!(same(&xml("5", "5", "5"), &xml("7", "5", "5")));
    assert!(!same(&xml("5", "5", "1"), &xml("7", "7", "1")), "text of XML");
    assert!(!same(&xml("5", "1", "5"), &xml("7", "1", "7")), "an attribute of XML");
    let header =
        |id: &str| text_of(&[exchange(&[("x-id", id)], format!("{{\"id\":{id}}}").as_bytes())], &ids);
    assert_ne!(header("5"), header("7"), "a header field without a rule");
}

#[test]
fn a_short_value_keeps_its_name_over_several_answers_where_rules_find_it() {
    let ids = rules(vec![volatile("id", "$.id")], Vec::new());
    let two = |first: &str, second: &str| {
        let bodies = [format!("{{\"id\":{first}}}"), format!("{{\"id\":{second}}}")];
        text_of(&bodies.map(|body| exchange(&[], body.as_bytes())), &ids)
    };
    assert_eq!(two("5", "5"), two("7", "7"));
    assert_ne!(two("5", "5"), two("5", "7"), "which values are equal shows");
}

#[test]
fn a_request_shows_values_of_the_run_by_name_and_what_the_table_writes_out_as_it_is() {
    let shown = |id: &str, count: &str| {
        let mut exchange = exchange(&[], b"{}");
        exchange.request.target = format!("/things/{id}?x=1");
        exchange.request.params = vec![("id".into(), id.into()), ("count.1".into(), count.into())];
        let mut names = VolatileNames::default();
        names.add("thing", id);
        let params = ["count".to_owned()].into();
        names.set_literals(&[Literals { params, ..Literals::default() }]);
        let exchanges = [exchange];
        let rules = SnapshotRules::new(&[], &[]);
        Transcript::new(&exchanges, &rules, names).text()
    };
    assert_eq!(shown("5", "5"), shown("7", "5"));
    assert_ne!(shown("5", "5"), shown("7", "7"));
    assert!(shown("5", "5").starts_with("> GET /things/[thing:1]\n> id = [thing:1]\n> count.1 = 5\n"));
}

#[test]
fn a_rule_finds_the_only_item_of_a_list_in_xml() {
    let ids = rules(vec![volatile("id", "$.Disks.Disk[*].Id")], Vec::new());
    let xml = |ids: &[&str]| {
        let disks = ids.iter().map(|id| ["<Disk><Id>", id, "</Id></Disk>"].concat()).collect::<String>();
        format!("<R><Disks>{disks}</Disks></R>")
    };
    assert_eq!(compact(&xml(&["5"]), &ids), compact(&xml(&["7"]), &ids));
    assert_eq!(compact(&xml(&["5", "6"]), &ids), compact(&xml(&["7", "8"]), &ids));
    let inner = rules(Vec::new(), vec![unordered("$.G[*].M", None)]);
    assert_eq!(
        compact("<R><G><M>1</M><M>2</M></G></R>", &inner),
        compact("<R><G><M>2</M><M>1</M></G></R>", &inner)
    );
}
