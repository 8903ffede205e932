//! What the rules hold a request to: limits, forbidden forms, and what each promise is worth under the chosen faults.
//! Main type: `Policy`. Without faults it is the contract; domain code asks it and never sees a fault.

use super::execution::Status;
use super::fault::{Breach, Fault};
use super::fault_kind::{LimitFault, RowFault, StartFault, TagFault, TokenFault, WireFault};
use super::row::{ErrorRow, Refusal};
use super::wire::Format;
use hyper::Method;
use std::ops::RangeInclusive;

/// Every rule of the operation as it is kept by this server.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) limits: Limits,
    pub(super) tag: TagPolicy,
    pub(super) token: TokenPolicy,
    pub(super) wire: WirePolicy,
    /// The statuses in which an execution stands in the way of a new start.
    pub(super) blocking: Vec<Status>,
    /// A start is one step: nothing comes between its checks and its effect.
    pub(super) atomic_start: Promise,
    /// A pipeline is found in its own region only.
    pub(super) own_region: Promise,
    skipped: Vec<ErrorRow>,
}

/// Whether a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    Kept,
    Dropped,
}

impl Promise {
    pub(super) fn is_kept(self) -> bool {
        self == Self::Kept
    }
}

/// Lengths and counts, as published.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) token: usize,
    pub(super) tags: usize,
    pub(super) tag_key: usize,
    pub(super) tag_value: usize,
    pub(super) docker_registry: RangeInclusive<usize>,
    pub(super) docker_user: RangeInclusive<usize>,
    measure: Measure,
}

/// What a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Characters,
    Bytes,
}

impl Limits {
    /// The length of a text as the limits count it.
    pub(super) fn length(&self, text: &str) -> usize {
        match self.measure {
            Measure::Characters => text.chars().count(),
            Measure::Bytes => text.len(),
        }
    }

    fn commit(&mut self, fault: LimitFault) {
        match fault {
            LimitFault::TokenLimit63 => self.token = 63,
            LimitFault::TokenLimit65 => self.token = 65,
            LimitFault::TagCount19 => self.tags = 19,
            LimitFault::TagCount21 => self.tags = 21,
            LimitFault::TagKey127 => self.tag_key = 127,
            LimitFault::TagKey129 => self.tag_key = 129,
            LimitFault::TagValue127 => self.tag_value = 127,
            LimitFault::TagValue129 => self.tag_value = 129,
            LimitFault::BytesNotCharacters => self.measure = Measure::Bytes,
            LimitFault::DockerRegistry0 => self.docker_registry = 0..=512,
            LimitFault::DockerRegistry511 => self.docker_registry = 1..=511,
            LimitFault::DockerRegistry513 => self.docker_registry = 1..=513,
            LimitFault::DockerUser0 => self.docker_user = 0..=128,
            LimitFault::DockerUser127 => self.docker_user = 1..=127,
            LimitFault::DockerUser129 => self.docker_user = 1..=129,
        }
    }
}

/// What a tag may not look like.
#[derive(Clone, Debug)]
pub(super) struct TagPolicy {
    pub(super) key: Forbidden,
    pub(super) value: Forbidden,
    pub(super) no_empty_key: Promise,
    pub(super) empty_value_allowed: Promise,
    pub(super) no_duplicates: Promise,
    pub(super) template_tags_checked: Promise,
}

impl TagPolicy {
    fn commit(&mut self, fault: TagFault) {
        match fault {
            TagFault::AllowKeyPrefixAcs => self.key.allow("acs:"),
            TagFault::AllowKeyPrefixAliyun => self.key.allow("aliyun"),
            TagFault::AllowKeyHttp => self.key.allow("http://"),
            TagFault::AllowKeyHttps => self.key.allow("https://"),
            TagFault::AllowKeyEmpty => self.no_empty_key = Promise::Dropped,
            TagFault::AllowValueHttp => self.value.allow("http://"),
            TagFault::AllowValueHttps => self.value.allow("https://"),
            TagFault::AllowDuplicateKeys => self.no_duplicates = Promise::Dropped,
            TagFault::RefuseEmptyValue => self.empty_value_allowed = Promise::Dropped,
            TagFault::TemplateTagUnchecked => self.template_tags_checked = Promise::Dropped,
            TagFault::PrefixAnywhere => self.key.prefix_place = Place::Anywhere,
            TagFault::SubstringOnlyAtStart => {
                self.key.word_place = Place::Start;
                self.value.word_place = Place::Start;
            }
        }
    }
}

/// Forbidden parts of a text, and where they are forbidden.
#[derive(Clone, Debug)]
pub(super) struct Forbidden {
    prefixes: Vec<&'static str>,
    prefix_place: Place,
    words: Vec<&'static str>,
    word_place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Start,
    Anywhere,
}

impl Forbidden {
    fn new(prefixes: &[&'static str]) -> Self {
        Self {
            prefixes: prefixes.to_vec(),
            prefix_place: Place::Start,
            words: vec!["http://", "https://"],
            word_place: Place::Anywhere,
        }
    }

    /// Whether the text has one of the forbidden parts in a forbidden place; letters are taken as they are written.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let has = |part: &&str, place: Place| match place {
            Place::Start => text.starts_with(*part),
            Place::Anywhere => text.contains(*part),
        };
        self.prefixes.iter().any(|part| has(part, self.prefix_place))
            || self.words.iter().any(|part| has(part, self.word_place))
    }

    fn allow(&mut self, part: &str) {
        self.prefixes.retain(|known| *known != part);
        self.words.retain(|known| *known != part);
    }
}

/// What a client token is worth.
#[derive(Clone, Debug)]
pub(super) struct TokenPolicy {
    pub(super) lookup: Lookup,
    pub(super) case_sensitive: Promise,
    pub(super) ascii_only: Promise,
    pub(super) mismatch_refused: Promise,
    pub(super) replay_starts_nothing: Promise,
}

impl TokenPolicy {
    fn commit(&mut self, fault: TokenFault) {
        match fault {
            TokenFault::TokenIgnored => self.lookup = Lookup::Never,
            TokenFault::TokenAfterRunningCheck => self.lookup = Lookup::AfterRunningCheck,
            TokenFault::TokenCaseFolded => self.case_sensitive = Promise::Dropped,
            TokenFault::TokenMismatchIgnored => self.mismatch_refused = Promise::Dropped,
            TokenFault::ReplayStartsAgain => self.replay_starts_nothing = Promise::Dropped,
            TokenFault::AllowNonAsciiToken => self.ascii_only = Promise::Dropped,
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

/// Which requests are understood.
#[derive(Clone, Debug)]
pub(super) struct WirePolicy {
    pub(super) methods: Vec<Method>,
    pub(super) formats: Vec<Format>,
    pub(super) any_case_of_format: Promise,
    pub(super) form_read: Promise,
    pub(super) post_query_read: Promise,
    pub(super) headers_read: Promise,
}

impl WirePolicy {
    fn commit(&mut self, fault: WireFault) {
        match fault {
            WireFault::FormIgnored => self.form_read = Promise::Dropped,
            WireFault::PostQueryIgnored => self.post_query_read = Promise::Dropped,
            WireFault::HeadersIgnored => self.headers_read = Promise::Dropped,
            WireFault::GetRefused => self.methods.retain(|known| known != Method::GET),
            WireFault::PostRefused => self.methods.retain(|known| known != Method::POST),
            WireFault::XmlRefused => self.formats.retain(|known| *known != Format::Xml),
            WireFault::JsonRefused => self.formats.retain(|known| *known != Format::Json),
            WireFault::FormatCaseSensitive => self.any_case_of_format = Promise::Dropped,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            limits: Limits {
                token: 64,
                tags: 20,
                tag_key: 128,
                tag_value: 128,
                docker_registry: 1..=512,
                docker_user: 1..=128,
                measure: Measure::Characters,
            },
            tag: TagPolicy {
                key: Forbidden::new(&["acs:", "aliyun"]),
                value: Forbidden::new(&["acs:"]),
                no_empty_key: Promise::Kept,
                empty_value_allowed: Promise::Kept,
                no_duplicates: Promise::Kept,
                template_tags_checked: Promise::Kept,
            },
            token: TokenPolicy {
                lookup: Lookup::BeforeRunningCheck,
                case_sensitive: Promise::Kept,
                ascii_only: Promise::Kept,
                mismatch_refused: Promise::Kept,
                replay_starts_nothing: Promise::Kept,
            },
            wire: WirePolicy {
                methods: vec![Method::GET, Method::POST],
                formats: vec![Format::Json, Format::Xml],
                any_case_of_format: Promise::Kept,
                form_read: Promise::Kept,
                post_query_read: Promise::Kept,
                headers_read: Promise::Kept,
            },
            blocking: Status::ALL.iter().copied().filter(|status| !status.is_terminal()).collect(),
            atomic_start: Promise::Kept,
            own_region: Promise::Kept,
            skipped: Vec::new(),
        }
    }
}

impl Policy {
    /// The contract, with the promises dropped that the faults name.
    pub(super) fn with_faults(faults: &[Fault]) -> Self {
        let mut policy = Self::default();
        for fault in faults {
            match fault.0 {
                Breach::Row(RowFault::SkipRow, row) => policy.skipped.push(row),
                Breach::Limit(fault) => policy.limits.commit(fault),
                Breach::Tag(fault) => policy.tag.commit(fault),
                Breach::Token(fault) => policy.token.commit(fault),
                Breach::Start(fault) => policy.commit(fault),
                Breach::Wire(fault) => policy.wire.commit(fault),
                Breach::RunningStatusMissed(status) => {
                    policy.blocking.retain(|known| *known != status);
                }
                Breach::TerminalStatusBlocks(status) => policy.blocking.push(status),
                Breach::Row(
                    RowFault::WrongStatus
                    | RowFault::WrongCode
                    | RowFault::WrongMessage
                    | RowFault::UnfilledTemplate
                    | RowFault::EmptyFilling,
                    _,
                )
                | Breach::Field(_)
                | Breach::Body(_)
                | Breach::Load(_)
                | Breach::Transport(_)
                | Breach::Auth(_)
                | Breach::AuthRow(..) => {}
            }
        }
        policy
    }

    /// Refuses with a row when its condition is met.
    pub(super) fn refuse_if(&self, is_broken: bool, row: ErrorRow) -> Result<(), Refusal> {
        self.refuse_with(is_broken.then(String::new), row)
    }

    /// Refuses with a row whose message is a template, when there is something to say.
    pub(super) fn refuse_with(&self, filling: Option<String>, row: ErrorRow) -> Result<(), Refusal> {
        match filling {
            Some(filling) if !self.skipped.contains(&row) => Err(Refusal { row, filling }),
            Some(_) | None => Ok(()),
        }
    }

    fn commit(&mut self, fault: StartFault) {
        match fault {
            StartFault::RunningIgnored => self.blocking.clear(),
            StartFault::TerminalBlocks => self.blocking = Status::ALL.to_vec(),
            StartFault::StartRace => self.atomic_start = Promise::Dropped,
            StartFault::IgnoreRegion => self.own_region = Promise::Dropped,
        }
    }
}
