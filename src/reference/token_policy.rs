//! What a client token is worth under the chosen faults. Main type: `TokenPolicy`, the part of `Policy` about tokens.

use super::fault_kind::{FingerprintFault, TokenFault};
use super::promise::PromiseState;

/// What a client token is worth.
#[derive(Clone, Debug)]
pub(super) struct TokenPolicy {
    pub(super) lookup: Lookup,
    pub(super) case_sensitive: PromiseState,
    pub(super) ascii: Ascii,
    pub(super) mismatch_refused: PromiseState,
    pub(super) replay_starts_nothing: PromiseState,
    pub(super) scope: TokenScope,
    /// How many of its characters a token is known by.
    pub(super) known_by: usize,
    pub(super) memory: Memory,
    /// What a token is not bound to, though it should be.
    pub(super) blind: Vec<FingerprintFault>,
}

/// Which characters of a token have to be ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ascii {
    All,
    First,
    Last,
    None,
}

/// What a token is known together with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenScope {
    Region,
    Pipeline,
    Method,
    Place,
    Signature,
}

/// What becomes of a token that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    Kept,
    /// Until it is sent again.
    UntilReplay,
    /// Until it is sent with other parameters.
    UntilMismatch,
    /// The last parameters count, though they were refused.
    LastCounts,
    /// Also where the request was refused.
    AlsoRefused,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            lookup: Lookup::BeforeRunningCheck,
            case_sensitive: PromiseState::Kept,
            ascii: Ascii::All,
            mismatch_refused: PromiseState::Kept,
            replay_starts_nothing: PromiseState::Kept,
            scope: TokenScope::Region,
            known_by: usize::MAX,
            memory: Memory::Kept,
            blind: Vec::new(),
        }
    }
}

impl TokenPolicy {
    /// Commits a fault.
    pub(super) fn commit(&mut self, fault: TokenFault) {
        match fault {
            TokenFault::TokenIgnored => self.lookup = Lookup::Never,
            TokenFault::TokenAfterRunningCheck => self.lookup = Lookup::AfterRunningCheck,
            TokenFault::TokenCaseFolded => self.case_sensitive = PromiseState::Dropped,
            TokenFault::TokenMismatchIgnored => self.mismatch_refused = PromiseState::Dropped,
            TokenFault::ReplayStartsAgain => self.replay_starts_nothing = PromiseState::Dropped,
            TokenFault::AllowNonAsciiToken => self.ascii = Ascii::None,
            TokenFault::AsciiAtStart => self.ascii = Ascii::First,
            TokenFault::AsciiAtEnd => self.ascii = Ascii::Last,
            TokenFault::TokenPrefix32 => self.known_by = 32,
            TokenFault::TokenPrefix63 => self.known_by = 63,
            TokenFault::ForgottenAfterReplay => self.memory = Memory::UntilReplay,
            TokenFault::MismatchForgets => self.memory = Memory::UntilMismatch,
            TokenFault::MismatchReplaces => self.memory = Memory::LastCounts,
            TokenFault::RefusedTokenKept => self.memory = Memory::AlsoRefused,
            TokenFault::TokenPerPipeline => self.scope = TokenScope::Pipeline,
            TokenFault::TokenPerMethod => self.scope = TokenScope::Method,
            TokenFault::TokenPerPlace => self.scope = TokenScope::Place,
            TokenFault::TokenPerSignature => self.scope = TokenScope::Signature,
        }
    }
}

/// When a token is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    BeforeRunningCheck,
    AfterRunningCheck,
    Never,
}
