//! The shapes of the files: every key, its type and what it is for.
//!
//! What needs more than a type (ids, names, contradictions) is checked where the file is read.

use super::matcher::MATCHER;
use super::shape::{KeyShape, Shape, key, needed};
use crate::model::{AnswerFormat, Scheme};

const TEXTS: Shape = Shape::List(&Shape::Text);
const VALUES: Shape = Shape::Map(&Shape::Any);
const CODE: Shape = Shape::Either(&[Shape::Text, Shape::Integer]);
static ONE_CODE: Shape = CODE;
const CODES: Shape = Shape::List(&ONE_CODE);

/// A case table.
pub(super) static TABLE: Shape = Shape::Table(&[
    key("about", Shape::Text, "What the table is about, in a line."),
    key("given", GIVEN, "The states that its cases need."),
    key("params", VALUES, "Parameters that every case of the table sends."),
    key("request", REQUEST, "How the requests of the table differ from the contract's usual one."),
    key("tags", TEXTS, TAGS),
    key("with", Shape::Map(&VALUES), "Parameters by the names that the axis `with` has for them."),
    needed("case", Shape::List(&CASE), "The cases, each written as [[case]]."),
]);

static CASE: Shape = Shape::Named("case", &Shape::Table(&CASE_KEYS));

const TAGS: &str = "Words by which -E selects cases; those of a table hold for all of its cases.";

static CASE_KEYS: [KeyShape; 16] = [
    needed("id", Shape::Text, "The case's part of the id: a-z, 0-9 and -."),
    needed("about", Shape::Text, "What the case shows, in a sentence."),
    key("former", TEXTS, "Ids that the case had before."),
    key("tags", TEXTS, TAGS),
    key(
        "twin",
        Shape::Text,
        "The accepted case, as table/case, that must pass too for an error row to be held.",
    ),
    key("rules", TEXTS, "Rules of the contract that the case tests."),
    key("given", GIVEN, "The states that the case needs; replaces the table's."),
    key("vars", VALUES, "Variables, evaluated once and in order."),
    key("params", VALUES, "Parameters, over the table's."),
    key("unset", TEXTS, "Parameters that are dropped, last."),
    key("request", REQUEST, "How the request differs."),
    key("rows", ROWS, "Data rows, or the name of a CSV file in the same folder."),
    key("axes", AXES, "Axes that multiply the case."),
    key("expect", EXPECT, "What is expected of the answer."),
    key("save", SAVE, "Values of the answer by name and JSONPath."),
    key("step", Shape::List(&STEP), "Several requests, each written as [[case.step]]."),
];

static STEP: Shape = Shape::Table(&[
    key("about", Shape::Text, "What the step is for."),
    key(
        "parallel",
        Shape::Boolean,
        "Whether it repeats the request of the step before it, at the same time.",
    ),
    key("given", GIVEN, "States that are set up before it."),
    key("params", VALUES, "Parameters, over the case's."),
    key("unset", TEXTS, "Parameters that are dropped, last."),
    key("request", REQUEST, "How its request differs."),
    needed("expect", EXPECT, "What is expected of its answer."),
    key("save", SAVE, "Values of the answer by name and JSONPath."),
]);

const SAVE: Shape = Shape::Map(&Shape::Text);

const GIVEN: Shape =
    Shape::Either(&[Shape::Text, GIVEN_TABLE, Shape::List(&Shape::Either(&[Shape::Text, GIVEN_TABLE]))]);

const GIVEN_TABLE: Shape = Shape::Table(&[
    needed("state", Shape::Text, "The state's name."),
    key("as", Shape::Text, "A word that the names of its variables begin with: as = \"old\" gives old_id."),
    key("params", VALUES, "Its parameters."),
]);

const ROWS: Shape = Shape::Either(&[
    Shape::Text,
    Shape::List(&Shape::Open(&[
        needed("id", Shape::Text, "The row's part of the id: a-z, 0-9 and -."),
        key("about", Shape::Text, "What this row shows."),
        key("params", VALUES, "Parameters that the row replaces."),
        key("unset", TEXTS, "Parameters that the row drops."),
    ])),
]);

const AXES: Shape = Shape::Table(&[
    key("method", TEXTS, "Methods."),
    key("place", Shape::List(&PLACE), "Where the parameters go."),
    key("format", Shape::List(&FORMAT), "Formats of the answer."),
    key("sign", Shape::List(&AXIS_SCHEME), "Schemes of signing; usual is the endpoint's own."),
    key("with", TEXTS, "Names of the table's parameters to add, each as [with.NAME]."),
    key(
        "draw",
        Shape::Choice(&["all", "pairs"]),
        "Every combination, or as few as have every pair of values.",
    ),
]);

static PLACE: Shape = Shape::Choice(&["query", "form", "json"]);
static SCHEME: Shape = Shape::Choice(Scheme::WORDS);
static AXIS_SCHEME: Shape = Shape::Choice(&AXIS_SCHEMES);
static AXIS_SCHEMES: [&str; Scheme::WORDS.len() + 1] = after("usual", Scheme::WORDS);
static FORMAT: Shape = Shape::Choice(&AnswerFormat::NAMES);

/// A word, and others after it.
const fn after<const COUNT: usize>(first: &'static str, others: &[&'static str]) -> [&'static str; COUNT] {
    let mut all = [first; COUNT];
    let mut at = 1;
    while at < COUNT {
        all[at] = others[at - 1];
        at += 1;
    }
    all
}

static LINES: Shape = Shape::Either(&[Shape::Text, TEXTS]);

const REQUEST: Shape = Shape::Table(&[
    key("method", Shape::Text, "The method."),
    key("place", Shape::Named("place", &PLACE), "Where the parameters go."),
    key("format", Shape::Named("format", &FORMAT), "The format to ask for."),
    key("path", Shape::Text, "The path, sent as written."),
    key("query", Shape::Text, "The query, sent as written in place of the encoded one."),
    key("headers", Shape::Map(&LINES), "Header fields, added or replaced; a list for several lines."),
    key("body", Shape::Text, "The body, sent as written in place of the encoded one."),
    key(
        "sign",
        Shape::Named("scheme", &SCHEME),
        "How it is signed, in place of the endpoint's usual scheme.",
    ),
    key("after-signing", Shape::Text, "What is added to the parameters after the request is signed."),
    key("signed-at", Shape::Text, "How far the clock of the signer is off, such as -32m or +16m."),
    key("signed-as", Shape::Text, "The id of the key that the signature names, whatever it is made with."),
]);

const EXPECT: Shape = Shape::Named("expect", &EXPECT_SHAPE);

static EXPECT_SHAPE: Shape = Shape::Table(&EXPECT_KEYS);

static EXPECT_KEYS: [KeyShape; 7] = [
    key("status", STATUS, "The HTTP status: a number, a list, or a class such as 4xx."),
    key("code", MATCHER, "The error code."),
    key("message", MATCHER, "The error message."),
    key("headers", Shape::Map(&MATCHER), "Header fields."),
    key("body", Shape::Map(&MATCHER), "Places in the body, by JSONPath."),
    key("within", Shape::Text, "The longest time to the whole answer, such as 500ms or 2s."),
    key("any", Shape::List(&EXPECT_NAMED), "Whole alternatives, one of which must hold."),
];

static EXPECT_NAMED: Shape = Shape::Named("expect", &EXPECT_SHAPE);

static ONE_STATUS: Shape = Shape::Either(&[Shape::Integer, Shape::Text]);
const STATUS: Shape = Shape::Either(&[Shape::Integer, Shape::Text, Shape::List(&ONE_STATUS)]);
