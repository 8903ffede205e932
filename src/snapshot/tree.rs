//! A body's tree as indented JSON that keeps order, doubled keys and digits.

use std::fmt::Write;

use super::finder::Finder;
use super::marked::MarkedNode;
use super::names::NameWriter;
use super::text::write_quoted;

/// Writes a tree with names in place of its volatile values. Writing to a String cannot fail, which is why results are
/// dropped here.
pub(super) fn write_tree(
    to: &mut String,
    tree: &MarkedNode<'_>,
    finder: &Finder<'_>,
    label: &mut impl NameWriter,
) {
    let mut writer = Writer { to, finder, label, part: String::new() };
    writer.node(tree, 0);
}

struct Writer<'a, L> {
    to: &'a mut String,
    finder: &'a Finder<'a>,
    label: &'a mut L,
    /// A text before it is escaped; one for all, since a tree has many.
    part: String,
}

impl<L: NameWriter> Writer<'_, L> {
    fn node(&mut self, tree: &MarkedNode<'_>, depth: usize) {
        match tree {
            MarkedNode::Map(entries) if !entries.is_empty() => self.map(entries, depth),
            MarkedNode::List(items) if !items.is_empty() => self.list(items, depth),
            MarkedNode::Fixed(value) => drop(write!(self.to, "{value}")),
            MarkedNode::Number(marked) => self.finder.write_number(self.to, marked, self.label),
            MarkedNode::Text(marked) => {
                self.part.clear();
                self.finder.write(&mut self.part, marked, self.label);
                write_quoted(self.to, &self.part);
            }
            MarkedNode::List(_) => self.to.push_str("[]"),
            MarkedNode::Map(_) => self.to.push_str("{}"),
        }
    }

    fn map(&mut self, entries: &[(&str, MarkedNode<'_>)], depth: usize) {
        self.to.push_str("{\n");
        for (position, (key, item)) in entries.iter().enumerate() {
            self.indent(depth + 1);
            self.part.clear();
            self.finder.write_key(&mut self.part, key, self.label);
            write_quoted(self.to, &self.part);
            self.to.push_str(": ");
            self.node(item, depth + 1);
            self.to.push_str(if position + 1 < entries.len() { ",\n" } else { "\n" });
        }
        self.indent(depth);
        self.to.push('}');
    }

    fn list(&mut self, items: &[MarkedNode<'_>], depth: usize) {
        self.to.push_str("[\n");
        for (position, item) in items.iter().enumerate() {
            self.indent(depth + 1);
            self.node(item, depth + 1);
            self.to.push_str(if position + 1 < items.len() { ",\n" } else { "\n" });
        }
        self.indent(depth);
        self.to.push(']');
    }

    fn indent(&mut self, depth: usize) {
        (0..depth).for_each(|_| self.to.push_str("  "));
    }
}
