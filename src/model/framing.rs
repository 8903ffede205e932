//! How the framing of an answer breaks HTTP/1.1, where readers differ on what the answer is. Main type:
//! [`FramingBreach`].

use serde::{Deserialize, Serialize};

/// A rule of HTTP/1.1 on the form of a message that an answer breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FramingBreach {
    /// Something is before the status line.
    Before,
    /// The status line is of another form.
    StatusLine,
    /// A line ends without CR.
    LineEnd,
    /// `Transfer-Encoding` is not `chunked` alone, or is in an answer of HTTP/1.0.
    TransferCoding,
    /// `Content-Length` beside `Transfer-Encoding`.
    TwoLengths,
    /// `Content-Length` is not one number.
    Length,
    /// A length or a transfer coding where there is no body.
    Bodiless,
    /// A chunk's size is followed by something other than extensions.
    ChunkLine,
    /// A length or a transfer coding in the trailers.
    Trailer,
    /// A body in an answer of status 205.
    ResetBody,
    /// No `Upgrade` in an answer of status 101.
    NoUpgrade,
}

impl FramingBreach {
    /// What the rule asks for.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Before => "nothing before the status line",
            Self::StatusLine => "a status line with a space behind the status",
            Self::LineEnd => "lines that end in CR LF",
            Self::TransferCoding => "no Transfer-Encoding but chunked",
            Self::TwoLengths => "Content-Length or Transfer-Encoding",
            Self::Length => "one number in Content-Length",
            Self::Bodiless => "no Content-Length or Transfer-Encoding where there is no body",
            Self::ChunkLine => "only extensions behind the size of a chunk",
            Self::Trailer => "no Content-Length or Transfer-Encoding in trailers",
            Self::ResetBody => "no body in a 205",
            Self::NoUpgrade => "Upgrade in a 101",
        }
    }

    /// What came, before what the endpoint wrote of it.
    pub fn found(self) -> &'static str {
        match self {
            Self::Before => "an empty line before it",
            Self::StatusLine => "the status line",
            Self::LineEnd => "a line that ends in LF alone",
            Self::TransferCoding => "Transfer-Encoding",
            Self::TwoLengths => "both",
            Self::Length => "Content-Length",
            Self::Bodiless | Self::Trailer => "the field",
            Self::ChunkLine => "behind a size",
            Self::ResetBody => "the body",
            Self::NoUpgrade => "none, in the answer",
        }
    }

    /// The section that says so.
    pub fn section(self) -> &'static str {
        match self {
            Self::Before => "RFC 9112, section 2.1",
            Self::StatusLine => "RFC 9112, section 4",
            Self::LineEnd => "RFC 9112, section 2.2",
            Self::TransferCoding | Self::Bodiless => "RFC 9112, section 6.1",
            Self::TwoLengths => "RFC 9112, section 6.2",
            Self::Length => "RFC 9110, section 8.6",
            Self::ChunkLine => "RFC 9112, section 7.1.1",
            Self::Trailer => "RFC 9110, section 6.5.1",
            Self::ResetBody => "RFC 9110, section 15.3.6",
            Self::NoUpgrade => "RFC 9110, section 15.2.2",
        }
    }
}
