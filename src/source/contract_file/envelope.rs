//! Reads the form of every answer.

use super::ContractReader;
use crate::model::{
    AnswerFormat, Backing, Charset, Envelope, HeaderPromise, HeaderRule, MediaTypes, OtherFields, Problem,
    RequestIdRule, Throttle, XmlRoots, essence,
};
use crate::source::document::{Node, NodeKind};

impl ContractReader<'_> {
    pub(super) fn envelope(&mut self, node: &Node) -> Envelope {
        let types = node.get("content-type");
        let success = node.get("success");
        Envelope {
            code: self.path(node.get("code")),
            message: self.path(node.get("message")),
            media_types_backing: types.map(|types| self.backing(types)),
            media_types: types.map(|types| self.media_types(types)).unwrap_or_default(),
            charset: types.and_then(|types| types.get("charset")).map(|charset| self.charset(charset)),
            headers: self.headers(node.get("headers")),
            success_others: self.others(success),
            error_others: self.others(node.get("error")),
            success: self.fields(success.and_then(|body| body.get("fields"))),
            absent: success.map(|body| body.texts("absent")).unwrap_or_default(),
            absent_backing: success.map(|body| self.backing(body)),
            error: self.fields(node.get("error").and_then(|body| body.get("fields"))),
            request_id: node.get("request-id").map(|rule| RequestIdRule {
                body: self.path(rule.get("body")).unwrap_or_default(),
                header: rule.get("header").map(|header| self.header(header, rule)),
                is_unique: rule.flag("unique", true),
                backing: self.backing(rule),
            }),
            xml: node.get("xml").map(|roots| XmlRoots {
                success: roots.text("success-root").unwrap_or_default(),
                error: roots.text("error-root").unwrap_or_default(),
                backing: self.backing(roots),
            }),
            throttled: node.get("throttled").map(|rule| self.throttle(rule)).unwrap_or_default(),
            refused: node.get("refused").map(|rule| rule.codes("code")).unwrap_or_default(),
        }
    }

    /// Whether a body may have fields that the contract does not name.
    fn others(&mut self, body: Option<&Node>) -> OtherFields {
        let Some(body) = body else { return OtherFields::Unsaid };
        match (body.text("open"), body.flag("closed", false)) {
            (Some(_), true) => {
                let hint = "drop one of `closed` and `open`";
                let message = "what may have other fields is not closed";
                self.problems.push(Problem::new(body.spot.clone(), message).hint(hint));
                OtherFields::Unsaid
            }
            (Some(why), false) => {
                let spot = body.get("open").map_or_else(|| body.spot.clone(), |node| node.spot.clone());
                OtherFields::Open { why, spot }
            }
            (None, true) => OtherFields::Refused(self.backing(body)),
            (None, false) => OtherFields::Unsaid,
        }
    }

    /// Header fields of every answer.
    fn headers(&mut self, list: Option<&Node>) -> Vec<HeaderPromise> {
        let items = list.map(Node::items).unwrap_or_default();
        let header = |node: &Node| HeaderPromise {
            name: node.text("name").unwrap_or_default().to_ascii_lowercase(),
            is_required: node.flag("required", true),
            pattern: node.get("pattern").and_then(|pattern| self.pattern(pattern)),
            open: node.text("open"),
            backing: self.backing(node),
        };
        items.iter().map(header).collect()
    }

    fn charset(&mut self, node: &Node) -> Charset {
        Charset { json: node.text("json"), xml: node.text("xml"), backing: self.backing(node) }
    }

    fn throttle(&mut self, node: &Node) -> Throttle {
        let mut status = Vec::new();
        for item in node.get("status").map(Node::items).unwrap_or_default() {
            match item.as_number().filter(|status| (100..=599).contains(status)) {
                Some(number) => status.push(number),
                None => self.problem(item, "a status is a number from 100 to 599"),
            }
        }
        Throttle { status, code: node.codes("code") }
    }

    /// A header field by name, or with what promises it; without that, what promises the rule around it.
    fn header(&mut self, node: &Node, rule: &Node) -> HeaderRule {
        let name = node.as_text().map(str::to_owned).or_else(|| node.text("name"));
        let backing = self.backing(if node.as_text().is_some() { rule } else { node });
        let backing = Backing { spot: node.spot.clone(), ..backing };
        HeaderRule { name: name.unwrap_or_default().to_ascii_lowercase(), backing }
    }

    fn media_types(&mut self, node: &Node) -> MediaTypes {
        let types = MediaTypes {
            json: self.types_of(node, "json"),
            xml: self.types_of(node, "xml"),
            other: self.types_of(node, "other"),
        };
        for item in node.get("other").into_iter().flat_map(one_or_more) {
            let media_type = item.as_text().map(essence).unwrap_or_default();
            let of_both = AnswerFormat::ALL.into_iter().find(|format| types.has(*format, &media_type));
            if let Some(format) = of_both {
                self.problem(item, format!("`{media_type}` is the media type of {format} here as well"));
            }
        }
        types
    }

    fn types_of(&mut self, node: &Node, key: &str) -> Vec<String> {
        let items: Vec<&Node> = node.get(key).into_iter().flat_map(one_or_more).collect();
        for item in &items {
            let text = item.as_text().unwrap_or_default();
            if essence(text) != text.to_ascii_lowercase() || !text.contains('/') {
                let message = format!("`{text}` is not a media type without parameters");
                self.problems.push(
                    Problem::new(item.spot.clone(), message).hint("write it as in \"application/json\""),
                );
            }
        }
        items.iter().filter_map(|item| item.as_text().map(str::to_owned)).collect()
    }
}

/// A value that may be a list of them.
fn one_or_more(node: &Node) -> &[Node] {
    if matches!(node.kind, NodeKind::List(_)) { node.items() } else { std::slice::from_ref(node) }
}
