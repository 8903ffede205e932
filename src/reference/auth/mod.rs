//! Who calls: verifies the signature of a request, the last of the checks that all operations share.
//! Main types: `Guard`, which lets a call pass or objects, and `AuthMode`, what the endpoint asks for.
//! `sign` computes signatures. What a call asks for is not looked at here.
//!
//! # The order of checks
//!
//! No source has an order; this one looks at the request alone before it looks a key up, and gives a nonce away last,
//! so that only the owner of a key can use its nonces up:
//!
//! 1. the signature is there with all that belongs to it, and is well-formed;
//! 2. the time has its format, then is near enough;
//! 3. the key is known, then its security token is the right one;
//! 4. the body has the digest that it is signed with, then the signature is that of the request;
//! 5. the nonce is new.

mod claim;
mod clock;
mod objection;

pub use clock::Clock;

use super::answer::Wording;
use super::auth_row::AuthRow;
use super::bounded::Bounded;
use super::breach::Breach;
use super::fault_kind::{AuthFault, RowFault};
use super::wire::Call;
use crate::digest::sha256_hex;
use crate::sign::{Credentials, moment};
use claim::{CallerClaim, ClaimScheme};
use objection::Objection;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Which signatures an endpoint asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthMode {
    /// None: signatures are not looked at, and every caller acts as the owner of what the request names.
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
}

/// What a guard does not keep of what it promises.
#[derive(Clone, Debug, Default)]
pub(super) struct Laxity {
    faults: Vec<AuthFault>,
    row_faults: Vec<(RowFault, AuthRow)>,
}

/// A caller that is turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) wording: Wording,
    /// Whether what was asked for is done all the same.
    pub(super) starts_anyway: bool,
}

impl Laxity {
    /// What some breaches are to a guard.
    #[expect(clippy::wildcard_enum_match_arm, reason = "each place takes its own kinds of fault")]
    pub(super) fn among(breaches: &[Breach]) -> Self {
        let mut laxity = Self::default();
        for breach in breaches {
            match breach {
                Breach::Auth(fault) => laxity.faults.push(*fault),
                Breach::AuthRow(fault, row) => laxity.row_faults.push((*fault, *row)),
                _ => {}
            }
        }
        laxity
    }

    fn commits(&self, fault: AuthFault) -> bool {
        self.faults.contains(&fault)
    }
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
    pub(super) fn new(mode: AuthMode, keys: Vec<Credentials>, clock: Clock) -> Self {
        let known = |credentials| KnownKey { credentials, nonces: Mutex::new(Bounded::new(NONCE_LIMIT)) };
        Self { mode, keys: keys.into_iter().map(known).collect(), clock }
    }

    /// Lets a call pass, or says why it is turned away.
    pub(super) fn admit(&self, call: &Call, laxity: &Laxity) -> Result<(), Turned> {
        self.verify(call, laxity).map_err(|objection| Turned {
            starts_anyway: laxity.row_faults.contains(&(RowFault::StartsAnyway, objection.row)),
            wording: objection.wording(&laxity.row_faults),
        })
    }

    fn verify(&self, call: &Call, laxity: &Laxity) -> Result<(), Objection> {
        let has_header = call.sent.headers.contains_key("authorization");
        let scheme = match self.mode {
            AuthMode::Off => return Ok(()),
            AuthMode::V1 => ClaimScheme::V1,
            AuthMode::V3 => ClaimScheme::V3,
            AuthMode::Any => {
                if has_header {
                    ClaimScheme::V3
                } else {
                    ClaimScheme::V1
                }
            }
        };
        let is_signed = match scheme {
            ClaimScheme::V1 => call.params.non_empty("Signature").is_some(),
            ClaimScheme::V3 => has_header,
        };
        if !is_signed && laxity.commits(AuthFault::AcceptUnsigned) {
            return Ok(());
        }
        let claim = match scheme {
            ClaimScheme::V1 => CallerClaim::in_parameters(call, &laxity.faults)?,
            ClaimScheme::V3 => CallerClaim::in_fields(call, &laxity.faults)?,
        };
        self.check_time(&claim, laxity)?;
        let Some(key) = self.keys.iter().find(|key| key.credentials.access_key_id == claim.access_key_id)
        else {
            let is_let_in = laxity.commits(AuthFault::AcceptUnknownKey);
            return if is_let_in { Ok(()) } else { Err(AuthRow::KeyNotFound.into()) };
        };
        check_token(&claim, &key.credentials, laxity)?;
        check_signature(&claim, &key.credentials, laxity)?;
        self.check_nonce(&claim, key, laxity)
    }

    fn check_time(&self, claim: &CallerClaim, laxity: &Laxity) -> Result<(), Objection> {
        if claim.time.is_empty() && laxity.commits(AuthFault::AcceptWithoutTime) {
            return Ok(());
        }
        let Some(time) = moment::read(&claim.time) else {
            let is_let_in = laxity.commits(AuthFault::AcceptMalformedTime);
            return if is_let_in { Ok(()) } else { Err(AuthRow::TimeMalformed.into()) };
        };
        let now = self.clock.now();
        let (distance, is_past) = match now.duration_since(time) {
            Ok(behind) => (behind, true),
            Err(ahead) => (ahead.duration(), false),
        };
        let window = claim.scheme.window();
        // A distance is the same in both directions.
        let window = if laxity.commits(AuthFault::AcceptTwiceTheWindow) {
            window * 2
        } else if laxity.commits(AuthFault::RefuseHalfTheWindow) {
            window / 2
        } else {
            window
        };
        let is_let_in = laxity.commits(AuthFault::AcceptExpired)
            || is_past && laxity.commits(AuthFault::AcceptPast)
            || !is_past && laxity.commits(AuthFault::AcceptFuture);
        if distance > window && !is_let_in {
            return Err(AuthRow::TimeExpired.into());
        }
        Ok(())
    }

    /// Takes a nonce, unless it was taken a short while ago.
    fn check_nonce(&self, claim: &CallerClaim, key: &KnownKey, laxity: &Laxity) -> Result<(), Objection> {
        if claim.nonce.is_empty() {
            return Ok(());
        }
        let shared = self.keys.first().filter(|_| laxity.commits(AuthFault::SharedNonces));
        let nonces = &shared.unwrap_or(key).nonces;
        let mut nonces = nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let (nonce, now) = (sha256_hex(claim.nonce.as_bytes()), self.clock.now());
        let is_used = nonces.get(&nonce).is_some_and(|taken| {
            // A clock that was set back has not made the nonce any older.
            now.duration_since(*taken).unwrap_or_default() < NONCE_TIME
        });
        if is_used && !laxity.commits(AuthFault::AcceptReusedNonce) {
            return Err(AuthRow::NonceUsed.into());
        }
        nonces.insert(nonce, now);
        Ok(())
    }
}

fn check_token(claim: &CallerClaim, key: &Credentials, laxity: &Laxity) -> Result<(), Objection> {
    // Compared as digests, so that the time taken does not show how much of a token is right.
    let digest = |token: &str| sha256_hex(token.as_bytes());
    let due = key.security_token.as_ref().map(|token| digest(token.expose()));
    let sent = claim.security_token.as_deref().map(digest);
    if due == sent || laxity.commits(AuthFault::AcceptAnySecurityToken) {
        return Ok(());
    }
    match sent {
        None => Err(AuthRow::TokenMissing.into()),
        Some(_) => Err(AuthRow::TokenMismatch.into()),
    }
}

fn check_signature(claim: &CallerClaim, key: &Credentials, laxity: &Laxity) -> Result<(), Objection> {
    let is_let_in = laxity.commits(AuthFault::AcceptAnySignature)
        || laxity.commits(AuthFault::AcceptTamperedParameter) && claim.is_well_formed();
    if is_let_in || claim.has_signed_content && claim.is_signed_with(&key.secret) {
        return Ok(());
    }
    Err(Objection { row: AuthRow::SignatureMismatch, filling: claim.shown.clone() })
}
