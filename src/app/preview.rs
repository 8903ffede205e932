//! A case as it would be sent, before anything is. Main type: [`ShownCase`].

use std::path::Path;

use super::{AppError, CaseChoice, load_selection};
use crate::curl::curl_line;
use crate::embedded;
use crate::judgement::render_params;
use crate::model::{PreparedStep, Request, Value};
use crate::plan::{Need, PlannedCase, Preview, preview, preview_with};
use crate::reference::first_variables;
use crate::report::{SERVED, set_up_line};
use crate::run::{purpose, set_up_request};
use crate::template::Templates;
use crate::transport::Address;
use crate::wire::{encode, from_json};

/// The cases that a text means: the whole id of one, or a part of several.
///
/// # Errors
/// A text that means none.
pub fn meant(cases: &Path, text: &str) -> Result<Vec<PlannedCase>, AppError> {
    let select = |is_exact| load_selection(cases, &CaseChoice::new(&[text.to_owned()], is_exact, &[])?, None);
    let (_, plan) = select(true).or_else(|_| select(false))?;
    Ok(plan.cases)
}

/// A case as it would be sent.
#[derive(Debug)]
pub struct ShownCase {
    /// Its steps.
    pub preview: Preview,
    /// What the hook of `proofmark serve` is sent for which step; empty where the endpoint is another one.
    pub set_ups: Vec<(usize, String)>,
    /// Whether `proofmark serve` answers it.
    pub is_served: bool,
    address: Address,
}

impl ShownCase {
    /// The case as an endpoint at an address would be sent it, or else `proofmark serve`, whose states are known before
    /// it is asked.
    ///
    /// # Errors
    /// An address that is none, and a case that cannot be prepared.
    pub fn of(planned: &PlannedCase, seed: u64, endpoint: Option<&str>) -> Result<Self, AppError> {
        let address = Address::new(endpoint.unwrap_or(SERVED))?;
        let is_served = endpoint.is_none() && embedded::check([&*planned.contract]).is_ok();
        let (preview, set_ups) = if is_served {
            preview_served(planned, seed)?
        } else {
            (preview(planned, seed, &Templates::default())?, Vec::new())
        };
        Ok(Self { preview, set_ups, is_served, address })
    }

    /// What the hook is sent before a step, as lines for a shell.
    pub fn set_up_lines(&self, step: usize) -> impl Iterator<Item = String> {
        self.set_ups.iter().filter(move |(at, _)| *at == step).map(|(_, asked)| set_up_line(asked))
    }

    /// The request of a step.
    ///
    /// # Errors
    /// One that cannot be made.
    pub fn request(planned: &PlannedCase, step: &PreparedStep) -> Result<Request, AppError> {
        Ok(encode(&planned.contract, step)?)
    }

    /// A request as a line for a shell.
    pub fn curl_line(&self, request: &Request) -> String {
        curl_line(self.address.as_str(), request)
    }
}

fn preview_served(planned: &PlannedCase, seed: u64) -> Result<(Preview, Vec<(usize, String)>), AppError> {
    let templates = Templates::default();
    let mut set_ups = Vec::new();
    let preview = preview_with(planned, seed, &templates, |Need { given, step, number }, scope| {
        let params = render_params(given, scope, &templates).unwrap_or_default();
        let asked = set_up_request(&given.state, &params, &purpose(seed, &planned.id, number));
        let given_there = first_variables(0, &asked);
        let state = planned.contract.state(&given.state);
        for variable in state.map(|state| state.provides.as_slice()).unwrap_or_default() {
            let value = given_there.as_ref().and_then(|variables| variables.get(&variable.name));
            let example = || Value::text(variable.example.as_str());
            scope.set(&given.variable(&variable.name), &value.map_or_else(example, from_json));
        }
        set_ups.push((step, asked));
    })?;
    Ok((preview, set_ups))
}
