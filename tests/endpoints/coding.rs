//! Answers in the codings of `Content-Encoding`, right and wrong.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::support::odd::{JSON, Judged, answer, judged, say, serve};

/// The body that the one case passes with.
const BODY: &[u8] = br#"{"id": "a"}"#;

/// The same in brotli, and in zstd with a checksum, as their own programs write it.
const BROTLI: &[u8] = &[11, 5, 128, 123, 34, 105, 100, 34, 58, 32, 34, 97, 34, 125, 3];
const ZSTD: &[u8] =
    &[40, 181, 47, 253, 36, 11, 89, 0, 0, 123, 34, 105, 100, 34, 58, 32, 34, 97, 34, 125, 11, 114, 47, 18];

/// 5,000,000 spaces in brotli.
const SPACES: &[u8] = &[155, 63, 75, 76, 248, 37, 64, 226, 177, 64, 32, 95, 136, 9];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn shown(label: &str, body: &[u8]) -> Judged {
    judged(&serve(say(answer("200 OK", &format!("{JSON}content-encoding: {label}\r\n"), body))), &[])
}

#[test]
fn codings_are_undone_before_an_answer_is_judged() {
    for (label, body) in [
        ("gzip", gzip(BODY)),
        ("X-Gzip", gzip(BODY)),
        ("gzip", [gzip(&BODY[..3]), gzip(&BODY[3..])].concat()),
        ("deflate", zlib(BODY)),
        ("br", BROTLI.to_vec()),
        ("zstd", ZSTD.to_vec()),
        ("zstd", [b"\x50\x2a\x4d\x18\x02\0\0\0hi", ZSTD].concat()),
        ("identity", BODY.to_vec()),
        ("deflate, gzip", gzip(&zlib(BODY))),
        ("br\r\ncontent-encoding: gzip", gzip(BROTLI)),
    ] {
        let judged = shown(label, &body);
        assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{label}: {}", judged.out);
    }
}

#[test]
fn a_label_that_lies_and_a_coding_that_is_not_known_are_findings_that_name_it() {
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 3].to_vec();
    let followed = |bytes: Vec<u8>| [bytes, BODY.to_vec()].concat();
    for (label, body) in [
        ("gzip", BODY.to_vec()),
        ("gzip", cut(gzip(BODY))),
        ("gzip", followed(gzip(BODY))),
        ("deflate", raw(BODY)),
        ("deflate", cut(zlib(BODY))),
        ("deflate", followed(zlib(BODY))),
        ("br", BODY.to_vec()),
        ("br", cut(BROTLI.to_vec())),
        ("br", [BROTLI, b"x"].concat()),
        ("br", followed(BROTLI.to_vec())),
        ("zstd", BODY.to_vec()),
        ("zstd", cut(ZSTD.to_vec())),
        ("zstd", followed(ZSTD.to_vec())),
        ("zstd", [&ZSTD[..ZSTD.len() - 1], b"x"].concat()),
        ("compress", BODY.to_vec()),
        ("gzip, gzip", gzip(BODY)),
        ("a, b, c, d, e", BODY.to_vec()),
    ] {
        let judged = shown(label, &body);
        assert_eq!(judged.code, 1, "{label}: {}", judged.out);
        let finding = &judged.report["cases"][0]["findings"][0];
        assert_eq!(
            (finding["level"].as_str(), finding["subject"].as_str()),
            (Some("envelope"), Some("content-encoding"))
        );
        let named = label.rsplit(", ").next().unwrap();
        let actual = finding["actual"].as_str().unwrap();
        assert!(actual.contains(named), "{finding}");
        // No names of a decoder's own.
        let is_camel = |letters: &[u8]| letters[0].is_ascii_lowercase() && letters[1].is_ascii_uppercase();
        assert!(!actual.as_bytes().windows(2).any(is_camel), "{finding}");
    }
}

#[test]
fn the_limit_counts_decoded_bytes() {
    let zeroes = gzip(&vec![b' '; 5_000_000]);
    for (label, body) in [("gzip", zeroes.clone()), ("br", SPACES.to_vec()), ("gzip, gzip", gzip(&zeroes))] {
        let judged = shown(label, &body);
        assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{label}: {}", judged.out);
        assert!(judged.reason().contains("larger than 1048576 bytes"), "{label}: {}", judged.reason());
    }
}
