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

#[cfg(test)]
mod tests {
    use super::settle;
    use crate::check::tests::{answer, suite};
    use crate::model::{Answer, Body, Flaw};

    const CONTRACT: &str = r#"operation = "Get"
version = "1"
about = "Gets things."

[request]
method = "GET"
path = "/"
place = "query"

[[response]]
name = "Ds.D"
type = "list"
required = false

[[response]]
name = "L"
type = "list"
required = false

[envelope]
content-type = { xml = "text/xml", other = "text/plain" }

[envelope.error]
fields = [{ name = "E", type = "list" }]
"#;

    fn settled(mut answer: Answer) -> Body {
        let suite = suite(CONTRACT, "[[case]]\nid = \"c\"\nabout = \"x\"\nexpect = { status = 200 }\n");
        settle(&suite.operations[0].contract, &mut answer);
        let once = answer.body.clone();
        settle(&suite.operations[0].contract, &mut answer);
        assert_eq!(answer.body, once, "it stays the same");
        once
    }

    fn tree(status: u16, xml: &str) -> String {
        let body = settled(answer(status, &[("content-type", "text/xml")], xml));
        let Body::Xml { tree, .. } = body else { panic!("{body:?}") };
        tree.to_string()
    }

    #[test]
    fn an_element_is_a_list_where_the_contract_says_so_with_any_number_of_items() {
        for (xml, wanted) in [
            ("<r/>", r#"{"L": []}"#),
            ("<r> </r>", r#"{"L": []}"#),
            ("<r>x</r>", r#""x""#),
            ("<r><a/></r>", r#"{"a": "", "L": []}"#),
            ("<r><L>1</L></r>", r#"{"L": ["1"]}"#),
            ("<r><L>1</L><L>2</L></r>", r#"{"L": ["1", "2"]}"#),
            ("<r><L/><Ds><D>1</D></Ds></r>", r#"{"L": [""], "Ds": {"D": ["1"]}}"#),
            ("<r><L/><Ds/></r>", r#"{"L": [""], "Ds": {"D": []}}"#),
            ("<r><L/><Ds>x</Ds></r>", r#"{"L": [""], "Ds": "x"}"#),
        ] {
            assert_eq!(tree(200, xml), wanted, "{xml}");
        }
        assert_eq!(tree(399, "<r><L>1</L></r>"), r#"{"L": ["1"]}"#);
        assert_eq!(tree(400, "<r><L>1</L></r>"), r#"{"L": "1", "E": []}"#);
    }

    #[test]
    fn a_body_is_read_by_the_media_types_of_the_contract_unless_it_is_in_a_coding() {
        let plain = || answer(200, &[("content-type", "text/plain")], "<r/>");
        assert!(matches!(plain().body, Body::Xml { .. }));
        assert!(matches!(settled(plain()), Body::Other { .. }));
        let mut coded = plain();
        coded.flaws = vec![Flaw::Coding { label: "x".into(), reason: "y".into() }];
        assert!(matches!(settled(coded), Body::Xml { .. }));
    }
}
