//! What is hidden of an endpoint's credentials. Main types: [`Secrets`], and [`RecentSignatures`], those of a run.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::Secret;
use super::redactor::Needles;

/// How many signatures are remembered: more than a run has under way at once by far, and some 10 MB.
const REMEMBERED: usize = 65_536;

/// The secrets of an endpoint's credentials, and the signatures that are made with them.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// What requests are signed with, and the names of the keys.
    pub fixed: Vec<Secret>,
    /// The signatures so far.
    pub made: RecentSignatures,
}

impl From<Vec<Secret>> for Secrets {
    fn from(fixed: Vec<Secret>) -> Self {
        Self { fixed, made: RecentSignatures::default() }
    }
}

/// The last signatures that were made; clones share them, so that an answer to one request shows no other's either.
#[derive(Debug, Clone, Default)]
pub struct RecentSignatures(Arc<RwLock<SignatureHistory>>);

impl RecentSignatures {
    /// Remembers a signature.
    pub fn add(&self, signature: &Secret) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).add(signature);
    }

    pub(super) fn read(&self) -> impl AsRef<Needles> {
        SignaturesGuard(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

struct SignaturesGuard<'a>(RwLockReadGuard<'a, SignatureHistory>);

impl AsRef<Needles> for SignaturesGuard<'_> {
    fn as_ref(&self) -> &Needles {
        &self.0.needles
    }
}

/// Signatures in the order in which they were made, and as what is looked for.
#[derive(Debug)]
struct SignatureHistory {
    order: VecDeque<Secret>,
    needles: Needles,
}

impl Default for SignatureHistory {
    fn default() -> Self {
        Self { order: VecDeque::new(), needles: Needles::many() }
    }
}

impl SignatureHistory {
    fn add(&mut self, signature: &Secret) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.needles.remove(oldest.expose().as_bytes());
        }
        self.needles.add(signature.expose().as_bytes());
        self.order.push_back(signature.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, RecentSignatures};
    use crate::sign::{Redactor, Secret, Secrets};

    #[test]
    fn a_signature_is_hidden_from_when_it_is_made_and_the_oldest_are_forgotten() {
        let secrets = Secrets { fixed: Vec::new(), made: RecentSignatures::default() };
        let redactor = Redactor::new(&secrets);
        let shown = |text: &str| {
            let mut text = text.to_owned();
            redactor.hide(&mut text);
            text
        };
        assert_eq!(shown("000000-signature"), "000000-signature");
        let all = REMEMBERED + 1;
        (0..all).for_each(|number| secrets.made.add(&Secret::new(format!("{number:06}-signature"))));
        assert_eq!(shown("000000-signature"), "000000-signature");
        assert_eq!(shown("(000001-signature)"), "([secret])");
        assert_eq!(shown(&format!("{:06}-SIGNATURE", all - 1)), "[secret]");
    }
}
