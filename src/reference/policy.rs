//! What the rules hold a request to: limits, forbidden forms, and what each promise is worth under the chosen faults.
//! Main type: `Policy`. Without faults it is the contract; domain code asks it and never sees a fault.

use super::breach::Breach;
use super::execution::Status;
use super::fault::Fault;
use super::fault_kind::{LimitFault, RowFault, RuleFault, StartFault, TagFault};
use super::promise::PromiseState;
use super::row::{ReferenceRow, Refusal};
use super::slice::Position;
use super::token_policy::{Ascii, TokenPolicy};
use super::wire_policy::WirePolicy;
use std::ops::RangeInclusive;

/// Every rule of the operation as it is kept by this server.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) limits: PublishedLimits,
    pub(super) tag: TagPolicy,
    pub(super) token: TokenPolicy,
    pub(super) wire: WirePolicy,
    /// The statuses in which an execution blocks a new start.
    pub(super) blocking: Vec<Status>,
    /// A start is one step: nothing comes between its checks and its effect.
    pub(super) atomic_start: PromiseState,
    /// A pipeline is found in its own region only.
    pub(super) own_region: PromiseState,
    /// A start that is accepted begins an execution.
    pub(super) starts_begin: PromiseState,
    /// What the id of an execution follows from.
    pub(super) execution_id: ExecutionId,
    /// A pipeline is known by its whole id.
    pub(super) whole_pipeline_id: PromiseState,
    /// A region is known by its whole id.
    pub(super) whole_region_id: PromiseState,
    skipped: Vec<ReferenceRow>,
    /// The rules for tags at a position of their own, where those are not the same for all.
    at: Vec<(Position, Self)>,
}

/// What the id of an execution follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExecutionId {
    PipelineAndCount,
    Pipeline,
    Count,
}

/// Lengths and counts, as published.
#[derive(Clone, Debug)]
pub(super) struct PublishedLimits {
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

impl PublishedLimits {
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
    pub(super) no_empty_key: PromiseState,
    pub(super) empty_value_allowed: PromiseState,
    pub(super) no_duplicates: PromiseState,
    pub(super) template_tags_checked: PromiseState,
    pub(super) numbers_checked: PromiseState,
    pub(super) twins: TagTwins,
}

/// Which tags have the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagTwins {
    EqualKeys,
    SideBySide,
    WithTheFirst,
    EqualPairs,
    EqualStarts,
    AnyCase,
}

impl TagPolicy {
    fn commit(&mut self, fault: TagFault) {
        match fault {
            TagFault::AllowKeyPrefixAcs => self.key.allow("acs:"),
            TagFault::AllowKeyPrefixAliyun => self.key.allow("aliyun"),
            TagFault::AllowKeyHttp => self.key.allow("http://"),
            TagFault::AllowKeyHttps => self.key.allow("https://"),
            TagFault::AllowKeyEmpty => self.no_empty_key = PromiseState::Dropped,
            TagFault::AllowValueHttp => self.value.allow("http://"),
            TagFault::AllowValueHttps => self.value.allow("https://"),
            TagFault::AllowDuplicateKeys => self.no_duplicates = PromiseState::Dropped,
            TagFault::RefuseEmptyValue => self.empty_value_allowed = PromiseState::Dropped,
            TagFault::TemplateTagUnchecked => self.template_tags_checked = PromiseState::Dropped,
            TagFault::PrefixAnywhere => self.key.prefix_place = ForbiddenPlace::Anywhere,
            TagFault::SubstringOnlyAtStart => {
                self.key.word_place = ForbiddenPlace::Start;
                self.value.word_place = ForbiddenPlace::Start;
            }
            TagFault::SubstringNotAtEnd => {
                self.key.word_place = ForbiddenPlace::NotAtEnd;
                self.value.word_place = ForbiddenPlace::NotAtEnd;
            }
            TagFault::AliyunAsWord => self.key.prefix_place = ForbiddenPlace::StartAsWord,
            TagFault::DuplicatesSideBySide => self.twins = TagTwins::SideBySide,
            TagFault::DuplicatesOfFirst => self.twins = TagTwins::WithTheFirst,
            TagFault::DuplicatesWithEqualValues => self.twins = TagTwins::EqualPairs,
            TagFault::DuplicatesByPrefix => self.twins = TagTwins::EqualStarts,
            TagFault::DuplicatesByCase => self.twins = TagTwins::AnyCase,
            TagFault::TagNumbersUnchecked => self.numbers_checked = PromiseState::Dropped,
        }
    }
}

/// Forbidden parts of a text, and where they are forbidden.
#[derive(Clone, Debug)]
pub(super) struct Forbidden {
    prefixes: Vec<&'static str>,
    prefix_place: ForbiddenPlace,
    words: Vec<&'static str>,
    word_place: ForbiddenPlace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ForbiddenPlace {
    Start,
    /// At the start, and nothing that goes on as a word does.
    StartAsWord,
    Anywhere,
    NotAtEnd,
}

impl Forbidden {
    fn new(prefixes: &[&'static str]) -> Self {
        Self {
            prefixes: prefixes.to_vec(),
            prefix_place: ForbiddenPlace::Start,
            words: vec!["http://", "https://"],
            word_place: ForbiddenPlace::Anywhere,
        }
    }

    /// Whether the text has one of the forbidden parts in a forbidden place; letters are taken as they are written.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let has = |part: &&str, place: ForbiddenPlace| match place {
            ForbiddenPlace::Start => text.starts_with(*part),
            ForbiddenPlace::StartAsWord => text
                .strip_prefix(*part)
                .is_some_and(|rest| part.ends_with(':') || !rest.starts_with(char::is_alphanumeric)),
            ForbiddenPlace::Anywhere => text.contains(*part),
            ForbiddenPlace::NotAtEnd => text.contains(*part) && !text.ends_with(*part),
        };
        self.prefixes.iter().any(|part| has(part, self.prefix_place))
            || self.words.iter().any(|part| has(part, self.word_place))
    }

    fn allow(&mut self, part: &str) {
        self.prefixes.retain(|known| *known != part);
        self.words.retain(|known| *known != part);
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            limits: PublishedLimits {
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
                no_empty_key: PromiseState::Kept,
                empty_value_allowed: PromiseState::Kept,
                no_duplicates: PromiseState::Kept,
                template_tags_checked: PromiseState::Kept,
                numbers_checked: PromiseState::Kept,
                twins: TagTwins::EqualKeys,
            },
            token: TokenPolicy::default(),
            wire: WirePolicy::default(),
            blocking: Status::ALL.iter().copied().filter(|status| !status.is_terminal()).collect(),
            atomic_start: PromiseState::Kept,
            own_region: PromiseState::Kept,
            starts_begin: PromiseState::Kept,
            execution_id: ExecutionId::PipelineAndCount,
            whole_pipeline_id: PromiseState::Kept,
            whole_region_id: PromiseState::Kept,
            skipped: Vec::new(),
            at: Vec::new(),
        }
    }
}

impl Policy {
    /// The contract, with the promises dropped that the faults name; their conditions hold, but for the position of a tag.
    pub(super) fn with_faults(faults: &[Fault]) -> Self {
        let at = |position: Option<Position>| {
            let acting =
                faults.iter().filter(|fault| fault.slice.position.is_none_or(|own| Some(own) == position));
            Self::with(acting.map(|fault| fault.breach))
        };
        let mut policy = at(None);
        if faults.iter().any(|fault| fault.slice.position.is_some()) {
            let positions = [Position::First, Position::Middle, Position::Last];
            policy.at = positions.map(|position| (position, at(Some(position)))).into();
        }
        policy
    }

    fn with(breaches: impl Iterator<Item = Breach>) -> Self {
        let mut policy = Self::default();
        for breach in breaches {
            match breach {
                Breach::Row(RowFault::SkipRow, row) => policy.skipped.push(row),
                Breach::Limit(fault) => policy.limits.commit(fault),
                Breach::Rule(fault) => policy.drop_rule(fault),
                Breach::Tag(fault) => policy.tag.commit(fault),
                Breach::Token(fault) => policy.token.commit(fault),
                Breach::Fingerprint(fault) => policy.token.blind.push(fault),
                Breach::Start(fault) => policy.commit(fault),
                Breach::Wire(fault) => policy.wire.commit(fault),
                Breach::RunningStatusMissed(status) => {
                    policy.blocking.retain(|known| *known != status);
                }
                Breach::TerminalStatusBlocks(status) => policy.blocking.push(status),
                Breach::Row(..)
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

    fn drop_rule(&mut self, rule: RuleFault) {
        match rule {
            RuleFault::KeyMinLength => self.tag.no_empty_key = PromiseState::Dropped,
            RuleFault::KeyMaxLength => self.limits.tag_key = usize::MAX,
            RuleFault::KeyNotPrefix => self.tag.key.prefixes.clear(),
            RuleFault::KeyNotContaining => self.tag.key.words.clear(),
            RuleFault::KeyUnique => self.tag.no_duplicates = PromiseState::Dropped,
            RuleFault::ValueMaxLength => self.limits.tag_value = usize::MAX,
            RuleFault::ValueNotContaining => self.tag.value.words.clear(),
            RuleFault::TagMaxItems => self.limits.tags = usize::MAX,
            RuleFault::TokenMaxLength => self.limits.token = usize::MAX,
            RuleFault::TokenCharacters => self.token.ascii = Ascii::None,
            RuleFault::DockerRegistry => self.limits.docker_registry = 1..=usize::MAX,
            RuleFault::DockerUser => self.limits.docker_user = 1..=usize::MAX,
        }
    }

    /// The rules for one of so many tags.
    pub(super) fn for_tag(&self, index: usize, count: usize) -> &Self {
        let position = match index {
            0 => Position::First,
            _ if index + 1 == count => Position::Last,
            _ => Position::Middle,
        };
        self.at.iter().find(|(own, _)| *own == position).map_or(self, |(_, policy)| policy)
    }

    /// Refuses with a row when its condition is met.
    pub(super) fn refuse_if(&self, is_broken: bool, row: ReferenceRow) -> Result<(), Refusal> {
        self.refuse_with(is_broken.then(String::new), row)
    }

    /// Refuses with a row whose message is a template, when there is something to say.
    pub(super) fn refuse_with(&self, filling: Option<String>, row: ReferenceRow) -> Result<(), Refusal> {
        match filling {
            Some(filling) if !self.skipped.contains(&row) => Err(Refusal { row, filling }),
            Some(_) | None => Ok(()),
        }
    }

    fn commit(&mut self, fault: StartFault) {
        match fault {
            StartFault::RunningIgnored => self.blocking.clear(),
            StartFault::TerminalBlocks => self.blocking = Status::ALL.to_vec(),
            StartFault::StartRace => self.atomic_start = PromiseState::Dropped,
            StartFault::IgnoreRegion => self.own_region = PromiseState::Dropped,
            StartFault::NotStarted => self.starts_begin = PromiseState::Dropped,
            StartFault::IdByPipeline => self.execution_id = ExecutionId::Pipeline,
            StartFault::IdByCount => self.execution_id = ExecutionId::Count,
            StartFault::PipelineByPrefix => self.whole_pipeline_id = PromiseState::Dropped,
            StartFault::RegionByPrefix => self.whole_region_id = PromiseState::Dropped,
        }
    }
}
