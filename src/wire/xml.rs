//! XML answers as the same trees that JSON gives, so that paths mean the same for both.
//!
//! The root is dropped, a repeated element becomes a list, an attribute is the key `@name`. Text beside attributes or
//! elements is the key `#text`; its place among the elements is not kept, nor is the order of mixed repeated ones.
//! Document types are refused: nothing an answer declares is expanded.

use std::collections::HashMap;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::model::Value;

/// How deep elements may be nested, as for JSON.
const DEEPEST: usize = 128;

/// The key of text beside attributes or elements; no name in XML starts like this.
const TEXT: &str = "#text";

/// An element that is being read.
struct Open {
    name: String,
    children: Vec<(String, Value)>,
    /// The position of each name among the children, since an answer may hold very many.
    places: HashMap<String, usize>,
    text: String,
}

/// Reads an XML document: the root's name and what it holds.
///
/// # Errors
/// What is wrong, as a fragment.
pub fn read_xml(text: &str) -> Result<(String, Value), String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root: Option<(String, Value)> = None;
    loop {
        let event = reader.read_event().map_err(|error| format!("not XML: {error}"))?;
        match event {
            Event::Start(_) | Event::Empty(_) if root.is_some() => {
                return Err("not XML: a second root".into());
            }
            Event::Start(start) if open.len() < DEEPEST => open.push(read_start(&start)?),
            Event::Start(_) => return Err(format!("not XML: nested deeper than {DEEPEST} elements")),
            Event::Empty(start) => close(read_start(&start)?, &mut open, &mut root),
            Event::End(_) => {
                let element = open.pop().ok_or("not XML: an end without a start")?;
                close(element, &mut open, &mut root);
            }
            // Ends of lines are one character, however they are sent (XML 1.0, section 2.11).
            Event::Text(part) => add_text(&mut open, &part.xml10_content())?,
            Event::CData(part) => add_text(&mut open, &part.xml10_content())?,
            Event::GeneralRef(reference) => add_text(&mut open, &resolve_reference(&reference)?)?,
            Event::DocType(_) => return Err("not XML of an API: it has a document type".into()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    // There is a root once nothing is open any more.
    root.ok_or_else(|| "not XML: it ends too early".into())
}

fn read_start(start: &BytesStart<'_>) -> Result<Open, String> {
    let name = start.name().as_ref().to_owned();
    let mut children = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("not XML: {error}"))?;
        let key = format!("@{}", attribute.key.as_ref());
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        children.push((key, Value::text(value.map_err(|error| format!("not XML: {error}"))?)));
    }
    let places = children.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
    Ok(Open { name, children, places, text: String::new() })
}

fn close(mut element: Open, open: &mut [Open], root: &mut Option<(String, Value)>) {
    let value = if element.children.is_empty() {
        Value::Text(element.text)
    } else {
        // Blanks between elements are layout.
        if !element.text.trim().is_empty() {
            element.children.push((TEXT.to_owned(), Value::Text(element.text)));
        }
        Value::Map(element.children)
    };
    match open.last_mut() {
        None => *root = Some((element.name, value)),
        Some(parent) => add_child(parent, element.name, value),
    }
}

fn add_child(parent: &mut Open, name: String, value: Value) {
    let Some(place) = parent.places.get(&name) else {
        parent.places.insert(name.clone(), parent.children.len());
        parent.children.push((name, value));
        return;
    };
    let first = &mut parent.children[*place].1;
    if let Value::List(items) = first {
        items.push(value);
    } else {
        *first = Value::List(vec![first.clone(), value]);
    }
}

fn add_text(open: &mut [Open], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("not XML: text outside the root".into()),
    }
    Ok(())
}

/// A character reference, or one of the five entities of XML 1.0, section 4.6.
fn resolve_reference(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(letter) = reference.resolve_char_ref().map_err(|error| format!("not XML: {error}"))? {
        return Ok(letter.to_string());
    }
    let name: &str = reference;
    resolve_predefined_entity(name)
        .map(str::to_owned)
        .ok_or_else(|| format!("not XML: unknown entity `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::read_xml;

    #[test]
    fn text_beside_attributes_and_elements_is_kept_and_layout_is_not() {
        let xml = r#"<R xmlns="urn:a"><Size unit="GB">20</Size><P>one<B/>two</P>
            <Q> <B/> </Q></R>"#;
        let (_, tree) = read_xml(xml).unwrap();
        let expected = r##"{"@xmlns": "urn:a", "Size": {"@unit": "GB", "#text": "20"}, "P": {"B": "", "#text": "onetwo"}, "Q": {"B": ""}}"##;
        assert_eq!(tree.to_string(), expected);
    }

    #[test]
    fn elements_are_nested_no_deeper_than_json_may_be() {
        let nested = |depth: usize| format!("{}x{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read_xml(&nested(super::DEEPEST)).is_ok());
        for depth in [super::DEEPEST + 1, 100_000] {
            let error = read_xml(&nested(depth)).unwrap_err();
            assert_eq!(error, "not XML: nested deeper than 128 elements", "{depth}");
        }
        let empty = nested(super::DEEPEST).replace('x', "<b/>");
        assert!(read_xml(&empty).is_ok(), "an empty element holds nothing");
    }

    #[test]
    fn references_and_ends_of_lines_mean_the_same_in_attributes_and_in_text() {
        let xml = "<R a=\"x&amp;y&lt;&#65;\" b='1\t2\r\n3'>x&amp;y&lt;&#65;<c>1\r\n2\r3<![CDATA[\r\n&amp;]]></c></R>";
        let (_, tree) = read_xml(xml).unwrap();
        let expected = r##"{"@a": "x&y<A", "@b": "1 2 3", "c": "1\n2\n3\n&amp;", "#text": "x&y<A"}"##;
        assert_eq!(tree.to_string(), expected);
        for wrong in [
            "<R/>x",
            "x<R/>",
            "<R><a></a>",
            "",
            "<R a='&nosuch;'/>",
            "<R a='1' a='2'/>",
            "<R a='&'/>",
            "<R a='&#0;'/>",
        ] {
            assert!(read_xml(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_becomes_the_tree_that_json_would_give() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>A&amp;B&#65;</Code><Tag>1</Tag><Tag>2</Tag><Empty/></Error>"#;
        let (root, tree) = read_xml(xml).unwrap();
        assert_eq!(root, "Error");
        assert_eq!(tree.to_string(), r#"{"Code": "A&BA", "Tag": ["1", "2"], "Empty": ""}"#);
    }
}
