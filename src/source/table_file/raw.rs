//! How a case table is written: its keys, and what is said about them. Main type: [`RawTable`].

use super::axes::RawAxes;
use super::given::RawGivens;
use crate::model::{AnswerFormat, Scheme};
use crate::source::compound::{At, Entries, OneOrMore, Texts, Values};
use crate::source::expectation::RawExpect;
use crate::source::record::record;
use crate::source::row_file::RawRows;
use crate::source::word::UsualPlace;

const TAGS: &str = "Words by which -E selects cases; those of a table hold for all of its cases.";

record! {
    /// A case table.
    closed "table" RawTable {
        about: Key String = "about", "What the table is about, in a line.";
        given: Key RawGivens<'a> = "given", "The states that its cases need.";
        params: Key Values<'a> = "params", "Parameters that every case of the table sends.";
        request: Key RawCaseRequest<'a> = "request",
            "How the requests of the table differ from the contract's usual one.";
        tags: Key Vec<At<'a, String>> = "tags", TAGS;
        with: Key Entries<'a, Values<'a>> = "with",
            "Parameters by the names that the axis `with` has for them.";
        cases: Needed Vec<RawTableCase<'a>> = "case", "The cases, each written as [[case]].";
    }

    closed "case" RawTableCase {
        id: Needed String = "id", "The case's part of the id: a-z, 0-9 and -.";
        about: Needed String = "about", "What the case shows, in a sentence.";
        former: Key Vec<String> = "former", "Ids that the case had before.";
        tags: Key Vec<At<'a, String>> = "tags", TAGS;
        twin: Key String = "twin",
            "The accepted case, as table/case, that must pass too for an error row to be held.";
        rules: Key Vec<At<'a, String>> = "rules", "Rules of the contract that the case tests.";
        given: Key RawGivens<'a> = "given", "The states that the case needs; replaces the table's.";
        vars: Key Values<'a> = "vars", "Variables, evaluated once and in order.";
        params: Key Values<'a> = "params", "Parameters, over the table's.";
        unset: Key Vec<At<'a, String>> = "unset", "Parameters that are dropped, last.";
        request: Key RawCaseRequest<'a> = "request", "How the request differs.";
        rows: Key RawRows<'a> = "rows", "Data rows, or the name of a CSV file in the same folder.";
        axes: Key RawAxes<'a> = "axes", "Axes that multiply the case.";
        expect: Key RawExpect<'a> = "expect", "What is expected of the answer.";
        save: Key Texts<'a> = "save", "Values of the answer by name and JSONPath.";
        steps: Key Vec<RawStep<'a>> = "step", "Several requests, each written as [[case.step]].";
    }

    closed "step" RawStep {
        about: Key String = "about", "What the step is for.";
        parallel: Key bool = "parallel",
            "Whether it repeats the request of the step before it, at the same time.";
        given: Key RawGivens<'a> = "given", "States that are set up before it.";
        params: Key Values<'a> = "params", "Parameters, over the case's.";
        unset: Key Vec<At<'a, String>> = "unset", "Parameters that are dropped, last.";
        request: Key RawCaseRequest<'a> = "request", "How its request differs.";
        expect: Needed RawExpect<'a> = "expect", "What is expected of its answer.";
        save: Key Texts<'a> = "save", "Values of the answer by name and JSONPath.";
    }

    closed "request" RawCaseRequest {
        method: Key At<'a, String> = "method", "The method.";
        place_of: Key UsualPlace = "place", "Where the parameters go.";
        format: Key AnswerFormat = "format", "The format to ask for.";
        path: Key String = "path", "The path, sent as written.";
        query: Key String = "query", "The query, sent as written in place of the encoded one.";
        headers: Key Entries<'a, OneOrMore<String>> = "headers",
            "Header fields, added or replaced; a list for several lines.";
        body: Key String = "body", "The body, sent as written in place of the encoded one.";
        sign: Key Scheme = "sign", "How it is signed, in place of the endpoint's usual scheme.";
        after_signing: Key String = "after-signing",
            "What is added to the parameters after the request is signed.";
        signed_at: Key At<'a, String> = "signed-at",
            "How far the clock of the signer is off, such as -32m or +16m.";
        signed_as: Key String = "signed-as",
            "The id of the key that the signature names, whatever it is made with.";
    }
}

impl RawTableCase<'_> {
    /// Whether each step is a table, so that what a step has is known of all of them.
    pub(super) fn has_every_step(&self) -> bool {
        self.steps.node.is_none_or(|list| list.items().len() == self.steps.items().len())
    }
}
