//! Who calls: verifies the signature of a request, the last of the checks that all operations share.
//! Main types: `Guard`, which lets a call pass or objects, and `AuthMode`, what the endpoint asks for.
//! How a signature is computed stands in `protocol::sign`; what a call asks for is not looked at here.
//!
//! # The order of checks
//!
//! No source has an order; this one looks at the request alone before it looks a key up, and gives a nonce away last,
//! so that nobody but the owner of a key can use its nonces up:
//!
//! 1. the signature is there with all that belongs to it, and is well-formed;
//! 2. the time has its format, then is near enough;
//! 3. the key is known, then its security token is the right one;
//! 4. the body has the digest that it is signed with, then the signature is that of the request;
//! 5. the nonce is new.

mod claim;
mod clock;
mod row;

pub use clock::Clock;
pub(super) use row::AuthRow;

use super::answer::Wording;
use super::bounded::Bounded;
use super::fault::{Breach, Fault};
use super::fault_kind::{AuthFault, RowFault};
use super::wire::Call;
use crate::protocol::sha256_hex;
use crate::protocol::sign::{Credentials, moment};
use claim::{Claim, Scheme};
use row::Objection;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Which signatures an endpoint asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthMode {
    /// None: signatures are not looked at, and whoever calls acts for the owner of what is named.
    #[default]
    Off,
    /// The older one, HMAC-SHA1 in the parameters.
    V1,
    /// The newer one, ACS3-HMAC-SHA256 in header fields.
    V3,
    /// Either: the newer one if there is an `Authorization` header, and else the older one.
    Any,
}

/// What an endpoint asks of its callers, and what it remembers of them.
#[derive(Debug, Default)]
pub(super) struct Guard {
    mode: AuthMode,
    keys: Vec<KnownKey>,
    clock: Clock,
    faults: Vec<AuthFault>,
    row_faults: Vec<(RowFault, AuthRow)>,
}

/// A key with the nonces that it has used, each as a digest, which takes the same room for any nonce.
#[derive(Debug)]
struct KnownKey {
    credentials: Credentials,
    nonces: Mutex<Bounded<String, SystemTime>>,
}

/// A nonce must not come again within 15 minutes (acmesh-official/acme.sh#1639, which quotes the provider's support).
/// A request of the older scheme is accepted longer than that, so a replay after 15 minutes passes, as it does there.
const NONCE_TIME: Duration = Duration::from_mins(15);
/// The nonces that are remembered of one key; beyond it the oldest go, so that a replay passes behind some 70 requests
/// a second for as long as nonces are remembered.
const NONCE_LIMIT: usize = 65_536;

impl Guard {
    pub(super) fn new(mode: AuthMode, keys: Vec<Credentials>, clock: Clock, faults: &[Fault]) -> Self {
        let mut guard = Self { mode, keys: Vec::new(), clock, faults: Vec::new(), row_faults: Vec::new() };
        guard.keys.extend(
            keys.into_iter()
                .map(|credentials| KnownKey { credentials, nonces: Mutex::new(Bounded::new(NONCE_LIMIT)) }),
        );
        for fault in faults {
            match fault.0 {
                Breach::Auth(fault) => guard.faults.push(fault),
                Breach::AuthRow(fault, row) => guard.row_faults.push((fault, row)),
                Breach::Row(..)
                | Breach::Field(_)
                | Breach::Body(_)
                | Breach::Load(_)
                | Breach::Limit(_)
                | Breach::Tag(_)
                | Breach::Token(_)
                | Breach::Start(_)
                | Breach::Wire(_)
                | Breach::Transport(_)
                | Breach::RunningStatusMissed(_)
                | Breach::TerminalStatusBlocks(_) => {}
            }
        }
        guard
    }

    /// Lets a call pass, or says why it is turned away.
    pub(super) fn admit(&self, call: &Call) -> Result<(), Wording> {
        self.verify(call).map_err(|objection| objection.wording(&self.row_faults))
    }

    fn commits(&self, fault: AuthFault) -> bool {
        self.faults.contains(&fault)
    }

    fn verify(&self, call: &Call) -> Result<(), Objection> {
        let has_header = call.sent.headers.contains_key("authorization");
        let scheme = match self.mode {
            AuthMode::Off => return Ok(()),
            AuthMode::V1 => Scheme::V1,
            AuthMode::V3 => Scheme::V3,
            AuthMode::Any => {
                if has_header {
                    Scheme::V3
                } else {
                    Scheme::V1
                }
            }
        };
        let is_signed = match scheme {
            Scheme::V1 => call.params.given("Signature").is_some(),
            Scheme::V3 => has_header,
        };
        if !is_signed && self.commits(AuthFault::AcceptUnsigned) {
            return Ok(());
        }
        let claim = match scheme {
            Scheme::V1 => Claim::in_parameters(call, &self.faults)?,
            Scheme::V3 => Claim::in_fields(call, &self.faults)?,
        };
        self.check_time(&claim)?;
        let Some(key) = self.keys.iter().find(|key| key.credentials.access_key_id == claim.access_key_id)
        else {
            let is_let_in = self.commits(AuthFault::AcceptUnknownKey);
            return if is_let_in { Ok(()) } else { Err(AuthRow::KeyNotFound.into()) };
        };
        self.check_token(&claim, &key.credentials)?;
        self.check_signature(&claim, &key.credentials)?;
        self.check_nonce(&claim, key)
    }

    fn check_time(&self, claim: &Claim) -> Result<(), Objection> {
        let Some(time) = moment::read(&claim.time) else {
            let is_let_in = self.commits(AuthFault::AcceptMalformedTime);
            return if is_let_in { Ok(()) } else { Err(AuthRow::TimeMalformed.into()) };
        };
        let now = self.clock.now();
        // A distance is the same in both directions.
        let distance = now.duration_since(time).unwrap_or_else(|ahead| ahead.duration());
        if distance > claim.scheme.window() && !self.commits(AuthFault::AcceptExpired) {
            return Err(AuthRow::TimeExpired.into());
        }
        Ok(())
    }

    fn check_token(&self, claim: &Claim, key: &Credentials) -> Result<(), Objection> {
        // Compared as digests, which tells nothing about how much of a token is right.
        let digest = |token: &str| sha256_hex(token.as_bytes());
        let due = key.security_token.as_ref().map(|token| digest(token.expose()));
        let sent = claim.security_token.as_deref().map(digest);
        if due == sent || self.commits(AuthFault::AcceptAnySecurityToken) {
            return Ok(());
        }
        match sent {
            None => Err(AuthRow::TokenMissing.into()),
            Some(_) => Err(AuthRow::TokenMismatch.into()),
        }
    }

    fn check_signature(&self, claim: &Claim, key: &Credentials) -> Result<(), Objection> {
        let is_let_in = self.commits(AuthFault::AcceptAnySignature)
            || self.commits(AuthFault::AcceptTamperedParameter) && claim.is_well_formed();
        if is_let_in || claim.has_signed_content && claim.is_signed_with(&key.secret) {
            return Ok(());
        }
        Err(Objection { row: AuthRow::SignatureMismatch, filling: claim.shown.clone() })
    }

    /// Takes a nonce, unless it was taken a short while ago.
    fn check_nonce(&self, claim: &Claim, key: &KnownKey) -> Result<(), Objection> {
        let shared = self.keys.first().filter(|_| self.commits(AuthFault::SharedNonces));
        let nonces = &shared.unwrap_or(key).nonces;
        let mut nonces = nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let (nonce, now) = (sha256_hex(claim.nonce.as_bytes()), self.clock.now());
        let is_used = nonces.get(&nonce).is_some_and(|taken| {
            // A clock that was set back has not made the nonce any older.
            now.duration_since(*taken).unwrap_or_default() < NONCE_TIME
        });
        if is_used && !self.commits(AuthFault::AcceptReusedNonce) {
            return Err(AuthRow::NonceUsed.into());
        }
        nonces.insert(nonce, now);
        Ok(())
    }
}
