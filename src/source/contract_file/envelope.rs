//! Reads the form of every answer.

use super::Reader;
use crate::model::{Envelope, RequestIdRule, Throttle, XmlRoots};
use crate::source::document::Node;

impl Reader<'_> {
    pub(super) fn envelope(&mut self, node: &Node) -> Envelope {
        let types = node.get("content-type");
        let success = node.get("success");
        Envelope {
            code: self.path(node.get("code")),
            message: self.path(node.get("message")),
            json_type: types.and_then(|types| types.text("json")),
            xml_type: types.and_then(|types| types.text("xml")),
            success: self.fields(success.and_then(|body| body.get("fields"))),
            absent: success.map(|body| body.texts("absent")).unwrap_or_default(),
            error: self.fields(node.get("error").and_then(|body| body.get("fields"))),
            request_id: node.get("request-id").map(|rule| RequestIdRule {
                body: self.path(rule.get("body")).unwrap_or_default(),
                header: rule.text("header").map(|name| name.to_ascii_lowercase()),
                is_unique: rule.flag("unique", true),
            }),
            xml: node.get("xml").map(|roots| XmlRoots {
                success: roots.text("success-root").unwrap_or_default(),
                error: roots.text("error-root").unwrap_or_default(),
            }),
            throttled: node.get("throttled").map(|rule| self.throttle(rule)).unwrap_or_default(),
            refused: node.get("refused").map(|rule| rule.texts("code")).unwrap_or_default(),
        }
    }

    fn throttle(&mut self, node: &Node) -> Throttle {
        let mut status = Vec::new();
        for item in node.get("status").map(Node::items).unwrap_or_default() {
            match item.as_number().filter(|status| (100..=599).contains(status)) {
                Some(number) => status.push(number),
                None => self.problem(item, "a status is a number from 100 to 599"),
            }
        }
        Throttle { status, code: node.texts("code") }
    }
}
