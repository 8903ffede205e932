//! Which conditions must not matter for a promise, by the rules that GET and POST, query and form, JSON and XML, and
//! both signatures are alike, and that what else a request holds changes nothing. Main function: `slices`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a promise that is about nothing in particular is the rule"
)]

use super::auth_row::AuthRow;
use super::breach::Breach;
use super::fault_kind::{
    AuthFault, BodyFault, FieldFault, LimitFault, RowFault, RuleFault, StartFault, TagFault, TokenFault,
    WireFault,
};
use super::row::ReferenceRow;
use super::slice::{Position, Slice};

/// The ways in which a request can be put.
const WAYS: [&str; 3] = ["method=GET", "method=POST,place=query", "place=form"];
const FORMATS: [&str; 2] = ["format=JSON", "format=XML"];
const SIGNATURES: [&str; 2] = ["signature=V1", "signature=V3"];
const TOKENS: [&str; 2] = ["token=given", "token=absent"];
const TAGS: [&str; 2] = ["tags=given", "tags=absent"];
const POSITIONS: [&str; 3] = ["position=first", "position=middle", "position=last"];

/// What a promise is about, and so which conditions it has already.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of conditions, each of which is there or not")]
struct About {
    way: bool,
    format: bool,
    signature: bool,
    token: bool,
    tags: bool,
    /// Each tag is looked at by itself.
    each_tag: bool,
    /// Each tag is compared with those before it; the first has none.
    later_tags: bool,
}

/// The conditions that must not matter for a promise.
pub(super) fn slices(breach: Breach) -> Vec<Slice> {
    let mut texts: Vec<&str> = Vec::new();
    if let Some(about) = about(breach) {
        let parts: [(bool, &[&str]); 7] = [
            (!about.way, &WAYS),
            (!about.format, &FORMATS),
            (!about.signature, &SIGNATURES),
            (!about.token, &TOKENS),
            (!about.tags, &TAGS),
            (about.each_tag, &POSITIONS),
            (about.later_tags, &POSITIONS[1..]),
        ];
        texts.extend(parts.iter().filter(|(is_free, _)| *is_free).flat_map(|(_, texts)| texts.iter()));
    }
    texts.extend(histories(breach));
    let slices =
        texts.into_iter().map(|text| Slice::read(text).ok().filter(|slice| breach.is_sliced_by(*slice)));
    slices.flatten().collect()
}

impl Breach {
    /// Whether the fault can be limited to this slice. The position of a tag needs a fault that looks at each tag by
    /// itself. A fault that is not in the answer to a request has no slices.
    pub(super) fn is_sliced_by(self, slice: Slice) -> bool {
        match about(self) {
            Some(about) => match slice.position {
                None => true,
                Some(Position::First) => about.each_tag,
                Some(Position::Middle | Position::Last) => about.each_tag || about.later_tags,
            },
            None => false,
        }
    }
}

/// What a promise is about; none for those that are not sliced.
fn about(breach: Breach) -> Option<About> {
    let all = About::default();
    let (tags, each_tag) = (About { tags: true, ..all }, About { tags: true, each_tag: true, ..all });
    Some(match breach {
        Breach::Transport(_) | Breach::Load(_) => return None,
        Breach::Row(_, row) => of_row(row),
        Breach::AuthRow(_, row) => of_auth_row(row),
        Breach::Auth(fault) => of_auth(fault),
        Breach::Field(FieldFault::XmlWrongRoot | FieldFault::JsonForXml)
        | Breach::Body(
            BodyFault::TruncatedJson
            | BodyFault::DuplicateJsonKey
            | BodyFault::DeepJson
            | BodyFault::NoCharset
            | BodyFault::XmlEncodingLabel
            | BodyFault::XmlNamespace
            | BodyFault::SecondXmlRoot,
        ) => About { format: true, ..all },
        Breach::Limit(fault) => of_limit(fault),
        Breach::Rule(fault) => of_rule(fault),
        Breach::Tag(TagFault::TagNumbersUnchecked) => tags,
        Breach::Tag(
            TagFault::AllowDuplicateKeys
            | TagFault::DuplicatesSideBySide
            | TagFault::DuplicatesOfFirst
            | TagFault::DuplicatesWithEqualValues
            | TagFault::DuplicatesByPrefix
            | TagFault::DuplicatesByCase,
        ) => About { later_tags: true, ..tags },
        Breach::Tag(fault) if fault != TagFault::TemplateTagUnchecked => each_tag,
        Breach::Token(TokenFault::TokenPerMethod | TokenFault::TokenPerPlace) => {
            About { token: true, way: true, ..all }
        }
        Breach::Token(TokenFault::TokenPerSignature) => About { token: true, signature: true, ..all },
        Breach::Token(_) => About { token: true, ..all },
        Breach::Fingerprint(_) => About { token: true, tags: true, ..all },
        Breach::Wire(fault) => of_wire(fault),
        _ => all,
    })
}

fn of_row(row: ReferenceRow) -> About {
    let all = About::default();
    match row {
        ReferenceRow::DuplicateTagKey
        | ReferenceRow::TagKeyMalformed
        | ReferenceRow::TagValueMalformed
        | ReferenceRow::TagNumberExceeded => About { tags: true, ..all },
        ReferenceRow::TokenUnsupported | ReferenceRow::TokenMismatch => About { token: true, ..all },
        ReferenceRow::UnsupportedHttpMethod => About { way: true, ..all },
        ReferenceRow::FormatInvalid => About { format: true, ..all },
        _ => all,
    }
}

fn of_auth_row(row: AuthRow) -> About {
    About { signature: row.is_of_one_scheme(), ..About::default() }
}

fn of_auth(fault: AuthFault) -> About {
    let all = About::default();
    match fault {
        AuthFault::AcceptUnsigned
        | AuthFault::AcceptUnsignedHeaders
        | AuthFault::FixedSignedHeaders
        | AuthFault::PortNotSigned
        | AuthFault::AcceptWithoutHash
        | AuthFault::AcceptWithoutMethod
        | AuthFault::AcceptWithoutVersion => About { signature: true, ..all },
        AuthFault::IgnoreContentHash | AuthFault::FormNotSigned => {
            About { signature: true, way: true, ..all }
        }
        _ => all,
    }
}

fn of_limit(fault: LimitFault) -> About {
    let all = About::default();
    match fault {
        LimitFault::TokenLimit63 | LimitFault::TokenLimit65 => About { token: true, ..all },
        LimitFault::TagCount19 | LimitFault::TagCount21 => About { tags: true, ..all },
        LimitFault::TagKey127
        | LimitFault::TagKey129
        | LimitFault::TagValue127
        | LimitFault::TagValue129
        | LimitFault::BytesNotCharacters => About { tags: true, each_tag: true, ..all },
        _ => all,
    }
}

fn of_rule(fault: RuleFault) -> About {
    let all = About::default();
    match fault {
        RuleFault::TagMaxItems => About { tags: true, ..all },
        RuleFault::KeyUnique => About { tags: true, later_tags: true, ..all },
        RuleFault::TokenMaxLength | RuleFault::TokenCharacters => About { token: true, ..all },
        RuleFault::DockerRegistry | RuleFault::DockerUser => all,
        _ => About { tags: true, each_tag: true, ..all },
    }
}

fn of_wire(fault: WireFault) -> About {
    let all = About::default();
    match fault {
        WireFault::XmlRefused | WireFault::JsonRefused => About { format: true, ..all },
        WireFault::FormatCaseSensitive => all,
        _ => About { way: true, ..all },
    }
}

/// Conditions of what happened before, for the promises that they could matter to.
fn histories(breach: Breach) -> &'static [&'static str] {
    match breach {
        Breach::Start(StartFault::RunningIgnored) => &["refusals=1", "refusals=2", "starts=2", "since=60"],
        Breach::Start(StartFault::TerminalBlocks) | Breach::Field(FieldFault::RepeatedExecutionId) => {
            &["starts=1"]
        }
        Breach::Start(StartFault::NotStarted) => &["refusals=1", "state=ended", "state=fresh"],
        Breach::Token(TokenFault::TokenIgnored | TokenFault::ReplayStartsAgain) => {
            &["state=running", "state=ended", "refusals=1", "starts=2", "since=60"]
        }
        Breach::Token(TokenFault::TokenMismatchIgnored) => &["state=running", "state=ended", "refusals=1"],
        Breach::Row(RowFault::SkipRow, ReferenceRow::TagKeyMalformed | ReferenceRow::TagValueMalformed) => {
            &["refusals=1"]
        }
        _ => &[],
    }
}
