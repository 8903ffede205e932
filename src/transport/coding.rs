//! Undoes the codings that `Content-Encoding` names (RFC 9110, section 8.4). Main function: [`decode`].

use std::error::Error;
use std::io::{self, Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::bufread::GzDecoder;
use flate2::read::ZlibDecoder;
use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::model::NoAnswer;

/// How many codings an answer may have, one around the other.
const MOST: usize = 4;

/// How much brotli gives at once, in bytes: what its own programs use.
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
fn undo(name: &str, bytes: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    match name {
        "gzip" | "x-gzip" => members(bytes, limit),
        "deflate" => {
            let mut source = ZlibDecoder::new(bytes);
            let decoded = read_limited(&mut source, limit)?;
            let read = usize::try_from(source.total_in()).unwrap_or(usize::MAX);
            check_end(decoded, bytes.len().saturating_sub(read), limit)
        }
        "br" => brotli(bytes, limit),
        "zstd" => frames(bytes, limit),
        _ => Err(CodingError::Unknown),
    }
}

/// Why a body cannot be decoded.
#[derive(Debug, thiserror::Error)]
enum CodingError {
    #[error("this coding is not known here")]
    Unknown,
    #[error("the body is in another coding, or damaged")]
    Damaged,
    /// What a decoder says in words of its own.
    #[error("{0}")]
    Said(io::Error),
    #[error("the body ends before what is encoded does")]
    Cut,
    #[error("bytes follow the end of what is encoded, {0} in all")]
    Surplus(usize),
    #[error("its checksum is another")]
    Checksum,
    #[error("a frame has {found} bytes and says that it has {said}")]
    Size { said: u64, found: usize },
    #[error("it needs a dictionary")]
    Dictionary,
    #[error("it needs more memory than decoders have to give")]
    Window,
}

impl From<io::Error> for CodingError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Cut } else { Self::Said(error) }
    }
}

impl From<FrameDecoderError> for CodingError {
    fn from(error: FrameDecoderError) -> Self {
        if matches!(error, FrameDecoderError::DictNotProvided { .. }) {
            Self::Dictionary
        } else if matches!(error, FrameDecoderError::WindowSizeTooBig { .. }) {
            Self::Window
        } else if is_cut(&error) {
            Self::Cut
        } else {
            // Its texts are for those who mend decoders.
            Self::Damaged
        }
    }
}

/// Whether an error comes from the end of the bytes.
fn is_cut(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A body of gzip is any number of members, each with its checksum (RFC 1952, section 2.2).
fn members(bytes: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    let mut rest = bytes;
    let mut decoded = Vec::new();
    while !rest.is_empty() && decoded.len() <= limit {
        check_start(bytes, rest, rest.starts_with(b"\x1f\x8b"))?;
        decoded.extend(read_limited(GzDecoder::new(&mut rest), limit - decoded.len())?);
    }
    Ok(decoded)
}

/// What does not begin as a part of the coding does is another body, or behind its end.
fn check_start(bytes: &[u8], rest: &[u8], is_start: bool) -> Result<(), CodingError> {
    match is_start {
        true => Ok(()),
        false if bytes.len() == rest.len() => Err(CodingError::Damaged),
        false => Err(CodingError::Surplus(rest.len())),
    }
}

/// One stream of brotli (RFC 7932).
fn brotli(bytes: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    let room = StandardAlloc::default;
    let mut state = BrotliState::new_strict(room(), room(), room());
    let (mut left, mut at, mut total) = (bytes.len(), 0, 0);
    let (mut block, mut decoded) = (vec![0; BLOCK], Vec::new());
    loop {
        let (mut free, mut filled) = (block.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut at,
            bytes,
            &mut free,
            &mut filled,
            &mut block,
            &mut total,
            &mut state,
        );
        decoded.extend_from_slice(&block[..filled]);
        match result {
            _ if decoded.len() > limit => return Ok(decoded),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Err(CodingError::Cut),
            BrotliResult::ResultFailure => return Err(CodingError::Damaged),
            BrotliResult::ResultSuccess => return check_end(decoded, left, limit),
        }
    }
}

/// A body of zstd is any number of frames, some of which are to be skipped (RFC 8878, section 3).
fn frames(bytes: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    let mut rest = bytes;
    let mut decoded = Vec::new();
    while !rest.is_empty() && decoded.len() <= limit {
        if let Some(behind) = behind_skipped(rest)? {
            rest = behind;
            continue;
        }
        check_start(bytes, rest, rest.starts_with(b"\x28\xb5\x2f\xfd"))?;
        let descriptor = rest.get(4).copied().unwrap_or_default();
        let left = limit - decoded.len();
        let mut frame = StreamingDecoder::new(&mut rest)?;
        let part = read_limited(&mut frame, left).map_err(frame_error)?;
        // What is too long was not read to its end.
        if part.len() <= left {
            check_frame(&frame.into_frame_decoder(), descriptor, part.len())?;
        }
        decoded.extend(part);
    }
    Ok(decoded)
}

/// What is behind a frame that is to be skipped, if one comes next (RFC 8878, section 3.1.2).
fn behind_skipped(bytes: &[u8]) -> Result<Option<&[u8]>, CodingError> {
    let [0x50..=0x5f, 0x2a, 0x4d, 0x18, rest @ ..] = bytes else { return Ok(None) };
    let (length, rest) = rest.split_first_chunk().ok_or(CodingError::Cut)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    rest.get(length..).map(Some).ok_or(CodingError::Cut)
}

/// Compares what a frame says of its content with that (RFC 8878, sections 3.1.1.1 and 3.1.1).
fn check_frame(frame: &FrameDecoder, descriptor: u8, found: usize) -> Result<(), CodingError> {
    let has_size = descriptor >> 6 != 0 || descriptor & 0x20 != 0;
    let said = frame.content_size();
    if has_size && said != found as u64 {
        return Err(CodingError::Size { said, found });
    }
    match frame.get_checksum_from_data() {
        Some(said) if frame.get_calculated_checksum() != Some(said) => Err(CodingError::Checksum),
        _ => Ok(()),
    }
}

/// What is behind an error of reading a frame.
fn frame_error(error: io::Error) -> CodingError {
    match error.downcast::<FrameDecoderError>() {
        Ok(inner) => inner.into(),
        Err(error) => error.into(),
    }
}

fn read_limited(source: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut decoded)?;
    Ok(decoded)
}

/// Bytes behind the end of what was decoded are of no coding. What is too long was not read to its end.
fn check_end(decoded: Vec<u8>, surplus: usize, limit: usize) -> Result<Vec<u8>, CodingError> {
    if surplus == 0 || decoded.len() > limit {
        return Ok(decoded);
    }
    Err(CodingError::Surplus(surplus))
}

/// Text can be shown as it came. Other bytes are left out: a secret in them would not be found.
fn keep_text(bytes: Vec<u8>) -> Vec<u8> {
    if std::str::from_utf8(&bytes).is_ok() { bytes } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::Compression;
    use flate2::bufread::GzEncoder;

    use super::{DecodedBody, decode};

    const BODY: &[u8] = b"{\"v\":\"1\"}";

    /// A frame of zstd with one raw block: its descriptor, what it says that its size is, and what is behind the block.
    fn frame(descriptor: u8, size: u8, body: &[u8], behind: &[u8]) -> Vec<u8> {
        let block = u32::try_from(body.len()).unwrap() << 3 | 1;
        [&b"\x28\xb5\x2f\xfd"[..], &[descriptor, size], &block.to_le_bytes()[..3], body, behind].concat()
    }

    /// A stream of brotli with one block that is not compressed.
    fn brotli(body: &[u8]) -> Vec<u8> {
        let bits = (u32::try_from(body.len()).unwrap() - 1) << 4 | 1 << 20;
        [&bits.to_le_bytes()[..3], body, b"\x03"].concat()
    }

    /// The body, or why there is none.
    fn undone(label: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        match decode(body.to_vec(), [label.to_owned()].into_iter(), 1000).unwrap() {
            DecodedBody::Bytes(bytes) => Ok(bytes),
            DecodedBody::Not { reason, .. } => Err(reason),
        }
    }

    #[test]
    fn frames_of_zstd_are_joined_and_those_to_be_skipped_are_skipped() {
        let skipped = b"\x50\x2a\x4d\x18\x02\0\0\0hi";
        let whole = frame(0x20, 9, BODY, b"");
        for body in [
            whole.clone(),
            [frame(0x20, 4, &BODY[..4], b""), frame(0x20, 5, &BODY[4..], b"")].concat(),
            [skipped, &*whole].concat(),
            [&*whole, skipped, b"\x5f\x2a\x4d\x18\0\0\0\0"].concat(),
            // Its checksum.
            frame(0x24, 9, BODY, &[0x41, 0x6b, 0xe6, 0x96]),
        ] {
            assert_eq!(undone("zstd", &body).as_deref(), Ok(BODY), "{body:?}");
        }
    }

    #[test]
    fn what_a_coding_says_of_its_content_has_to_be_so() {
        let cut = |bytes: Vec<u8>, by: usize| bytes[..bytes.len() - by].to_vec();
        let behind = |bytes: Vec<u8>, count: usize| [bytes, vec![b'x'; count]].concat();
        let whole = || frame(0x20, 9, BODY, b"");
        let mut gzip = Vec::new();
        GzEncoder::new(BODY, Compression::best()).read_to_end(&mut gzip).unwrap();
        assert_eq!(undone("gzip", &gzip.repeat(2)).as_deref(), Ok(&*BODY.repeat(2)));
        assert_eq!(undone("br", &brotli(BODY)).as_deref(), Ok(BODY));
        for (label, body, due) in [
            ("br", behind(brotli(BODY), 1), "bytes follow the end of what is encoded, 1 in all"),
            ("br", behind(brotli(BODY), 100), "bytes follow the end of what is encoded, 100 in all"),
            ("br", cut(brotli(BODY), 1), "the body ends before what is encoded does"),
            ("br", BODY.to_vec(), "the body is in another coding, or damaged"),
            ("zstd", frame(0x20, 32, BODY, b""), "a frame has 9 bytes and says that it has 32"),
            ("zstd", frame(0x20, 5, BODY, b""), "the body is in another coding, or damaged"),
            ("zstd", frame(0x24, 9, BODY, b"\0\0\0\0"), "its checksum is another"),
            ("zstd", frame(0x24, 9, BODY, b"\0\0"), "the body ends before what is encoded does"),
            ("zstd", cut(whole(), 1), "the body ends before what is encoded does"),
            ("zstd", whole()[..4].to_vec(), "the body ends before what is encoded does"),
            ("zstd", whole()[..3].to_vec(), "the body is in another coding, or damaged"),
            ("gzip", BODY.to_vec(), "the body is in another coding, or damaged"),
            ("gzip", gzip[..gzip.len() - 1].to_vec(), "the body ends before what is encoded does"),
            ("gzip", behind(gzip.clone(), 1), "bytes follow the end of what is encoded, 1 in all"),
            ("zstd", behind(whole(), 1), "bytes follow the end of what is encoded, 1 in all"),
            ("zstd", behind(whole(), 9), "bytes follow the end of what is encoded, 9 in all"),
            ("zstd", b"\x50\x2a\x4d\x18\x03\0\0\0hi".to_vec(), "the body ends before what is encoded does"),
            ("zstd", b"\x28\xb5\x2f\xfd\x21\x07\x09\x49\0\0".to_vec(), "it needs a dictionary"),
            ("zstd", BODY.to_vec(), "the body is in another coding, or damaged"),
        ] {
            assert_eq!(undone(label, &body), Err(due.to_owned()), "{label} {body:?}");
        }
    }
}
