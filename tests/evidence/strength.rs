//! What a certificate says of the suite's strength, and that `verify` comes to the same figures.

#![cfg(unix)]

use std::fs;

use crate::bundle::{CASES, Desk, FAULT, Forged};
use crate::support::{code, err, out, proofmark};
use proofmark::inside::evidence::EVENTS;
use serde_json::Value as Json;

/// Of a few cases, since each of their mutants is judged whenever a bundle is verified.
fn certified(faults: &[&str], arguments: &[&str]) -> Desk {
    let desk = Desk::new();
    let (_, text) = desk.certify_served(faults, arguments);
    assert!(desk.path("b.tar").is_file(), "{text}");
    desk
}

/// The figures of `proofmark mutants` on the bundle.
fn figures(desk: &Desk) -> Json {
    let bundle = desk.text("b.tar");
    let output = proofmark(&["mutants", "--from", &bundle, "--format", "json"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}", err(&output));
    serde_json::from_str(&out(&output)).unwrap()
}

#[test]
fn a_certificate_repeats_the_figures_of_the_mutants_of_its_answers() {
    let desk = Desk::new();
    let (badge, page) = (desk.text("b.svg"), desk.text("b.md"));
    let (code, text) =
        desk.certify(&["--mutants", "tag-count/none", "--badge", &badge, "--certificate", &page]);
    assert_eq!(code, 0, "{text}");
    let statement = desk.forged().statement();
    let strength = statement.conformance.strength.clone().unwrap();
    let due = figures(&desk);
    assert!(strength.mutants.killed > 50, "{strength:?}");
    assert_eq!(serde_json::to_value(&strength.floor).unwrap(), due["floor"]);
    let mutants = &strength.mutants;
    let found = [mutants.killed, mutants.open, mutants.gaps, u64::from(mutants.set)].map(Json::from);
    assert_eq!(found, ["killed", "open", "gaps", "operators_version"].map(|key| due[key].clone()));
    let held = &statement.conformance.rows_held[0];
    let rows = [held.held, held.not_held, held.not_measured].map(Json::from);
    assert_eq!(rows, ["held", "not_held", "not_measured"].map(|key| due["error_rows"][key].clone()));
    // Every form of the certificate has them.
    let (summary, floor) = (mutants.summary(), strength.floor.unwrap().summary());
    let (code, verified) = desk.verify(&desk.bundle());
    assert_eq!(code, 0, "{verified}");
    let (badge, page) = (fs::read_to_string(badge).unwrap(), fs::read_to_string(page).unwrap());
    for text in [&text, &verified, &page] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.replace("&#34;", "\"").replace("&quot;", "\"");
        assert!(text.contains(&summary) && text.contains(&floor), "{text}");
    }
    assert!(badge.contains("kills 100.0 % of mutants") && badge.contains(&summary), "{badge}");
    assert!(badge.contains(" Floor: an endpoint that "), "{badge}");
}

#[test]
fn mutants_are_judged_only_if_asked_for_and_held_rows_are_always_counted() {
    let desk = Desk::new();
    assert_eq!(desk.certify(&[CASES]).0, 0);
    let conformance = desk.forged().statement().conformance;
    assert_eq!(conformance.strength, None);
    // Every row has cases in other tables.
    let held = &conformance.rows_held[0];
    assert_eq!((held.held, held.not_held, held.not_measured, held.rows), (0, 0, 23, 23));
    let coverage: Json = serde_json::from_slice(&desk.forged().0["coverage.json"]).unwrap();
    assert!(coverage["rows"].as_array().unwrap().iter().all(|row| row["held"].is_null()), "{coverage}");
}

#[test]
fn a_row_whose_case_failed_is_not_held_in_the_certificate() {
    let desk = certified(&[FAULT], &[CASES]);
    let conformance = desk.forged().statement().conformance;
    assert_eq!(conformance.rows_held[0].not_held, 1, "{:?}", conformance.rows_held);
    let coverage: Json = serde_json::from_slice(&desk.forged().0["coverage.json"]).unwrap();
    let broken = coverage["rows"].as_array().unwrap().iter().find(|row| row["held"] == false).unwrap();
    assert_eq!(broken["code"], "Duplicate.TagKey");
}

type Change = fn(&mut Forged);

#[test]
fn figures_that_do_not_follow_from_the_answers_are_refused() {
    let desk = certified(&[], &["--mutants", "tag-count/none"]);
    let killed = desk.forged().statement().conformance.strength.unwrap().mutants.killed;
    // In the statement alone.
    let more = desk.forged().signed(|statement| {
        statement.conformance.strength.as_mut().unwrap().mutants.killed += 1;
    });
    let none = desk.forged().signed(|statement| statement.conformance.strength = None);
    let floor = desk.forged().signed(|statement| {
        statement.conformance.strength.as_mut().unwrap().floor.as_mut().unwrap().passed += 1;
    });
    for bytes in [more, none, floor] {
        let (code, text) = desk.verify(&bytes);
        assert!(code == 3 && text.contains("something else about how strong the suite is"), "{text}");
    }
    let held = desk.forged().signed(|statement| statement.conformance.rows_held[0].held += 1);
    let (code, text) = desk.verify(&held);
    assert!(code == 3 && text.contains("something else about the error rows that are held"), "{text}");
    // In the record too.
    let changes: [(Change, &str); 2] = [
        (|forged| forged.replace(EVENTS, "\"set\":1", "\"set\":2"), "its end is wrong about how strong"),
        (
            |forged| forged.replace(EVENTS, "\"not_held\":[]", "\"not_held\":[\"x\"]"),
            "its end is wrong about the rows that are held",
        ),
    ];
    for (change, reason) in changes {
        let mut forged = desk.forged();
        change(&mut forged);
        let (code, text) = desk.verify(&forged.signed(|_| {}));
        assert!(code == 3 && text.contains(reason), "{text}");
    }
    assert!(killed > 0);
}
