//! Each limit of docs/limits.md has a test at it and one past it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The rows of the tables, each with the tests that hold it.
const TESTED: &[(&str, &[&str])] = &[
    ("a file that is read", &["files_that_are_too_large_are_refused_and_the_largest_are_read"]),
    ("folders below `cases/`", &["a_folder_that_is_too_deep_to_be_searched_is_an_error"]),
    (
        "lines, values and lists of one TOML file",
        &["as_many_signs_as_a_file_may_have_are_taken_and_one_more_is_not"],
    ),
    (
        "syntax errors of one file that are reported",
        &["of_very_many_problems_of_one_kind_a_thousand_are_reported"],
    ),
    (
        "CSV files that tables name, each counted as often as it is named",
        &["as_many_rows_as_there_may_be_are_taken_and_one_more_is_not"],
    ),
    (
        "requests that one case comes to with its rows, axes and steps",
        &["as_many_requests_and_fields_as_there_may_be_are_taken_and_one_more_is_not"],
    ),
    (
        "combinations of axes that pairs are drawn from",
        &["as_many_requests_and_fields_as_there_may_be_are_taken_and_one_more_is_not"],
    ),
    (
        "parameters and header fields of a table's cases, with those of the table counted for each case",
        &["as_many_requests_and_fields_as_there_may_be_are_taken_and_one_more_is_not"],
    ),
    ("cases of a suite", &["as_many_cases_as_there_may_be_are_taken_and_one_more_is_not"]),
    ("a part of an id", &["an_id_that_is_too_long_with_its_axes_is_told_at_its_row_beside_all_others"]),
    (
        "rows of which is said that they lack a variable",
        &["of_very_many_problems_of_one_kind_a_thousand_are_reported"],
    ),
    (
        "lines of a file that show a problem",
        &[
            "so_many_problems_are_shown_with_their_lines_and_the_rest_is_listed",
            "a_line_is_whole_as_long_as_it_may_be_and_cut_past_that",
        ],
    ),
    ("work of one template", &["what_is_bounded_is_taken_at_the_limit_and_not_one_past_it"]),
    ("a value that it gives", &["a_value_may_be_as_large_as_the_limit_and_no_larger"]),
    (
        "one expression, without the texts in it",
        &["what_is_bounded_is_taken_at_the_limit_and_not_one_past_it"],
    ),
    ("`token(n)`", &["what_is_bounded_is_taken_at_the_limit_and_not_one_past_it"]),
    ("`*`", &["what_takes_or_makes_too_much_is_refused_before_it_is_rendered_and_when_it_is"]),
    ("a path", &["paths_that_are_too_much_for_any_answer_are_refused_and_those_at_the_limit_are_not"]),
    (
        "descents (`..`) of a path",
        &["paths_that_are_too_much_for_any_answer_are_refused_and_those_at_the_limit_are_not"],
    ),
    (
        "selectors between commas, multiplied over the path",
        &["paths_that_are_too_much_for_any_answer_are_refused_and_those_at_the_limit_are_not"],
    ),
    (
        "a pattern in a path",
        &[
            "paths_that_are_too_much_for_any_answer_are_refused_and_those_at_the_limit_are_not",
            "a_pattern_of_a_path_is_as_large_as_the_limit_and_no_larger",
        ],
    ),
    ("steps of one path in one answer", &["a_path_may_take_as_many_steps_as_the_limit_and_no_more"]),
    (
        "steps of all paths of one expectation in one answer",
        &["the_paths_of_an_expectation_share_their_steps"],
    ),
    ("any other pattern, once compiled", &["an_expression_is_compiled_up_to_ten_megabytes"]),
    ("an expression of `-E`", &["an_expression_nests_and_is_as_long_as_it_may_be_and_no_further"]),
    ("a body", &["a_body_is_as_large_as_the_limit_and_no_larger", "the_limit_counts_decoded_bytes"]),
    ("the head of an answer", &["an_answer_past_a_limit_is_inconclusive_and_the_limit_is_named"]),
    ("interim answers (1xx) before an answer", &["interim_answers_have_a_limit_and_starve_nothing"]),
    (
        "bytes behind an answer, and what is wrong in its framing",
        &["what_is_wrong_is_shown_as_far_as_it_may_be_and_no_further"],
    ),
    (
        "a wait for a free port of this machine",
        &["where_there_is_no_port_a_connection_waits_for_one_and_for_nothing_else"],
    ),
    (
        "requests on one kept connection",
        &["a_connection_carries_so_many_requests_and_the_last_one_asks_to_close_it"],
    ),
    (
        "connections that carry no further request and are still listened to",
        &["as_many_connections_are_listened_to_as_may_be_and_one_more_waits_for_the_oldest"],
    ),
    (
        "how long a kept connection is listened to after its last answer, if the endpoint does not close it",
        &[
            "a_slow_endpoint_is_listened_to_for_longer",
            "silence_and_an_end_that_is_said_prove_all_answers_and_the_next_answer_or_an_end_does_not",
        ],
    ),
    (
        "depth of JSON and XML",
        &[
            "a_text_is_nested_as_deep_as_may_be_and_no_deeper",
            "elements_are_nested_no_deeper_than_json_may_be",
        ],
    ),
    (
        "volatile values that get a name, of one case",
        &["as_many_values_as_there_may_be_get_a_name_and_one_more_does_not"],
    ),
    ("lines of a body in a snapshot", &["a_body_has_as_many_lines_as_it_may_and_one_more_is_counted"]),
    ("a text in a snapshot", &["a_text_is_whole_as_long_as_it_may_be_and_cut_past_that"]),
    ("a file below the folder of snapshots", &["a_file_is_read_up_to_the_limit_and_not_one_byte_past_it"]),
    ("an observation of [effects](effects.md)", &["what_cannot_be_observed_fails_nothing_and_is_counted"]),
    ("waits", &["a_wait_has_an_end", "the_whole_run_has_an_end_too"]),
    ("mutants of one run", &["every_operator_has_mutants_here_or_in_the_tables_below_and_the_bound_holds"]),
    ("places of one answer that are changed", &["of_a_large_answer_so_many_places_are_changed"]),
    (
        "groups of gaps, and sentences that permit what is open",
        &["of_very_many_gaps_a_thousand_groups_are_listed_and_the_rest_is_counted"],
    ),
    ("the files of a bundle", &["no_more_heads_are_read_than_files_are_allowed"]),
    ("the events of a bundle, which are read case by case", &["a_file_is_as_large_as_a_head_can_say"]),
    (
        "all other files of a bundle together",
        &[
            "what_is_held_of_a_bundle_is_refused_past_the_limit_before_it_is_read",
            "list_and_statement_are_as_large_as_they_may_be_and_no_larger",
        ],
    ),
    (
        "a signed statement, in a bundle or alone",
        &["list_and_statement_are_as_large_as_they_may_be_and_no_larger"],
    ),
    ("a bundle that comes through a pipe", &["a_bundle_comes_through_a_pipe_as_well"]),
    ("a line of a log of events, in a bundle too", &["a_line_is_as_long_as_it_may_be_and_no_longer"]),
    ("a file with a key", &["a_file_without_a_usable_key_is_an_error_that_does_not_repeat_it"]),
    (
        "a file with certificates that an endpoint is trusted by",
        &["a_file_of_certificates_is_read_up_to_the_limit_and_not_one_byte_past_it"],
    ),
];

/// The names of all tests.
fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            // As `#[test]` and `#[tokio::test(…)]`.
            let text = text.replace("#[tokio::test", "#[test]");
            let marked = text.split("#[test]").skip(1);
            let named = marked.filter_map(|rest| rest.split_once("fn ")?.1.split_once("()"));
            found.extend(named.map(|(name, _)| name.to_owned()));
        }
    }
}

#[test]
fn every_limit_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/limits.md")).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows: Vec<&str> = rows.map(|(what, _)| what).filter(|what| *what != "what").collect();
    assert_eq!(rows, TESTED.iter().map(|(what, _)| *what).collect::<Vec<_>>());
    let mut known = BTreeSet::new();
    tests(&root.join("src"), &mut known);
    tests(&root.join("tests"), &mut known);
    let named = TESTED.iter().flat_map(|(_, tests)| tests.iter());
    let unknown: Vec<_> = named.filter(|name| !known.contains(**name)).collect();
    assert!(unknown.is_empty(), "no test has this name: {unknown:?}");
}
