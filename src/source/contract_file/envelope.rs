//! Reads the form of every answer, and what changes in it from run to run.

use super::Reader;
use crate::model::{AnswerPlace, Envelope, RequestIdRule, Throttle, Volatile, XmlRoots};
use crate::source::document::Node;

impl Reader<'_> {
    pub(super) fn volatile(&mut self, list: Option<&Node>) -> Vec<Volatile> {
        let nodes = list.map(Node::items).unwrap_or_default();
        nodes.iter().filter_map(|node| self.one_volatile(node)).collect()
    }

    fn one_volatile(&mut self, node: &Node) -> Option<Volatile> {
        let path = self.path(node.get("at")).map(AnswerPlace::Body);
        let header = node.text("header").map(|name| AnswerPlace::Header(name.to_ascii_lowercase()));
        let pattern = node.get("pattern").and_then(|pattern| self.pattern(pattern)).map(AnswerPlace::Pattern);
        let mut places: Vec<AnswerPlace> = [path, header, pattern].into_iter().flatten().collect();
        if places.len() != 1 {
            self.problem(
                node,
                "a volatile value stands `at` a JSONPath, in a `header`, or where a `pattern` matches",
            );
        }
        let at = places.pop()?;
        Some(Volatile { name: node.text("name").unwrap_or_default(), at })
    }

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
            throttled: node.get("throttled").map(throttle).unwrap_or_default(),
            refused: node.get("refused").map(|rule| rule.texts("code")).unwrap_or_default(),
        }
    }
}

fn throttle(node: &Node) -> Throttle {
    let status = node.get("status").map(Node::items).unwrap_or_default();
    Throttle { status: status.iter().filter_map(Node::as_number).collect(), code: node.texts("code") }
}
