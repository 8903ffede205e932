//! Undoes the codings that `Content-Encoding` names (RFC 9110, section 8.4). Main function: [`decode`].

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::StreamingDecoder;

use crate::model::NoAnswer;

/// How many codings an answer may have, one around the other.
const MOST: usize = 4;

/// How much brotli reads at once, in bytes: what its own programs use.
const BLOCK: usize = 4096;

/// What is in a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DecodedBody {
    /// The bytes, without any coding.
    Bytes(Vec<u8>),
    /// It cannot be decoded.
    Not {
        /// What can be shown of it: nothing, unless it is text.
        bytes: Vec<u8>,
        /// The coding.
        label: String,
        /// Why.
        reason: String,
    },
}

/// Undoes the codings that lines of `Content-Encoding` name, last first, with so many bytes at the most.
pub(super) fn decode(
    body: Vec<u8>,
    lines: impl Iterator<Item = String>,
    limit: usize,
) -> Result<DecodedBody, NoAnswer> {
    let lines: Vec<String> = lines.collect();
    // An answer without a body has nothing that could be decoded, whatever it would have had.
    if lines.is_empty() || body.is_empty() {
        return Ok(DecodedBody::Bytes(body));
    }
    let names = lines.iter().flat_map(|line| line.split(',')).map(|name| name.trim().to_ascii_lowercase());
    let names: Vec<String> = names.filter(|name| !name.is_empty() && name != "identity").collect();
    if names.len() > MOST {
        let reason = format!("more than {MOST} codings are not undone");
        return Ok(DecodedBody::Not { bytes: keep_text(body), label: names.join(", "), reason });
    }
    let mut bytes = body;
    for name in names.iter().rev() {
        match undo(name, &bytes, limit) {
            Ok(decoded) if decoded.len() > limit => return Err(NoAnswer::TooLarge { limit }),
            Ok(decoded) => bytes = decoded,
            Err(error) => {
                let reason = error.to_string();
                return Ok(DecodedBody::Not { bytes: keep_text(bytes), label: name.clone(), reason });
            }
        }
    }
    Ok(DecodedBody::Bytes(bytes))
}

/// The decoded bytes, up to one more than the limit.
fn undo(name: &str, bytes: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    match name {
        "gzip" | "x-gzip" => read_limited(MultiGzDecoder::new(bytes), limit),
        "deflate" => {
            let mut source = ZlibDecoder::new(bytes);
            let decoded = read_limited(&mut source, limit)?;
            let read = usize::try_from(source.total_in()).unwrap_or(usize::MAX);
            check_end(decoded, bytes.len().saturating_sub(read), limit)
        }
        "br" => {
            let mut rest = bytes;
            let decoded = read_limited(Decompressor::new(&mut rest, BLOCK), limit)?;
            check_end(decoded, rest.len(), limit)
        }
        "zstd" => frames(bytes, limit),
        _ => Err(io::Error::other("this coding is not known here")),
    }
}

/// A body of zstd is any number of frames (RFC 8878, section 3).
fn frames(bytes: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    let mut rest = bytes;
    let mut decoded = Vec::new();
    while !rest.is_empty() && decoded.len() <= limit {
        let frame = StreamingDecoder::new(&mut rest).map_err(io::Error::other)?;
        decoded.extend(read_limited(frame, limit - decoded.len())?);
    }
    Ok(decoded)
}

fn read_limited(source: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut decoded)?;
    Ok(decoded)
}

/// Bytes behind the end of what was decoded are of no coding. What is too long was not read to its end.
fn check_end(decoded: Vec<u8>, surplus: usize, limit: usize) -> io::Result<Vec<u8>> {
    if surplus == 0 || decoded.len() > limit {
        return Ok(decoded);
    }
    Err(io::Error::other(format!("bytes follow the end of what is encoded, {surplus} in all")))
}

/// Text can be shown as it came. Other bytes are left out: a secret in them would not be found.
fn keep_text(bytes: Vec<u8>) -> Vec<u8> {
    if std::str::from_utf8(&bytes).is_ok() { bytes } else { Vec::new() }
}
