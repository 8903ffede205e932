//! The shapes of the files: every key, its type and what it is for.
//!
//! What needs more than a type (ids, names, contradictions) is checked where the file is read.

use super::matcher::MATCHER;
use super::shape::{KeyShape, Shape, key, needed};
use crate::model::{
    AnswerFormat, Effect, Level, Listing, Matcher, ParameterPlace, ParameterType, Reach, Scheme,
};

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
    key("with", Shape::Map(&VALUES), "Parameters by the names that the axis `with` has for them."),
    needed("case", Shape::List(&CASE), "The cases, each written as [[case]]."),
]);

static CASE: Shape = Shape::Named("case", &Shape::Table(&CASE_KEYS));

static CASE_KEYS: [KeyShape; 15] = [
    needed("id", Shape::Text, "The case's part of the id: a-z, 0-9 and -."),
    needed("about", Shape::Text, "What the case shows, in a sentence."),
    key("former", TEXTS, "Ids that the case had before."),
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
static ANY_PLACE: Shape = Shape::Choice(&ParameterPlace::NAMES);
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

/// A contract.
pub(super) static CONTRACT: Shape = Shape::Table(&[
    needed("operation", Shape::Text, "The operation's name, as its publisher spells it."),
    needed("version", Shape::Text, "The version of the API."),
    needed("about", Shape::Text, "What the operation does, in a line."),
    key("effects", Shape::List(&Shape::Choice(&Effect::NAMES)), "What an accepted request causes."),
    key("effect", EFFECT, "What an accepted request does, and how that is observed."),
    key(
        "unique",
        Shape::List(&UNIQUE),
        "Values of answers that no two answers share, each written as [[unique]].",
    ),
    key("common", Shape::Text, "A file of errors and envelope that several operations share."),
    key("rate-limit", RATE_LIMIT, "The documented limit on calls."),
    key("sources", SOURCES, "Where the promises are written, by short name."),
    needed("request", REQUEST_SHAPE, "How a request is made."),
    key("param", Shape::List(&PARAM), "The parameters, each written as [[param]]."),
    key("response", Shape::List(&FIELD), "The fields of a success body."),
    key("error", Shape::List(&ERROR), "The error rows, in the order of the page."),
    key("rule", Shape::List(&RULE), "Behaviour that no single parameter shows."),
    key("volatile", Shape::List(&VALUE_RULE), "Values that change from run to run, shown as [name:1]."),
    key("time", Shape::List(&VALUE_RULE), "Times, shown as [name] if they are times."),
    key("unordered", Shape::List(&ORDER_RULE), "Lists whose order says nothing."),
    key("envelope", ENVELOPE, "What every answer looks like; replaces the shared one."),
    key("snapshot", SNAPSHOT, "What snapshots show; replaces the shared settings."),
]);

/// A file that several contracts share.
pub(super) static COMMON: Shape = Shape::Table(&[
    key("about", Shape::Text, "What the file is for."),
    key("sources", SOURCES, "Where the promises are written, by short name."),
    key("envelope", ENVELOPE, "What every answer looks like."),
    key("snapshot", SNAPSHOT, "What snapshots show."),
    key("error", Shape::List(&ERROR), "Errors that every operation shares; a code may stand more than once."),
    key("volatile", Shape::List(&VALUE_RULE), "Values that change from run to run, shown as [name:1]."),
    key("time", Shape::List(&VALUE_RULE), "Times, shown as [name] if they are times."),
    key("unordered", Shape::List(&ORDER_RULE), "Lists whose order says nothing."),
]);

const RATE_LIMIT: Shape = Shape::Table(&[
    needed("calls", Shape::Integer, "So many calls,"),
    needed("seconds", Shape::Integer, "in so many seconds."),
    key("source", TEXTS, "Names of sources."),
]);

const SOURCES: Shape = Shape::Map(&Shape::Table(&[
    needed("title", Shape::Text, "What the source is."),
    key("url", Shape::Text, "Its address."),
    key("date", Shape::Text, "When it was published or read."),
]));

const REQUEST_SHAPE: Shape = Shape::Table(&[
    needed("method", Shape::Text, "The usual method."),
    key("methods", TEXTS, "All methods that the contract allows."),
    needed("path", Shape::Text, "The path; {name} holds a parameter."),
    needed("place", Shape::Named("place", &PLACE), "Where parameters go."),
    key("lists", Shape::Choice(&Listing::NAMES), "How lists are flattened: Tag.1.Key, or the name again."),
    key("fixed", VALUES, "Parameters that every request carries."),
    key("format", FORMAT_CHOICE, "How the format of the answer is asked for."),
]);

const FORMAT_CHOICE: Shape = Shape::Table(&[
    needed("param", Shape::Text, "The parameter's name."),
    needed("json", Shape::Text, "Its value for JSON."),
    needed("xml", Shape::Text, "Its value for XML."),
]);

const EFFECT: Shape = Shape::Table(&[
    needed("about", Shape::Text, "What happens, such as \"an execution starts\"."),
    needed("observe", OBSERVE, "The request that lists what is there."),
    needed("success", ADDS, "What an answer of success says."),
    key("replay", Shape::Text, "The parameter that makes a repeated request one with the first."),
    key("within", Shape::Integer, "How long it may take to be seen, in seconds; 1 unless said otherwise."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

const OBSERVE: Shape = Shape::Table(&[
    key("method", Shape::Text, "Its method, if not the usual one."),
    key("path", Shape::Text, "Its path, if not the contract's; may use variables of states."),
    key("params", VALUES, "Parameters, over those that every request carries; may use variables of states."),
    needed("value", Shape::Text, "The values, as a JSONPath into the answer."),
    key("pages", Shape::Text, "The field of the answer, and the parameter, that lead to the next page."),
]);

const ADDS: Shape =
    Shape::Table(&[needed("adds", Shape::Text, "Where it names what it added, as a JSONPath.")]);

static UNIQUE: Shape = Shape::Table(&[
    needed("at", Shape::Text, "Where it is in the body of a success, as a JSONPath."),
    key("about", Shape::Text, "What it means."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

static PARAM: Shape = Shape::Table(&[
    needed("name", Shape::Text, "The name; N means the index of a list."),
    needed("type", PARAM_TYPE, "The type."),
    key("required", Shape::Boolean, "Whether a request must carry it."),
    key("deprecated", Shape::Boolean, "Whether the contract advises against it."),
    key("place", Shape::Named("any-place", &ANY_PLACE), "Where it is, if not where the others are."),
    key("about", Shape::Text, "What it means."),
    key("source", TEXTS, "Names of sources."),
    key("constraints", Shape::List(&CONSTRAINT), "Limits on its value."),
    key("missing", CODES, "Codes that may answer its absence."),
]);

const PARAM_TYPE: Shape = Shape::Choice(&ParameterType::NAMES);

static CONSTRAINT: Shape = Shape::Table(&CONSTRAINT_KEYS);

static CONSTRAINT_KEYS: [KeyShape; 17] = [
    key("min-length", Shape::Integer, "So many characters at the least."),
    key("max-length", Shape::Integer, "So many characters at the most."),
    key("min-items", Shape::Integer, "So many items at the least."),
    key("max-items", Shape::Integer, "So many items at the most."),
    key("characters", Shape::Choice(&["ascii"]), "The characters allowed."),
    key("not-prefix", Shape::Text, "What it must not start with."),
    key("not-containing", Shape::Text, "What it must not contain."),
    key("unique", Shape::Boolean, "No two in one request are equal."),
    key("one-of", TEXTS, "The values allowed."),
    key("pattern", Shape::Text, "A regular expression that matches it."),
    key("minimum", Shape::Integer, "No less than this."),
    key("maximum", Shape::Integer, "No more than this."),
    key("known", Shape::Text, "It names something that exists, such as \"a region\"."),
    key("error", CODE, "The code that answers a value past the limit."),
    key("source", TEXTS, "Names of sources."),
    key("about", Shape::Text, "What is worth knowing."),
    key("disputed", Shape::Text, "Why the sources do not settle it."),
];

static FIELD: Shape = Shape::Table(&[
    needed("name", Shape::Text, "The field's name at the top of the body; with dots, inside objects."),
    needed("type", Shape::Choice(&Matcher::TYPES), "The type."),
    key("required", Shape::Boolean, "Whether it must be there; true unless said otherwise."),
    key("pattern", Shape::Text, "A regular expression that it matches, as it is written."),
    key("open", Shape::Text, "Why its value may be any of its type."),
    key("about", Shape::Text, "What it means."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

static ERROR: Shape = Shape::Table(&[
    needed("status", Shape::Integer, "The HTTP status."),
    needed("code", CODE, "The error code: a text or a whole number."),
    key("message", Shape::Text, "The message; %s means one or more characters."),
    key("reach", Shape::Choice(&Reach::NAMES), "What it takes to provoke it."),
    key("about", Shape::Text, "What is worth knowing."),
    key("source", TEXTS, "Names of sources."),
]);

static RULE: Shape = Shape::Table(&[
    needed("id", Shape::Text, "The name that cases cite."),
    needed("text", Shape::Text, "What is promised."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
    key("disputed", Shape::Text, "Why the sources do not settle it."),
]);

static VALUE_RULE: Shape = Shape::Named(
    "value-rule",
    &Shape::Table(&[
        needed("name", Shape::Text, "The name in [name:1], or in [name] of a time."),
        key("at", Shape::Text, "A JSONPath into the body."),
        key("header", Shape::Text, "A header field."),
        key(
            "pattern",
            Shape::Text,
            "A regular expression that finds it in the texts there, or in any text: its group, or the whole match.",
        ),
    ]),
);

static ORDER_RULE: Shape = Shape::Named(
    "order-rule",
    &Shape::Table(&[
        needed("at", Shape::Text, "The list, as a JSONPath into the body."),
        key("by", Shape::Text, "What its items are put in order by, as a JSONPath into an item."),
    ]),
);

const SNAPSHOT: Shape = Shape::Table(&[key("headers", TEXTS, "Header fields that a snapshot shows.")]);

const UNPUBLISHED: &str = "Whether no published source has it: then it warns and fails nothing.";

const ENVELOPE: Shape = Shape::Table(&[
    key("code", Shape::Text, "Where an error's code is, as a JSONPath."),
    key("message", Shape::Text, "Where an error's message is, as a JSONPath."),
    key("content-type", CONTENT_TYPE, "The media types of answers."),
    key("headers", Shape::List(&HEADER), "Header fields of every answer."),
    key("success", SUCCESS, "A success body."),
    key("error", ERROR_BODY, "An error body."),
    key("request-id", REQUEST_ID, "The request id."),
    key("xml", XML, "The names of XML roots."),
    key("throttled", THROTTLED, "How an answer says that there were too many requests."),
    key("refused", REFUSED, "How an answer says that the caller's key is not taken."),
]);

const ONE_OR_MORE: Shape = Shape::Either(&[Shape::Text, TEXTS]);

const CONTENT_TYPE: Shape = Shape::Table(&[
    key("json", ONE_OR_MORE, "Of a JSON answer, without parameters; or a list of several."),
    key("xml", ONE_OR_MORE, "Of an XML answer, without parameters; or a list of several."),
    key(
        "other",
        ONE_OR_MORE,
        "Of an answer that is read as a text, such as text/plain; or a list of several.",
    ),
    key("charset", CHARSET, "The charset that the content type names."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

static HEADER: Shape = Shape::Table(&[
    needed("name", Shape::Text, "Its name."),
    key("required", Shape::Boolean, "Whether it must be there; true unless said otherwise."),
    key("pattern", Shape::Text, "A regular expression that each of its lines matches."),
    key("open", Shape::Text, "Why it may have any value."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

const CHARSET: Shape = Shape::Table(&[
    key("json", Shape::Text, "Of a JSON answer, such as utf-8."),
    key("xml", Shape::Text, "Of an XML answer, such as utf-8."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

const CLOSED: &str = "Whether it has no other fields than those that the contract names.";

const OPEN: &str = "Why it may have fields that the contract does not name.";

const ERROR_BODY: Shape = Shape::Table(&[
    key("fields", Shape::List(&FIELD), "Its fields."),
    key("closed", Shape::Boolean, CLOSED),
    key("open", Shape::Text, OPEN),
    key("source", TEXTS, "Names of sources of `closed`."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

const SUCCESS: Shape = Shape::Table(&[
    key("fields", Shape::List(&FIELD), "Its fields, beside the operation's."),
    key("absent", TEXTS, "Names that it must not have."),
    key("closed", Shape::Boolean, CLOSED),
    key("open", Shape::Text, OPEN),
    key("source", TEXTS, "Names of sources of `absent` and `closed`."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

const REQUEST_ID: Shape = Shape::Table(&[
    needed("body", Shape::Text, "Where it is in the body, as a JSONPath."),
    key("header", Shape::Either(&[Shape::Text, HEADER_RULE]), "The header field that repeats it."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
    key("unique", Shape::Boolean, "Whether no two answers may share one; true unless said otherwise."),
]);

const HEADER_RULE: Shape = Shape::Table(&[
    needed("name", Shape::Text, "Its name."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

const XML: Shape = Shape::Table(&[
    needed("success-root", Shape::Text, "Of a success; {operation} means the operation's name."),
    needed("error-root", Shape::Text, "Of an error."),
    key("source", TEXTS, "Names of sources."),
    key("unpublished", Shape::Boolean, UNPUBLISHED),
]);

const REFUSED: Shape = Shape::Table(&[needed("code", CODES, "What the code starts with.")]);

const THROTTLED: Shape = Shape::Table(&[
    key("status", Shape::List(&Shape::Integer), "Statuses."),
    key("code", CODES, "What the code starts with."),
]);

/// States.
pub(super) static STATES: Shape = Shape::Table(&[
    key("vars", Shape::Map(&Shape::Text), "Variables that an endpoint gives to recipes: what each one is."),
    key("sweep", SWEEP, "How what a killed run left behind is found and removed."),
    needed("state", Shape::List(&STATE), "The states, each written as [[state]]."),
]);

const SWEEP: Shape = Shape::Table(&[
    needed("find", RECIPE_STEP_TABLE, "The request that finds it, with one saved value."),
    needed("remove", Shape::List(&RECIPE_STEP), "The requests that remove one."),
]);

static STATE: Shape = Shape::Table(&[
    needed("name", Shape::Text, "The name that `given` uses and a hook receives."),
    needed("about", Shape::Text, "What holds in it."),
    key("params", Shape::Map(&STATE_PARAM), "The parameters that it takes."),
    key("provides", Shape::Map(&STATE_VARIABLE), "The variables that it gives."),
    key(
        "recipe",
        Shape::List(&RECIPE),
        "Ways to it through the API itself, each written as [[state.recipe]].",
    ),
]);

static RECIPE: Shape = Shape::Table(&[
    key("when", Shape::Map(&Shape::Text), "Parameters of the state, and the values that they must have."),
    needed("step", Shape::List(&RECIPE_STEP), "The requests that bring it about."),
    key("cleanup", Shape::List(&RECIPE_STEP), "The requests that undo it."),
]);

static RECIPE_STEP: Shape = RECIPE_STEP_TABLE;

const RECIPE_STEP_TABLE: Shape = Shape::Table(&[
    needed("params", VALUES, "Parameters, over those that every request carries."),
    key("save", SAVE, "Values of the answer by name and JSONPath."),
    key(
        "pages",
        Shape::Text,
        "The field of a list's answer, and the parameter, that lead to its next page, such as NextToken.",
    ),
    key(
        "optional",
        Shape::Boolean,
        "Whether nothing is lost if it fails; what needs its values is left out then.",
    ),
]);

static STATE_PARAM: Shape = Shape::Table(&[
    needed("about", Shape::Text, "What it means."),
    key("required", Shape::Boolean, "Whether it must be given."),
    key("one-of", TEXTS, "The values allowed."),
]);

static STATE_VARIABLE: Shape = Shape::Table(&[
    needed("about", Shape::Text, "What it holds."),
    needed("example", Shape::Text, "A value that shows its form."),
    key("volatile", Shape::Boolean, "Whether it differs from run to run."),
]);

/// Endpoints by name.
pub(super) static ENDPOINTS: Shape = Shape::Table(&[
    key(
        "default",
        Shape::Text,
        "The endpoint to test where no --endpoint is given; the embedded one if left out.",
    ),
    key("endpoint", Shape::Map(&ENDPOINT), "The endpoints, each written as [endpoint.NAME]."),
]);

const RETRY: Shape = Shape::Table(&[
    needed("attempts", Shape::Integer, "How often a request is sent at the most."),
    key(
        "codes",
        TEXTS,
        "Error codes, or statuses, after which it is sent again; transport faults always are.",
    ),
]);

static ENDPOINT: Shape = Shape::Table(&[
    key("about", Shape::Text, "What it is."),
    needed(
        "url",
        Shape::Text,
        "Its address, such as http://127.0.0.1:9000, or https://api.{{ region }}.example with a variable.",
    ),
    key(
        "kind",
        Shape::Choice(&["real", "mock"]),
        "What it is: the API that callers use, or a stand-in for it.",
    ),
    key("states", Shape::Text, "The address of its state hook; may use variables, too."),
    key("sign", Shape::Named("scheme", &SCHEME), "How requests are signed."),
    key("region", Shape::Text, "The region that aws-sigv4 signs for."),
    key("service", Shape::Text, "The service that aws-sigv4 signs for, such as execute-api."),
    key("credentials", Shape::Text, "Where credentials come from: environment, or profile:NAME."),
    key("retry", RETRY, "When a request is sent again; never, if it is left out."),
    key("vars", VALUES, "Variables that recipes and addresses use, such as region."),
    key(
        "fixtures",
        Shape::Map(&VALUES_NAMED),
        "Variables of states without parameters that are there already, by state.",
    ),
    key(
        "fixture",
        Shape::List(&FIXTURE),
        "States that are there already, each written as [[endpoint.NAME.fixture]].",
    ),
    key("allow", Shape::List(&Shape::Choice(&Effect::NAMES)), "Effects that cases may have on it."),
    key("jobs", Shape::Integer, "How many cases run at once."),
    key("rate", Shape::Text, "The limit on requests, as 1000/60s."),
    key(
        "connections",
        Shape::Choice(&["fresh", "reuse"]),
        "Whether each request has a connection of its own, or connections are used again.",
    ),
    key("connect-timeout", Shape::Integer, "How long a connection may take, in seconds."),
    key("answer-timeout", Shape::Integer, "How long an answer may take, in seconds."),
    key("body-limit", Shape::Integer, "The largest answer, in bytes."),
    key("ca-file", Shape::Text, "A file of certificates (PEM) that are trusted in place of the system's."),
    key("client-certificate", Shape::Text, "A file with the certificate and key (PEM) that are shown."),
    key("proxy", Shape::Text, "A proxy; none is taken from the environment."),
    key("resolve", Shape::Map(&Shape::Text), "Hosts, and the address and port to connect to in their place."),
    key("volatile", Shape::List(&VALUE_RULE), "Values that change from run to run on it alone."),
    key("time", Shape::List(&VALUE_RULE), "Times of it alone, shown as [name] if they are times."),
    key("unordered", Shape::List(&ORDER_RULE), "Lists whose order says nothing on it alone."),
]);

static VALUES_NAMED: Shape = VALUES;

static FIXTURE: Shape = Shape::Table(&[
    needed("state", Shape::Text, "The state's name."),
    key("params", VALUES, "The parameters that it is for; none, if they are left out."),
    needed("variables", VALUES, "The variables of the state."),
]);

/// Waivers.
pub(super) static MANIFEST: Shape = Shape::Table(&[
    needed("version", Shape::Integer, "The version of the file: 1."),
    key("contract", Shape::List(&LISTED_CONTRACT), "The contracts, each written as [[contract]]."),
]);

static LISTED_CONTRACT: Shape = Shape::Table(&[
    needed("id", Shape::Text, "The contract's folder below the folder of cases."),
    needed("digest", Shape::Text, "The digest of its text, and of the text that it shares."),
    needed("cases", TEXTS, "Its cases, each as TABLE/CASE or TABLE/CASE/ROW."),
]);

pub(super) static WAIVERS: Shape =
    Shape::Table(&[key("waiver", Shape::List(&WAIVER), "The waivers, each written as [[waiver]].")]);

static WAIVER: Shape = Shape::Table(&[
    needed("endpoint", Shape::Text, "The endpoint, by name or address."),
    key("case", Shape::Text, "The cases: a part of their ids, or a whole one with * and ?."),
    key("cases", TEXTS, "In place of `case`: the whole ids of the cases."),
    needed("level", LEVELS, "The level of the findings that are waived, or a list of them."),
    key("subject", SUBJECTS, "What the findings are about, as a report shows it, or a list of that."),
    needed("reason", Shape::Text, "Why it is bearable."),
    needed("owner", Shape::Text, "Who answers for it."),
    key("link", Shape::Text, "Where it is followed up."),
    needed("expires", Shape::Text, "The last day on which it counts, such as \"2026-12-31\"."),
]);

const LEVEL: Shape = Shape::Choice(&Level::NAMES);

const LEVELS: Shape = Shape::Either(&[LEVEL, Shape::List(&LEVEL)]);
const SUBJECTS: Shape = Shape::Either(&[Shape::Text, TEXTS]);
