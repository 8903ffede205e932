//! What a judgement rests on: contract, expectation, request, answer, and what came before.

use super::listed::select_in;
use super::matcher::Typing;
use crate::model::{Answer, Body, Contract, Exchange, Expect, Request, Value};

/// All that a judgement rests on.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What is promised.
    pub contract: &'a Contract,
    /// What the case expects, rendered.
    pub expect: &'a Expect,
    /// What was sent.
    pub request: &'a Request,
    /// What came back.
    pub answer: &'a Answer,
    /// The step's position, from 0.
    pub step: usize,
    /// The exchanges before this one.
    pub earlier: &'a [Exchange],
}

impl Subject<'_> {
    /// Whether the answer is one of success, as its status has it.
    pub(super) fn is_success(&self) -> bool {
        self.answer.status < 400
    }

    /// Whether the answer's format has types.
    pub(super) fn typing(&self) -> Typing {
        if matches!(self.answer.body, Body::Xml { .. }) { Typing::Text } else { Typing::Typed }
    }

    /// The value at a path of the contract's envelope.
    fn at(&self, path: Option<&String>) -> Option<Value> {
        select_in(self.contract, self.answer, path?).ok()
    }

    /// The error code of the answer.
    pub(super) fn code(&self) -> Option<Value> {
        self.at(self.contract.envelope.code.as_ref())
    }

    /// The error message of the answer.
    pub(super) fn message(&self) -> Option<Value> {
        self.at(self.contract.envelope.message.as_ref())
    }
}
