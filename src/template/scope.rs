//! The names of one case, and the random values that its templates make. Main type: [`TemplateScope`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object};
use minijinja::{Error, ErrorKind, Value as JinjaValue};

use super::convert::to_jinja;
use crate::model::Value;

/// The longest token that a template may ask for, in characters.
const LONGEST_TOKEN: usize = 4096;

/// The names that one case's templates can use.
#[derive(Clone)]
pub struct TemplateScope {
    names: Arc<ScopeNames>,
}

/// The values that `uuid()` and `token()` gave, and the source of the next.
#[derive(Debug)]
struct RandomValues {
    chance: fastrand::Rng,
    values: Vec<String>,
}

impl TemplateScope {
    /// A scope with the functions alone. The values that they make follow from seed and case.
    pub fn new(seed: u64, case: &str) -> Self {
        let chance = fastrand::Rng::with_seed(seed ^ fingerprint(case));
        let made = Arc::new(Mutex::new(RandomValues { chance, values: Vec::new() }));
        Self { names: Arc::new(ScopeNames { values: BTreeMap::new(), made }) }
    }

    /// Gives a name a value.
    pub fn set(&mut self, name: &str, value: &Value) {
        let named = NamedValue { value: value.clone(), seen: to_jinja(value) };
        Arc::make_mut(&mut self.names).values.insert(name.to_owned(), named);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.names.values.get(name).map(|known| &known.value)
    }

    /// The values made by `uuid()` and `token()` so far, in order.
    pub fn random_values(&self) -> Vec<String> {
        self.names.made.lock().unwrap_or_else(PoisonError::into_inner).values.clone()
    }

    pub(super) fn as_value(&self) -> JinjaValue {
        JinjaValue::from_dyn_object(Arc::clone(&self.names))
    }
}

/// The functions are made when asked for.
#[derive(Debug, Clone)]
struct ScopeNames {
    values: BTreeMap<String, NamedValue>,
    made: Arc<Mutex<RandomValues>>,
}

/// A name's value, and how the engine sees it.
#[derive(Debug, Clone)]
struct NamedValue {
    value: Value,
    seen: JinjaValue,
}

impl Object for ScopeNames {
    fn get_value(self: &Arc<Self>, key: &JinjaValue) -> Option<JinjaValue> {
        let key = key.as_str()?;
        let made = || Arc::clone(&self.made);
        match self.values.get(key) {
            Some(known) => Some(known.seen.clone()),
            None if key == "uuid" => {
                let made = made();
                Some(JinjaValue::from_function(move || make_uuid(&made)))
            }
            None if key == "token" => {
                let made = made();
                Some(JinjaValue::from_function(move |length| make_token(&made, length)))
            }
            None => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

fn make_uuid(made: &Mutex<RandomValues>) -> String {
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    // Version 4, variant 10 (RFC 9562, section 5.4).
    let bits = made.chance.u128(..) & !(0xf000 << 64) & !(0xc000 << 48) | (0x4000 << 64) | (0x8000 << 48);
    let hex = format!("{bits:032x}");
    let uuid = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    made.values.push(uuid.clone());
    uuid
}

fn make_token(made: &Mutex<RandomValues>, length: usize) -> Result<String, Error> {
    if length == 0 || length > LONGEST_TOKEN {
        let detail = format!("a token has 1 to {LONGEST_TOKEN} characters");
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    }
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    let token: String =
        std::iter::repeat_with(|| made.chance.alphanumeric().to_ascii_lowercase()).take(length).collect();
    made.values.push(token.clone());
    Ok(token)
}

/// FNV-1a in 64 bits: short, and the same on every machine and version.
fn fingerprint(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
