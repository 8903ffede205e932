//! Reads an answer's body as its contract has it: by the media types that it promises, and with the elements of XML
//! as lists that it types so. Main function: [`settle`].

use super::body::read_as;
use crate::model::{Answer, Body, Contract, Field, Value};

/// Reads the body as the contract has it; it stays the same if that is done again.
pub fn settle(contract: &Contract, answer: &mut Answer) {
    if answer.is_encoded() {
        return;
    }
    let content_type = answer.header("content-type").unwrap_or_default();
    if let Some(body) = read_as(&answer.body, &answer.bytes, content_type, &contract.envelope.media_types) {
        answer.body = body;
    }
    let is_success = answer.status < 400;
    if let Body::Xml { tree, .. } = &mut answer.body {
        let lists = contract.fields(is_success).filter(|field| field.type_name == "list");
        lists.for_each(|field| make_list(tree, field));
    }
}

/// Makes an element the list of its occurrences, also if there is one or none.
fn make_list(tree: &mut Value, field: &Field) {
    let mut names: Vec<&str> = field.keys().collect();
    let Some(last) = names.pop() else { return };
    let mut parent = tree;
    for name in names {
        let Value::Map(entries) = parent else { return };
        let Some((_, child)) = entries.iter_mut().find(|(key, _)| key == name) else { return };
        parent = child;
    }
    // An element without content has nothing in it but no occurrence.
    if parent.as_text().is_some_and(|text| text.trim().is_empty()) {
        *parent = Value::Map(Vec::new());
    }
    let Value::Map(entries) = parent else { return };
    match entries.iter_mut().find(|(key, _)| key == last) {
        Some((_, Value::List(_))) => {}
        Some((_, one)) => *one = Value::List(vec![std::mem::replace(one, Value::Null)]),
        None => entries.push((last.to_owned(), Value::List(Vec::new()))),
    }
}
