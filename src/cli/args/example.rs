//! Examples that the help of a command ends with: for those that people use first.

pub(super) const RUN: &str = "\
Examples:
  proofmark run tag-count/
          the cases of one table, against the embedded endpoint
  proofmark run -E 'tag(signature) and not id(token-ways/)'
          the cases with a tag, but for those of one table
  proofmark run --endpoint http://127.0.0.1:8080 --states http://127.0.0.1:8080/states --sign none
          all cases, against your own endpoint
  proofmark run --endpoint mock --report junit=proofmark.xml --report html=report.html
          an endpoint of cases/endpoints.toml, with two reports";

pub(super) const CHECK: &str = "\
Examples:
  proofmark check
          the files in the folder `cases`
  proofmark check --cases tests/bookshop/cases
          those in another folder";

pub(super) const REVIEW: &str = "\
Examples:
  proofmark review
          asks about each kind of change
  proofmark review --endpoint mock tag-count/
          about those of one table, of an endpoint of cases/endpoints.toml
  proofmark review --html review.html
          writes a page, to decide in a browser";

pub(super) const CERTIFY: &str = "\
Examples:
  proofmark keygen --output release.pem
          makes the key; once
  proofmark certify --key release.pem --output mock.proof
          certifies the embedded endpoint
  proofmark certify --endpoint mock --key release.pem --subject-file mock.tar --output mock.proof
          certifies an endpoint of cases/endpoints.toml, and names the program that answers";

pub(super) const SHOW: &str = "\
Examples:
  proofmark show tag-count/none/query
          the request, a `curl` line, and what is expected";

pub(super) const REPORT: &str = "\
Examples:
  proofmark report --from events.ndjson --report html=report.html
          a page of a run that wrote --report ndjson=events.ndjson
  proofmark report --from part-1.ndjson --from part-2.ndjson --report junit=proofmark.xml
          one report of two shards
  proofmark report --from monday.ndjson --from tuesday.ndjson
          what is new, mended and still fails in the later of two runs";

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::super::program;
    use super::{CERTIFY, CHECK, REPORT, REVIEW, RUN, SHOW};

    /// The words of a line, as a shell parts them: what is between single quotes is one.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut is_quoted = false;
        for letter in line.chars() {
            match letter {
                '\'' => is_quoted = !is_quoted,
                ' ' if !is_quoted => words.push(String::new()),
                _ => words.last_mut().unwrap().push(letter),
            }
        }
        assert!(!is_quoted, "{line}");
        words
    }

    /// The help of the program and of each command.
    fn helps() -> Vec<(String, String)> {
        let mut program = program();
        program.build();
        let whole = program.render_long_help().to_string();
        let each = program.get_subcommands_mut();
        let of = |command: &mut clap::Command| {
            (command.get_name().to_owned(), command.render_long_help().to_string())
        };
        each.map(of).chain([("proofmark".to_owned(), whole)]).collect()
    }

    #[test]
    fn every_example_of_every_help_can_be_parsed() {
        let mut found = Vec::new();
        for (name, help) in helps() {
            for line in help.lines().filter_map(|line| line.strip_prefix("  proofmark ")) {
                let words = ["proofmark".to_owned()].into_iter().chain(words(line));
                let parsed = program().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{name}: {line}: {}", parsed.unwrap_err());
                found.push(name.clone());
            }
        }
        for text in [RUN, CHECK, REVIEW, CERTIFY, SHOW, REPORT] {
            assert!(text.lines().all(|line| line.len() <= 100), "{text}");
        }
        found.dedup();
        assert_eq!(found, ["run", "show", "check", "report", "review", "certify"]);
    }

    #[test]
    fn every_command_that_a_help_names_has_the_flags_that_it_names() {
        let mut count = 0;
        for (name, help) in helps() {
            let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
            let parts = help.split('`').skip(1).step_by(2);
            for part in parts.filter(|part| part.starts_with("proofmark ") && !part.contains("COMMAND")) {
                count += 1;
                let parsed = program().try_get_matches_from(words(part));
                // The name alone may lack what the command needs.
                let is_known = parsed.as_ref().map_or_else(
                    |error| {
                        matches!(error.kind(), ErrorKind::MissingRequiredArgument | ErrorKind::DisplayVersion)
                    },
                    |_| true,
                );
                assert!(is_known, "{name}: {part}: {parsed:?}");
            }
        }
        assert!(count > 3, "{count}");
    }
}
