//! Examples that the help of a command ends with: for those that people use first.

pub(super) const RUN: &str = "\
Examples:
  proofmark run tag-count/
          the cases of one table, against the embedded endpoint
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
    use super::super::program;
    use super::{CERTIFY, CHECK, REPORT, REVIEW, RUN, SHOW};

    #[test]
    fn every_example_can_be_parsed() {
        for text in [RUN, CHECK, REVIEW, CERTIFY, SHOW, REPORT] {
            let lines = text.lines().filter_map(|line| line.strip_prefix("  proofmark "));
            let mut count = 0;
            for line in lines {
                let words = std::iter::once("proofmark").chain(line.split_whitespace());
                assert!(program().try_get_matches_from(words).is_ok(), "{line}");
                count += 1;
            }
            assert!(count > 0 && text.lines().all(|line| line.len() <= 100), "{text}");
        }
    }
}
