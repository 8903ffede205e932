//! The formats of answers. Main type: `WireFormat`.

/// The two formats of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WireFormat {
    Json,
    Xml,
}

impl WireFormat {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Xml => "XML",
        }
    }
}
