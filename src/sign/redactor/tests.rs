//! Every form of a secret, and what must stay as it is.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{DEEPEST, Glance, Redactor, SecretSearch, Secrets};
use crate::model::Value;
use crate::sign::Secret;

const SECRET: &str = "s3cr3t/+Zq%3DKx9~\"<tail=";

fn of(secrets: &[&str]) -> Redactor {
    Redactor::new(&Secrets::from(secrets.iter().map(|text| Secret::new(*text)).collect::<Vec<_>>()))
}

fn base16(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn hidden(text: &str) -> String {
    let mut text = text.to_owned();
    of(&[SECRET]).hide(&mut text);
    text
}

#[test]
fn a_secret_is_found_in_every_form() {
    let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
    let twice = utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string();
    let hex = base16(SECRET.as_bytes());
    let json = serde_json::to_string(SECRET).unwrap();
    let escapes = SECRET.bytes().map(|byte| format!("\\u00{byte:02X}")).collect::<Vec<_>>().concat();
    let xml = SECRET.replace('<', "&lt;").replace('"', "&#34;");
    let all =
        [SECRET.to_owned(), percent.clone(), twice, hex, json.trim_matches('"').to_owned(), escapes, xml];
    for form in all {
        for form in [form.clone(), form.to_uppercase(), form.to_lowercase()] {
            assert_eq!(hidden(&format!("a {form} b")), "a [secret] b", "{form}");
        }
    }
}

#[test]
fn json_inside_json_and_xml_inside_xml_are_found() {
    let (mut json, mut xml) = (SECRET.to_owned(), SECRET.replace('<', "&lt;").replace('"', "&#34;"));
    for _ in 0..3 {
        json = serde_json::to_string(&json).unwrap();
        xml = xml.replace('&', "&amp;");
        assert!(!hidden(&json).contains("Kx9~") && !hidden(&xml).contains("Kx9~"), "{json} {xml}");
    }
    let escapes = SECRET.bytes().map(|byte| format!("\\\\u00{byte:02X}")).collect::<Vec<_>>().concat();
    assert_eq!(hidden(&escapes), "[secret]");
}

#[test]
fn letters_beyond_ascii_are_found_in_every_form() {
    let secret = "p\u{e4}ssw\u{f6}rd\u{20ac}\u{1f511}";
    let redactor = of(&[secret]);
    let escapes = |form: fn(char) -> String| secret.chars().map(form).collect::<String>();
    let unit = |unit: &u16| format!("\\u{unit:04X}");
    let json: String = secret.encode_utf16().collect::<Vec<_>>().iter().map(unit).collect();
    let xml = escapes(|it| format!("&#{};", u32::from(it)));
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    for mut form in [secret.to_owned(), json, xml, percent, base16(secret.as_bytes())] {
        redactor.hide(&mut form);
        assert_eq!(form, "[secret]");
    }
}

#[test]
fn base64_is_found_wherever_the_secret_stands_in_it() {
    for before in ["", "u", "us", "user:", "Bearer "] {
        for engine in [STANDARD, URL_SAFE] {
            let encoded = engine.encode(format!("{before}{SECRET}!after"));
            let shown = hidden(&encoded);
            assert!(shown.contains("[secret]") && shown.len() < encoded.len() - 20, "{encoded} {shown}");
        }
    }
}

#[test]
fn a_long_secret_is_found_in_parts() {
    let long = (0..1000).map(|number: u32| format!("{number:x}-")).collect::<Vec<_>>().concat();
    let redactor = of(&[&long]);
    let mut text = format!("<{long}>");
    redactor.hide(&mut text);
    assert!(text.len() < 1000 && !text.contains("3e"), "{text}");
}

fn long(letters: usize) -> String {
    let numbers = (0..letters / 4).map(|number| format!("{:04x}", number * 7919 % 65_536));
    numbers.collect()
}

#[test]
fn base64_of_a_secret_in_several_parts_is_found_to_its_end() {
    let secret = long(200);
    let redactor = of(&[&secret]);
    for before in ["", "u", "us", "user:"] {
        let mut text = STANDARD.encode(format!("{before}{secret}"));
        redactor.hide(&mut text);
        let left = text.replace("[secret]", "");
        assert!(left.len() < 12, "{left}");
    }
}

#[test]
fn a_secret_of_any_length_is_found() {
    let secret = long(9000);
    let redactor = of(&[&secret]);
    let mut text = secret.clone();
    redactor.hide(&mut text);
    assert_eq!(text.replace("[secret]", ""), "");
}

#[test]
fn keys_and_texts_of_a_tree_are_looked_at_and_nothing_else_changes() {
    let redactor = of(&[SECRET]);
    let mut tree = Value::Map(vec![(SECRET.into(), Value::List(vec![Value::text(SECRET), Value::Null]))]);
    redactor.hide_in(&mut tree, b"");
    assert_eq!(tree.to_string().replace(' ', ""), r#"{"[secret]":["[secret]",null]}"#);
    assert_eq!(hidden("secret s3cr3t"), "secret s3cr3t");
}

#[test]
fn several_encodings_around_each_other_are_found() {
    let base64 = |bytes: &[u8]| STANDARD.encode(bytes);
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let forms = [
        base64(base64(SECRET.as_bytes()).as_bytes()),
        base64(base64(format!("user:{SECRET}").as_bytes()).as_bytes()),
        URL_SAFE.encode(percent(SECRET)),
        percent(&base64(percent(SECRET).as_bytes())),
        base64(&utf16(SECRET)),
        base16(base64(SECRET.as_bytes()).as_bytes()),
        base64(base16(SECRET.as_bytes()).as_bytes()),
        json(&percent(&json(SECRET))),
        base64(json(SECRET).as_bytes())
            .as_bytes()
            .chunks(10)
            .map(|it| String::from_utf8_lossy(it))
            .collect::<Vec<_>>()
            .join("\\r\\n"),
        SECRET.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"),
        SECRET.chars().map(|letter| format!("{letter}\\u0000")).collect::<Vec<_>>().concat(),
    ];
    for form in forms {
        let shown = hidden(&format!("<{form}>"));
        assert!(shown.contains("[secret]"), "{form}: {shown}");
        let left = shown.replace("[secret]", "");
        assert!(left.len() < 16, "{form}: {shown}");
    }
}

#[test]
fn text_in_utf_16_is_looked_through_and_stays_utf_16() {
    for secret in [SECRET, "p\u{e4}ssw\u{f6}rd\u{20ac}\u{1f511}"] {
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let text = |text: &str| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
            let shown = of(&[secret]).hide_bytes(&text(&format!("\u{feff}a {secret} b"))).unwrap();
            if secret.is_ascii() {
                assert_eq!(shown, text("\u{feff}a [secret] b"));
            }
            let narrow: Vec<u8> = shown.into_iter().filter(|byte| *byte != 0).collect();
            assert!(!String::from_utf8_lossy(&narrow).contains("ssw") && narrow.ends_with(b"[secret] b"));
        }
    }
}

#[test]
fn secrets_that_run_into_each_other_leave_no_tail() {
    let redactor = of(&["abcdefghijkl", "ghijklmnopqr", "klmnopqrstuv", "xyzxyz"]);
    for (text, expected) in [
        ("-abcdefghijklmnopqrstuv-", "-[secret]-"),
        ("-abcdefghijklxyzxyz-", "-[secret]-"),
        ("xyzxyzxyz", "[secret]"),
        ("abcdefghijkl ghijklmnopqr", "[secret] [secret]"),
    ] {
        let mut text = text.to_owned();
        redactor.hide(&mut text);
        assert_eq!(text, expected);
    }
}

#[test]
fn base64_that_is_a_secret_itself_is_found_without_its_fill_too() {
    let redactor = of(&["S5UrLenm9AJenqIjqjxidBw4dUM="]);
    for (text, expected) in [
        ("a S5UrLenm9AJenqIjqjxidBw4dUM= b", "a [secret] b"),
        ("a S5UrLenm9AJenqIjqjxidBw4dUM b", "a [secret] b"),
        ("a S5UrLenm9AJenqIjqjxidBw4dUM%3D b", "a [secret] b"),
    ] {
        let mut text = text.to_owned();
        redactor.hide(&mut text);
        assert_eq!(text, expected);
    }
}

#[test]
fn a_secret_that_is_cut_off_is_dropped_in_every_form() {
    let redactor = of(&[SECRET]);
    let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(SECRET).unwrap();
    let xml = SECRET.replace('<', "&lt;").replace('"', "&#34;");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let forms = [
        SECRET.as_bytes().to_vec(),
        percent.into_bytes(),
        json.trim_matches('"').as_bytes().to_vec(),
        xml.into_bytes(),
        base16(SECRET.as_bytes()).into_bytes(),
        STANDARD.encode(SECRET).into_bytes(),
        wide(SECRET),
    ];
    for form in forms {
        for end in 0..form.len() {
            let mut cut = [b"behind: ", &form[..end]].concat();
            redactor.drop_begun(&mut cut);
            // Digits of less than six bytes are not read as those.
            let left = cut.len() - 8;
            assert!(cut.starts_with(b"behind: ") && left < 12, "{}", String::from_utf8_lossy(&cut));
        }
    }
    for whole in ["behind: it", "", "s3", "a s3cr3t b"] {
        let mut bytes = whole.as_bytes().to_vec();
        redactor.drop_begun(&mut bytes);
        assert_eq!(bytes, whole.as_bytes());
    }
}

#[test]
fn a_secret_in_two_parts_is_hidden_in_both() {
    let redactor = of(&[SECRET]);
    for at in 1..SECRET.len() {
        let mut before = format!("{{\"a\": \"{}", &SECRET[..at]).into_bytes();
        let mut behind = format!("{}\"}}", &SECRET[at..]).into_bytes();
        redactor.hide_across(&mut before, &mut behind);
        assert_eq!((&*before, &*behind), (&b"{\"a\": \"[secret]"[..], &b"[secret]\"}"[..]), "{at}");
    }
    let (mut before, mut behind) = (SECRET.as_bytes().to_vec(), b"x".to_vec());
    redactor.hide_across(&mut before, &mut behind);
    assert_eq!((&*before, &*behind), (SECRET.as_bytes(), &b"x"[..]));
}

#[test]
fn what_holds_no_secret_stays_as_it_is() {
    let others = [
        "s3cr3t/+Zq%3DKx9~",
        "MTIzNDU2Nzg5MA==",
        "\u{e4}\u{1f511} \\u00e4 &lt; %41 736563726574",
        "s3cr3t",
        "",
    ];
    for text in others {
        assert_eq!(hidden(text), text);
    }
    let mut bytes = vec![0xff, 0xfe, 0x00, 0x80];
    bytes.extend(b"abc".repeat(1000));
    assert_eq!(of(&[SECRET]).hide_bytes(&bytes), None);
}

#[test]
fn a_text_that_is_made_to_be_read_in_many_ways_takes_bounded_work() {
    let mut text = "%25".repeat(30_000) + &"ab".repeat(50_000);
    for _ in 0..3 {
        text = STANDARD.encode(&text);
    }
    assert_eq!(of(&[SECRET]).hide_bytes(text.as_bytes()), None);
}

#[test]
fn a_text_that_was_searched_with_all_around_it_is_not_searched_again_and_any_other_is() {
    let redactor = of(&[SECRET]);
    let hidden = |texts: &[&str], searched: &[u8]| {
        let mut tree = Value::List(texts.iter().map(|text| Value::Text((*text).to_owned())).collect());
        redactor.hide_in(&mut tree, searched);
        tree.to_string().matches("[secret]").count()
    };
    let far = [&b"[\"a\","[..], &[b' '; 2000], b"\"b\"]"].concat();
    for (texts, searched, due) in [
        (&["a", "b"][..], &b"[\"a\",\"b\"]"[..], 0),
        (&["a", SECRET, "b"], b"[\"a\",\"\\u0073...\",\"b\"]", 1),
        (&[SECRET, SECRET], b"", 2),
        (&["a", "b", SECRET], &far, 1),
    ] {
        assert_eq!(hidden(texts, searched), due, "{texts:?}");
    }
}

#[test]
fn what_cannot_be_searched_whole_is_not_taken_for_clean() {
    let redactor = of(&[SECRET]);
    let known = [&*redactor.fixed, &*redactor.fixed];
    let text = b"a_text_and_more_text_that_reads_as_base64";
    for (left, due) in [(0, false), (10, false), (1000, true)] {
        let mut glance = Glance { known, left, is_whole: true };
        assert!(!glance.finds(text, DEEPEST));
        assert_eq!(glance.is_whole, due, "{left}");
    }
    assert_eq!(redactor.search(text), (None, true));
    assert_eq!(redactor.search(SECRET.as_bytes()), (Some(b"[secret]".to_vec()), false));
}

#[test]
fn the_quick_look_finds_what_the_search_for_places_finds() {
    let redactor = of(&[SECRET]);
    let known = [&*redactor.fixed, &*redactor.fixed];
    let mut chance = fastrand::Rng::with_seed(5);
    let (mut found, count) = (0, 400);
    for _ in 0..count {
        let mut text = SECRET[chance.usize(..4) / 3..].to_owned();
        for _ in 0..chance.usize(..5) {
            let inner = format!("{}{text}{}", "x".repeat(chance.usize(..4)), "-\n".repeat(chance.usize(..2)));
            text = match chance.u8(..4) {
                0 => STANDARD.encode(inner),
                1 => base16(inner.as_bytes()),
                2 => utf8_percent_encode(&inner, NON_ALPHANUMERIC).to_string(),
                _ => serde_json::to_string(&inner).unwrap(),
            };
        }
        let mut places = Vec::new();
        SecretSearch { known, left: usize::MAX }.look(text.as_bytes(), DEEPEST, &mut places);
        let is_found = Glance { known, left: usize::MAX, is_whole: true }.finds(text.as_bytes(), DEEPEST);
        assert_eq!(is_found, !places.is_empty(), "{text}");
        found += usize::from(is_found);
    }
    assert!(found > count / 10 && found < count, "{found}");
}
