//! Trees as JSON and as XML.

use crate::model::Value;

/// A tree as JSON.
pub(in crate::strength) fn json_text(tree: &Value) -> String {
    tree.to_string()
}

/// A tree as XML, as it is read: a list is a repeated element, `@name` an attribute, `#text` a text.
pub(in crate::strength) fn xml_text(root: &str, tree: &Value) -> String {
    let mut text = String::new();
    element(&mut text, root, tree);
    text
}

fn element(text: &mut String, name: &str, value: &Value) {
    if let Value::List(items) = value {
        for item in items {
            element(text, name, item);
        }
        return;
    }
    text.extend(["<", name]);
    let entries = if let Value::Map(entries) = value { entries.as_slice() } else { &[] };
    for (key, value) in entries {
        if let Some(attribute) = key.strip_prefix('@') {
            text.extend([" ", attribute, "=\"", &escape(&value.to_plain()), "\""]);
        }
    }
    text.push('>');
    if !matches!(value, Value::Map(_)) {
        text.push_str(&escape(&value.to_plain()));
    }
    for (key, value) in entries.iter().filter(|(key, _)| !key.starts_with('@')) {
        if key == "#text" {
            text.push_str(&escape(&value.to_plain()));
        } else {
            element(text, key, value);
        }
    }
    text.extend(["</", name, ">"]);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
