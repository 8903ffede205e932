//! Reads a page as strictly as it is written; panics where the structure is not what the page may have.

use std::collections::BTreeMap;

/// Every element that a report may have.
const ELEMENTS: &str = "a b body button code dd del details div dl dt em fieldset figcaption figure form h1 h2 h3 h4 head \
                        header html input ins label legend li link main mark meta ol option p pre rect script section \
                        select span strong style summary svg table tbody td text th thead title tr ul wbr";
const VOID: [&str; 5] = ["input", "link", "meta", "wbr", "rect/"];

/// An element of the page.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Its place in the page.
    place: usize,
    pub(crate) attributes: BTreeMap<String, String>,
    /// Its text and that of all inside it, with entities undone.
    pub(crate) text: String,
    /// The elements that it is in, the outermost first, by their places in the page.
    pub(crate) inside: Vec<usize>,
}

impl Element {
    pub(crate) fn has_class(&self, class: &str) -> bool {
        self.attribute("class").split(' ').any(|each| each == class)
    }

    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// A page that has been read.
#[derive(Debug)]
pub(crate) struct Page(pub(crate) Vec<Element>);

impl Page {
    /// Reads a page, which must be well formed and hold no element that a report does not have.
    pub(crate) fn read(text: &str) -> Self {
        let mut rest = text.strip_prefix("<!doctype html>\n").unwrap();
        let (mut elements, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
        while let Some((before, after)) = rest.split_once('<') {
            add_text(&mut elements, &open, before);
            let (tag, behind) = after.split_once('>').unwrap();
            rest = behind;
            if let Some(name) = tag.strip_prefix('/') {
                let closed = open.pop().unwrap();
                assert_eq!(elements[closed].name, name, "closed in place of {:?}", elements[closed]);
                continue;
            }
            let element = element(tag, elements.len(), &open);
            let name = element.name.clone();
            assert!(ELEMENTS.split_whitespace().any(|known| known == name), "<{tag}>");
            elements.push(element);
            if ["script", "style"].contains(&name.as_str()) {
                rest = rest.split_once(&format!("</{name}>")).unwrap().1;
            } else if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
                open.push(elements.len() - 1);
            }
        }
        assert!(open.is_empty() && rest == "\n", "{rest:?}");
        Self(elements)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str, class: &'a str) -> impl Iterator<Item = &'a Element> {
        self.0.iter().filter(move |each| each.name == name && (class.is_empty() || each.has_class(class)))
    }

    /// The elements inside the one of this place.
    pub(crate) fn within<'a>(&'a self, outer: &'a Element) -> impl Iterator<Item = &'a Element> {
        let (place, depth) = (outer.place, outer.inside.len());
        self.0[place + 1..].iter().take_while(move |each| each.inside.get(depth) == Some(&place))
    }

    /// The names of elements and classes in their order, but for those that stand for what cannot be seen or is cut.
    pub(crate) fn shape(&self) -> Vec<String> {
        let is_part = |each: &&Element| !(each.has_class("esc") || each.name == "em" || each.name == "wbr");
        let shape = self.0.iter().filter(is_part);
        shape.map(|each| format!("{}.{}", each.name, each.attribute("class"))).collect()
    }
}

fn add_text(elements: &mut [Element], open: &[usize], text: &str) {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    assert!(!text.contains('>'), "{text}");
    let text = entities.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter));
    for place in open {
        elements[*place].text.push_str(&text);
    }
}

fn element(tag: &str, place: usize, open: &[usize]) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = BTreeMap::new();
    rest = rest.trim_end_matches('/').trim_end();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        assert!(key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-'), "<{tag}>");
        let (value, behind) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => ("", after),
        };
        assert_eq!(attributes.insert(key.to_owned(), value.replace("&#39;", "'")), None, "<{tag}>");
        rest = behind.trim_start();
    }
    Element {
        place,
        name: name.trim_end_matches('/').to_owned(),
        attributes,
        text: String::new(),
        inside: open.to_vec(),
    }
}
