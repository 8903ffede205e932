//! Reads the form of every answer.

use super::ContractReader;
use super::raw::{CODES_START, RawBacking, RawCode, RawField, SOURCES, UNPUBLISHED, codes};
use crate::model::{
    AnswerFormat, Backing, Charset, Envelope, HeaderPromise, HeaderRule, MediaTypes, OtherFields, Problem,
    RequestIdRule, Throttle, XmlRoots, essence,
};
use crate::source::compound::{At, OneOrMore, Or};
use crate::source::record::{Key, Place, record};

const CLOSED: &str = "Whether it has no other fields than those that the contract names.";

const OPEN: &str = "Why it may have fields that the contract does not name.";

/// One media type, or several.
type MediaTypeList<'a> = OneOrMore<At<'a, String>>;

record! {
    closed "envelope" RawEnvelopeRules {
        code: Key At<'a, String> = "code", "Where an error's code is, as a JSONPath.";
        message: Key At<'a, String> = "message", "Where an error's message is, as a JSONPath.";
        content_type: Key RawContentType<'a> = "content-type", "The media types of answers.";
        headers: Key Vec<RawHeaderPromise<'a>> = "headers", "Header fields of every answer.";
        success: Key RawSuccess<'a> = "success", "A success body.";
        error: Key RawErrorBody<'a> = "error", "An error body.";
        request_id: Key RawRequestIdRule<'a> = "request-id", "The request id.";
        xml: Key RawXml<'a> = "xml", "The names of XML roots.";
        throttled: Key RawThrottled<'a> = "throttled", "How an answer says that there were too many requests.";
        refused: Key RawRefused<'a> = "refused", "How an answer says that the caller's key is not taken.";
    }

    closed "content-type" RawContentType {
        json: Key MediaTypeList<'a> = "json", "Of a JSON answer, without parameters; or a list of several.";
        xml: Key MediaTypeList<'a> = "xml", "Of an XML answer, without parameters; or a list of several.";
        other: Key MediaTypeList<'a> = "other",
            "Of an answer that is read as a text, such as text/plain; or a list of several.";
        charset: Key RawCharset<'a> = "charset", "The charset that the content type names.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "charset" RawCharset {
        json: Key String = "json", "Of a JSON answer, such as utf-8.";
        xml: Key String = "xml", "Of an XML answer, such as utf-8.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "header" RawHeaderPromise {
        name: Needed String = "name", "Its name.";
        required: Key bool = "required", "Whether it must be there; true unless said otherwise.";
        pattern: Key At<'a, String> = "pattern", "A regular expression that each of its lines matches.";
        open: Key String = "open", "Why it may have any value.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "success" RawSuccess {
        fields: Key Vec<RawField<'a>> = "fields", "Its fields, beside the operation's.";
        absent: Key Vec<String> = "absent", "Names that it must not have.";
        closed: Key bool = "closed", CLOSED;
        open: Key At<'a, String> = "open", OPEN;
        source: Key Vec<At<'a, String>> = "source", "Names of sources of `absent` and `closed`.";
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "error-body" RawErrorBody {
        fields: Key Vec<RawField<'a>> = "fields", "Its fields.";
        closed: Key bool = "closed", CLOSED;
        open: Key At<'a, String> = "open", OPEN;
        source: Key Vec<At<'a, String>> = "source", "Names of sources of `closed`.";
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "request-id" RawRequestIdRule {
        body: Needed At<'a, String> = "body", "Where it is in the body, as a JSONPath.";
        header: Key Or<At<'a, String>, RawHeaderRule<'a>> = "header", "The header field that repeats it.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
        unique: Key bool = "unique", "Whether no two answers may share one; true unless said otherwise.";
    }

    closed "header-rule" RawHeaderRule {
        name: Needed String = "name", "Its name.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "xml" RawXml {
        success: Needed String = "success-root", "Of a success; {operation} means the operation's name.";
        error: Needed String = "error-root", "Of an error.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "throttled" RawThrottled {
        status: Key Vec<At<'a, i64>> = "status", "Statuses.";
        code: Key Vec<RawCode<'a>> = "code", CODES_START;
    }

    closed "refused" RawRefused {
        code: Needed Vec<RawCode<'a>> = "code", CODES_START;
    }
}

/// What a body says about fields that the contract does not name.
struct RawOthers<'r, 'a> {
    place: &'r Place<'a>,
    closed: &'r Key<'a, bool>,
    open: &'r Key<'a, At<'a, String>>,
    backing: Backing,
}

impl ContractReader<'_> {
    pub(super) fn envelope(&mut self, raw: &RawEnvelopeRules<'_>) -> Envelope {
        let types = raw.content_type.value.as_ref();
        let (success, error) = (raw.success.value.as_ref(), raw.error.value.as_ref());
        let absent_backing =
            success.map(|body| self.backing(&RawBacking::of(&body.place, &body.source, &body.unpublished)));
        Envelope {
            code: self.path(raw.code.value.as_ref()),
            message: self.path(raw.message.value.as_ref()),
            media_types_backing: types
                .map(|types| self.backing(&RawBacking::of(&types.place, &types.source, &types.unpublished))),
            media_types: types.map(|types| self.media_types(types)).unwrap_or_default(),
            charset: types.and_then(|types| types.charset.value.as_ref()).map(|raw| self.charset(raw)),
            headers: raw.headers.items().iter().map(|header| self.header_promise(header)).collect(),
            success_others: success.zip(absent_backing.clone()).map_or(
                OtherFields::Unsaid,
                |(raw, backing)| {
                    let RawSuccess { place, closed, open, .. } = raw;
                    self.others(RawOthers { place, closed, open, backing })
                },
            ),
            error_others: error.map_or(OtherFields::Unsaid, |raw| {
                let backing = self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished));
                let RawErrorBody { place, closed, open, .. } = raw;
                self.others(RawOthers { place, closed, open, backing })
            }),
            success: self.fields(success.map(|body| body.fields.items()).unwrap_or_default()),
            absent: success.map(|body| body.absent.items().to_vec()).unwrap_or_default(),
            absent_backing,
            error: self.fields(error.map(|body| body.fields.items()).unwrap_or_default()),
            request_id: raw.request_id.value.as_ref().map(|rule| self.request_id(rule)),
            xml: raw.xml.value.as_ref().map(|roots| XmlRoots {
                success: roots.success.or_reported(),
                error: roots.error.or_reported(),
                backing: self.backing(&RawBacking::of(&roots.place, &roots.source, &roots.unpublished)),
            }),
            throttled: raw.throttled.value.as_ref().map(|rule| self.throttle(rule)).unwrap_or_default(),
            refused: raw.refused.value.as_ref().map(|rule| codes(rule.code.items())).unwrap_or_default(),
        }
    }

    fn request_id(&mut self, raw: &RawRequestIdRule<'_>) -> RequestIdRule {
        let backing = self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished));
        RequestIdRule {
            body: self.path(raw.body.value.as_ref()).unwrap_or_default(),
            header: raw.header.value.as_ref().map(|header| self.header_rule(header, &backing)),
            is_unique: raw.unique.value.unwrap_or(true),
            backing,
        }
    }

    /// Whether a body may have fields that the contract does not name.
    fn others(&mut self, raw: RawOthers<'_, '_>) -> OtherFields {
        match (&raw.open.value, raw.closed.value.unwrap_or(false)) {
            (Some(_), true) => {
                let hint = "drop one of `closed` and `open`";
                self.problems.push(raw.place.problem("what may have other fields is not closed").hint(hint));
                OtherFields::Unsaid
            }
            (Some(why), false) => OtherFields::Open { why: why.value.clone(), spot: why.node.spot.clone() },
            (None, true) => OtherFields::Refused(raw.backing),
            (None, false) => OtherFields::Unsaid,
        }
    }

    /// A header field of every answer.
    fn header_promise(&mut self, raw: &RawHeaderPromise<'_>) -> HeaderPromise {
        HeaderPromise {
            name: raw.name.or_reported().to_ascii_lowercase(),
            is_required: raw.required.value.unwrap_or(true),
            pattern: raw.pattern.value.as_ref().and_then(|pattern| self.pattern(pattern)),
            open: raw.open.value.clone(),
            backing: self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished)),
        }
    }

    fn charset(&mut self, raw: &RawCharset<'_>) -> Charset {
        Charset {
            json: raw.json.value.clone(),
            xml: raw.xml.value.clone(),
            backing: self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished)),
        }
    }

    fn throttle(&mut self, raw: &RawThrottled<'_>) -> Throttle {
        let mut status = Vec::new();
        for item in raw.status.items() {
            match u16::try_from(item.value).ok().filter(|status| (100..=599).contains(status)) {
                Some(number) => status.push(number),
                None => self.problem(item.node, "a status is a number from 100 to 599"),
            }
        }
        Throttle { status, code: codes(raw.code.items()) }
    }

    /// A header field by name, or with what promises it; without that, what promises the rule around it.
    fn header_rule(&mut self, raw: &Or<At<'_, String>, RawHeaderRule<'_>>, around: &Backing) -> HeaderRule {
        match raw {
            Or::One(name) => HeaderRule {
                name: name.value.to_ascii_lowercase(),
                backing: Backing { spot: name.node.spot.clone(), ..around.clone() },
            },
            Or::Other(raw) => HeaderRule {
                name: raw.name.or_reported().to_ascii_lowercase(),
                backing: self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished)),
            },
        }
    }

    fn media_types(&mut self, raw: &RawContentType<'_>) -> MediaTypes {
        let types = MediaTypes {
            json: self.types_of(&raw.json),
            xml: self.types_of(&raw.xml),
            other: self.types_of(&raw.other),
        };
        for item in raw.other.value.iter().flat_map(|other| &other.items) {
            let media_type = essence(&item.value);
            let of_both = AnswerFormat::ALL.into_iter().find(|format| types.has(*format, &media_type));
            if let Some(format) = of_both {
                let message = format!("`{media_type}` is the media type of {format} here as well");
                self.problem(item.node, message);
            }
        }
        types
    }

    fn types_of(&mut self, list: &Key<'_, MediaTypeList<'_>>) -> Vec<String> {
        let items: Vec<&At<'_, String>> = list.value.iter().flat_map(|list| &list.items).collect();
        for At { node, value: text } in &items {
            if essence(text) != text.to_ascii_lowercase() || !text.contains('/') {
                let message = format!("`{text}` is not a media type without parameters");
                let problem = Problem::new(node.spot.clone(), message);
                self.problems.push(problem.hint("write it as in \"application/json\""));
            }
        }
        items.into_iter().map(|item| item.value.clone()).collect()
    }
}
