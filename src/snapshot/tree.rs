//! A body's tree as indented JSON that keeps order, doubled keys and digits.

use std::fmt::Write;

use super::marked::Node;
use super::names::{Finder, Known};
use super::text::quoted;

/// Writes a tree with names in place of its volatile values. Writing to a String cannot fail, which is why results are
/// dropped here.
pub(super) fn write_tree(
    text: &mut String,
    tree: &Node,
    finder: &Finder<'_>,
    label: &mut impl FnMut(Known<'_>) -> String,
) {
    write_node(text, tree, 0, finder, label);
}

fn write_node(
    text: &mut String,
    tree: &Node,
    depth: usize,
    finder: &Finder<'_>,
    label: &mut impl FnMut(Known<'_>) -> String,
) {
    let indent = "  ".repeat(depth + 1);
    match tree {
        Node::Map(entries) if !entries.is_empty() => {
            text.push_str("{\n");
            for (position, (key, item)) in entries.iter().enumerate() {
                let _ = write!(text, "{indent}{}: ", quoted(&finder.show_key(key, label)));
                write_node(text, item, depth + 1, finder, label);
                text.push_str(if position + 1 < entries.len() { ",\n" } else { "\n" });
            }
            let _ = write!(text, "{}}}", "  ".repeat(depth));
        }
        Node::List(items) if !items.is_empty() => {
            text.push_str("[\n");
            for (position, item) in items.iter().enumerate() {
                text.push_str(&indent);
                write_node(text, item, depth + 1, finder, label);
                text.push_str(if position + 1 < items.len() { ",\n" } else { "\n" });
            }
            let _ = write!(text, "{}]", "  ".repeat(depth));
        }
        Node::Fixed(value) => {
            let _ = write!(text, "{value}");
        }
        Node::Number(marked) => text.push_str(&finder.show_number(marked, label)),
        Node::Text(marked) => text.push_str(&quoted(&finder.show(marked, label))),
        Node::List(_) => text.push_str("[]"),
        Node::Map(_) => text.push_str("{}"),
    }
}
