//! Observes what is on the endpoint: one request, or one for each page, at a moment of a case. Main types:
//! [`Observer`], which all cases of a run share, and [`Sight`], the places that one case looks at.
//!
//! An observation that fails is *not observed* and fails no case. It judges nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard};
use tokio::time::timeout;

use super::recipe::{self, Context};
use super::stop::Stop;
use crate::judgement::ObservationPlace;
use crate::model::{EffectRule, Moment, Observation, RawParts, RecipeStep, RequestSpec, Value};
use crate::template::TemplateScope;

/// How long an observation may take, with all pages.
const LONGEST: Duration = Duration::from_secs(10);

/// How many pages the list may have.
const MOST_PAGES: usize = 100;

/// How many values an observation may have.
const MOST_VALUES: usize = 1_000;

/// How long a value may be, in bytes.
const LONGEST_VALUE: usize = 256;

/// After how many observations that failed, and none that did not, no more is asked for.
const ENOUGH_FAILED: usize = 5;

/// What is saved from the answers.
const SEEN: &str = "seen";

/// What the cases of a run share: which places are looked at now, and whether the endpoint answers at all.
#[derive(Debug, Default)]
pub(super) struct Observer {
    busy: Mutex<HashMap<ObservationPlace, Arc<Turnstile<()>>>>,
    failed: AtomicUsize,
    has_worked: AtomicUsize,
}

/// The places that a case looks at, each with the names that its request uses. Nothing else looks there meanwhile.
#[derive(Default)]
pub(super) struct Sight {
    places: Vec<(ObservationPlace, TemplateScope, Option<OwnedMutexGuard<()>>)>,
}

impl Observer {
    /// Comes to a place. A case waits for its first place only: if it waited for a later one, two cases could wait for
    /// each other.
    pub(super) async fn come_to(
        &self,
        sight: &mut Sight,
        place: &ObservationPlace,
        scope: &TemplateScope,
        stop: &Stop,
    ) {
        if sight.places.iter().any(|(known, ..)| known == place) {
            return;
        }
        let turnstile = {
            let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
            // Forget places that no case looks at any more.
            busy.retain(|_, turnstile| Arc::strong_count(turnstile) > 1);
            Arc::clone(busy.entry(place.clone()).or_default())
        };
        let guard = if sight.places.is_empty() {
            tokio::select! {
                guard = turnstile.lock_owned() => Some(guard),
                _ = stop.stopped() => None,
            }
        } else {
            turnstile.try_lock_owned().ok()
        };
        sight.places.push((place.clone(), scope.clone(), guard));
    }

    /// What is there at a moment.
    pub(super) async fn look(
        &self,
        context: &Context<'_>,
        rule: &EffectRule,
        sight: &Sight,
        (place, moment): (&ObservationPlace, Moment),
    ) -> Observation {
        let seen = match sight.places.iter().find(|(known, ..)| known == place) {
            Some((_, scope, Some(_))) => self.ask(context, rule, scope).await,
            Some((_, _, None)) | None => Err("another case looks at the same place".to_owned()),
        };
        Observation { moment, of: place.clone(), seen }
    }

    async fn ask(
        &self,
        context: &Context<'_>,
        rule: &EffectRule,
        scope: &TemplateScope,
    ) -> Result<Vec<String>, String> {
        if self.has_worked.load(Ordering::Relaxed) == 0
            && self.failed.load(Ordering::Relaxed) >= ENOUGH_FAILED
        {
            return Err("the endpoint answered no observation before".to_owned());
        }
        let step = request(rule);
        let asked = timeout(LONGEST, recipe::send_pages(context, &step, scope, MOST_PAGES)).await;
        let seen = match asked {
            Ok(saved) => saved.and_then(values),
            Err(_) => Err(format!("it took more than {} seconds", LONGEST.as_secs())),
        };
        let count = if seen.is_ok() { &self.has_worked } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        seen
    }
}

/// The request of an observation.
fn request(rule: &EffectRule) -> RecipeStep {
    let observe = &rule.observe;
    RecipeStep {
        params: observe.params.clone(),
        request: RequestSpec {
            method: observe.method.clone(),
            raw: RawParts { path: observe.path.clone(), ..RawParts::default() },
            ..RequestSpec::default()
        },
        save: vec![(SEEN.to_owned(), observe.value.clone())],
        pages: observe.pages.clone(),
        is_optional: false,
    }
}

/// The values, in order, each once.
fn values(saved: Vec<(String, Value)>) -> Result<Vec<String>, String> {
    let mut values = BTreeSet::new();
    for (_, value) in saved {
        let items = if let Value::List(items) = value { items } else { vec![value] };
        for item in items {
            let text = item.to_plain();
            if text.len() > LONGEST_VALUE {
                return Err(format!("a value is longer than {LONGEST_VALUE} bytes"));
            }
            values.insert(text);
            if values.len() > MOST_VALUES {
                return Err(format!("there are more than {MOST_VALUES} values"));
            }
        }
    }
    Ok(values.into_iter().collect())
}
