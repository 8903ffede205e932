//! What a matcher says of itself, and where it can never be right.

use super::{Bounds, Matcher, MatcherTarget};
use crate::model::Value;

fn equals(value: impl Into<Value>) -> Matcher {
    Matcher::Equals(value.into())
}

fn number(digits: &str) -> Value {
    Value::Number(digits.into())
}

fn bounds(min: Option<Value>, max: Option<Value>) -> Bounds {
    Bounds { min, max }
}

fn between(min: i64, max: i64) -> Bounds {
    bounds(Some(Value::integer(min)), Some(Value::integer(max)))
}

/// One of each kind, in the order of [`Matcher::NAMES`], with its sentence.
fn all() -> Vec<(Matcher, &'static str)> {
    let one = || Box::new(equals("a"));
    vec![
        (equals("a"), "\"a\""),
        (Matcher::Template("a %s".into()), "the template \"a %s\""),
        (Matcher::Regex("^a$".into()), "a match of /^a$/"),
        (Matcher::Any(vec![equals("a"), equals("b")]), "\"a\" or \"b\""),
        (Matcher::All(vec![equals("a"), equals("b")]), "\"a\" and \"b\""),
        (Matcher::Not(one()), "anything but \"a\""),
        (Matcher::Present(true), "any value"),
        (Matcher::Type("string".into()), "a value of type string"),
        (Matcher::Contains("a".into()), "something that contains \"a\""),
        (Matcher::Length(between(1, 2)), "a length of 1 to 2"),
        (Matcher::Min(number("1.50")), "a number of at least 1.50"),
        (Matcher::Max(number("2")), "a number of at most 2"),
        (Matcher::Each(one()), "a list, each item \"a\""),
        (Matcher::Some(one()), "a list, some item \"a\""),
        (Matcher::None(one()), "a list, no item \"a\""),
        (Matcher::Count(between(2, 2)), "a list, 2 items"),
    ]
}

#[test]
fn each_kind_has_its_name_and_its_sentence() {
    let all = all();
    let names: Vec<&str> = all.iter().map(|(matcher, _)| matcher.name()).collect();
    assert_eq!(names, Matcher::NAMES);
    for (matcher, sentence) in all {
        assert_eq!(matcher.to_string(), sentence);
    }
    assert_eq!(Matcher::Present(false).to_string(), "nothing");
}

#[test]
fn bounds_are_written_as_short_as_they_can_be() {
    let count = |min: Option<i64>, max: Option<i64>| {
        Matcher::Count(bounds(min.map(Value::integer), max.map(Value::integer))).to_string()
    };
    assert_eq!(count(Some(3), Some(3)), "a list, 3 items");
    assert_eq!(count(Some(1), Some(1)), "a list, 1 item");
    assert_eq!(count(Some(1), Some(3)), "a list, 1 to 3 items");
    assert_eq!(count(Some(1), None), "a list, at least 1 item");
    assert_eq!(count(Some(2), None), "a list, at least 2 items");
    assert_eq!(count(None, Some(1)), "a list, at most 1 item");
    assert_eq!(count(None, None), "a list, any number of items");
}

#[test]
fn bounds_hold_what_is_within_them_and_hold_nothing_if_they_are_no_numbers() {
    let held = |bounds: &Bounds| (0..5).filter(|found| bounds.hold(*found)).collect::<Vec<_>>();
    assert_eq!(held(&between(1, 3)), [1, 2, 3]);
    assert_eq!(held(&bounds(Some(Value::text("3")), None)), [3, 4]);
    assert_eq!(held(&bounds(None, Some(Value::text("1")))), [0, 1]);
    assert_eq!(held(&Bounds::default()), [0, 1, 2, 3, 4]);
    for wrong in [Value::text("x"), number("1.0"), number("-1"), Value::Null] {
        assert_eq!(held(&bounds(Some(wrong.clone()), None)), [0; 0], "{wrong}");
        assert_eq!(held(&bounds(None, Some(wrong.clone()))), [0; 0], "{wrong}");
    }
}

#[test]
fn a_matcher_holds_others() {
    let nested = Matcher::Any(vec![
        equals("a"),
        Matcher::Not(Box::new(Matcher::All(vec![equals("b"), Matcher::Each(Box::new(equals("c")))]))),
        Matcher::Some(Box::new(equals("d"))),
        Matcher::None(Box::new(equals("e"))),
    ]);
    let names: Vec<&str> = nested.parts().iter().map(|part| part.name()).collect();
    assert_eq!(
        names,
        ["any", "equals", "not", "all", "equals", "each", "equals", "some", "equals", "none", "equals"]
    );
    for (matcher, _) in all() {
        let count = match matcher.name() {
            "any" | "all" => 2,
            "not" | "each" | "some" | "none" => 1,
            _ => 0,
        };
        assert_eq!(matcher.inner().len(), count, "{matcher}");
    }
}

#[test]
fn codes_are_texts_and_numbers_that_are_named_one_by_one() {
    let codes = |matcher: &Matcher| matcher.codes().into_iter().map(Value::to_string).collect::<Vec<_>>();
    let either = Matcher::Any(vec![equals("a"), Matcher::Any(vec![equals(number("7"))])]);
    assert_eq!(codes(&either), ["\"a\"", "7"]);
    assert!(either.is_of_codes() && equals("a").is_of_codes());
    let mut collected = vec!["z"];
    either.collect_codes(&mut collected);
    assert_eq!(collected, ["z", "a", "7"]);
    for other in [
        Matcher::Regex("a".into()),
        equals(Value::Null),
        equals(Value::Bool(true)),
        Matcher::Not(Box::new(equals("a"))),
    ] {
        assert!(!other.is_of_codes() && codes(&other).is_empty(), "{other}");
        let mixed = Matcher::Any(vec![equals("a"), other]);
        assert!(!mixed.is_of_codes() && codes(&mixed) == ["\"a\""], "{mixed}");
    }
    assert_eq!((equals("a").as_text(), equals(number("7")).as_text()), (Some("a"), None));
    assert_eq!(either.as_text(), None);
}

fn flaw(matcher: &Matcher) -> Option<String> {
    matcher.flaw(&|text| text.starts_with("{{")).map(|flaw| flaw.message)
}

#[test]
fn a_matcher_that_can_never_be_right_or_wrong_is_known_by_itself() {
    for (matcher, _) in all() {
        assert_eq!(flaw(&matcher), None, "{matcher}");
    }
    let open = || Value::text("{{ a }}");
    for known_later in [
        Matcher::Regex("{{ ( }}".into()),
        Matcher::Type("{{ a }}".into()),
        Matcher::Min(open()),
        Matcher::Max(open()),
        Matcher::Length(bounds(Some(open()), None)),
        Matcher::Count(bounds(None, Some(open()))),
        Matcher::Count(bounds(Some(open()), Some(Value::integer(0)))),
        Matcher::Contains(open()),
    ] {
        assert_eq!(flaw(&known_later), None, "{known_later}");
    }
    let count = |min: Option<Value>, max: Option<Value>| Matcher::Count(bounds(min, max));
    for (matcher, wanted) in [
        (Matcher::Regex("(".into()), "not a regular expression: unclosed group"),
        (
            Matcher::Type("text".into()),
            "`text` is not one of string, integer, number, boolean, list, object, null",
        ),
        (Matcher::Min(Value::text("x")), "\"x\" is not a number"),
        (Matcher::Max(Value::Null), "null is not a number"),
        (Matcher::Length(bounds(Some(number("1.5")), None)), "1.5 is not a whole number from 0 on"),
        (count(None, Some(Value::text("x"))), "\"x\" is not a whole number from 0 on"),
        (count(Some(open()), Some(Value::text("x"))), "\"x\" is not a whole number from 0 on"),
        (count(None, None), "no limit is given, so this could not fail"),
        (count(Some(Value::integer(0)), None), "no limit is given, so this could not fail"),
        (
            count(Some(Value::integer(3)), Some(Value::integer(2))),
            "`min` is 3 and `max` is 2, so this could not hold",
        ),
        (Matcher::Contains(Value::text("")), "every text contains the empty one, so this could not fail"),
        (Matcher::Any(vec![]), "there is no alternative, so this could not hold"),
        (Matcher::All(vec![]), "nothing is asked for, so this could not fail"),
    ] {
        assert_eq!(flaw(&matcher).as_deref(), Some(wanted));
    }
    for fine in [
        count(Some(Value::integer(0)), Some(Value::integer(0))),
        count(Some(Value::integer(2)), Some(Value::integer(2))),
        count(Some(Value::integer(1)), None),
    ] {
        assert_eq!(flaw(&fine), None, "{fine}");
    }
    let present = || Box::new(Matcher::Present(false));
    for (matcher, name) in [
        (Matcher::Not(present()), "not"),
        (Matcher::Each(present()), "each"),
        (Matcher::Some(present()), "some"),
        (Matcher::None(present()), "none"),
    ] {
        let flaw = matcher.flaw(&|_| false).unwrap();
        assert_eq!(flaw.message, format!("`{name}` needs a value, so `present` says nothing here"));
        assert!(flaw.hint.is_some_and(|hint| hint.contains("{ present = false }")));
    }
}

#[test]
fn a_matcher_is_fit_for_a_list_a_scalar_or_either() {
    let list = || equals(Value::List(vec![]));
    let unfit =
        |matcher: &Matcher, target: MatcherTarget| matcher.unfit(target, &|text| text.starts_with("{{"));
    // Whether it is right for what a path finds that may find several values, and for a text or a number.
    let kinds = all().into_iter().map(|(matcher, _)| {
        let of_nodes = ["any", "all", "not", "equals", "template", "regex", "type", "length", "min", "max"];
        let of_scalar = ["each", "some", "none", "count"];
        let (nodes, scalar) = (!of_nodes.contains(&matcher.name()), !of_scalar.contains(&matcher.name()));
        (matcher, nodes, scalar)
    });
    let others = [
        (list(), true, false),
        (equals(Value::Map(vec![])), false, false),
        (equals(Value::Null), false, false),
        (equals("{{ a }}"), true, true),
        (Matcher::Contains(Value::List(vec![])), true, false),
        (Matcher::Contains(Value::Map(vec![])), true, false),
        (Matcher::Contains(Value::Null), true, false),
        (Matcher::Present(false), true, true),
        (Matcher::Any(vec![list(), Matcher::Present(false)]), true, false),
        (Matcher::Not(Box::new(list())), true, false),
        (Matcher::All(vec![Matcher::Not(Box::new(equals("a")))]), false, true),
    ];
    for (matcher, nodes, scalar) in kinds.chain(others) {
        assert_eq!(unfit(&matcher, MatcherTarget::Nodes).is_none(), nodes, "{matcher}");
        assert_eq!(unfit(&matcher, MatcherTarget::Scalar).is_none(), scalar, "{matcher}");
        assert_eq!(unfit(&matcher, MatcherTarget::Value), None, "{matcher}");
    }
    let nodes = unfit(&equals("a"), MatcherTarget::Nodes).unwrap();
    assert_eq!(nodes.message, "the path may find several values, and `equals` is for one");
    let scalar = unfit(&list(), MatcherTarget::Scalar).unwrap();
    assert_eq!(scalar.message, "`equals` of a list is never right here: this is a text or a number");
    assert!(nodes.hint.is_some() && scalar.hint.is_some());
}
