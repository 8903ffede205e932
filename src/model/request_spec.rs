//! How the request of a case differs from the usual one. Main type: [`RequestSpec`].
//!
//! Texts in here may hold templates.

use std::str::FromStr;

use super::exchange::{AnswerFormat, Method};
use super::merge::put_over_fields;
use super::named::named;

/// How a request differs from the usual one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestSpec {
    /// Another method.
    pub method: Option<Method>,
    /// Another place for the parameters.
    pub place: Option<ParameterPlace>,
    /// The format to ask for.
    pub format: Option<AnswerFormat>,
    /// Another scheme of signing than the endpoint's usual one.
    pub sign: Option<Scheme>,
    /// Parts set as they are, past every encoder.
    pub raw: RawParts,
}

impl RequestSpec {
    /// This specification with everything that `over` sets put in its place.
    #[must_use]
    pub fn merge(&self, over: &RequestSpec) -> RequestSpec {
        let headers = put_over_fields(self.raw.headers.clone(), &over.raw.headers);
        RequestSpec {
            method: over.method.clone().or_else(|| self.method.clone()),
            place: over.place.or(self.place),
            format: over.format.or(self.format),
            sign: over.sign.or(self.sign),
            raw: RawParts {
                path: over.raw.path.clone().or_else(|| self.raw.path.clone()),
                query: over.raw.query.clone().or_else(|| self.raw.query.clone()),
                headers,
                body: over.raw.body.clone().or_else(|| self.raw.body.clone()),
                after_signing: over.raw.after_signing.clone().or_else(|| self.raw.after_signing.clone()),
                signed_at: over.raw.signed_at.or(self.raw.signed_at),
                signed_as: over.raw.signed_as.clone().or_else(|| self.raw.signed_as.clone()),
            },
        }
    }
}

/// Parts of a request that are sent as written; may hold templates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawParts {
    /// The path.
    pub path: Option<String>,
    /// The query, without `?`.
    pub query: Option<String>,
    /// Header fields, added or replaced; a name once for each line that is sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// What is added to the parameters after the request is signed.
    pub after_signing: Option<String>,
    /// How far the clock of the signer is ahead, in seconds.
    pub signed_at: Option<i64>,
    /// The id of the key that the signature names, in place of the one that it is made with.
    pub signed_as: Option<String>,
}

named! {
    /// Where parameters are in a request.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum ParameterPlace {
        /// In the path, at `{name}`.
        Path = "path",
        /// In the query.
        Query = "query",
        /// In a form body.
        Form = "form",
        /// In a JSON body.
        Json = "json",
        /// In a header field.
        Header = "header",
    }
}

named! {
    /// How a request is signed.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Scheme {
        /// Not at all.
        #[default]
        None = "none",
        /// HMAC-SHA1 in the parameters.
        V1 = "v1",
        /// ACS3-HMAC-SHA256 in header fields.
        V3 = "v3",
        /// A bearer token (RFC 6750).
        Bearer = "bearer",
        /// A user and a password (RFC 7617).
        Basic = "basic",
        /// AWS Signature Version 4.
        AwsV4 = "aws-sigv4" | "sigv4",
    }
}

impl Scheme {
    /// Whether its signatures hold a time, which the endpoint compares with its own.
    pub fn has_time(self) -> bool {
        match self {
            Self::V1 | Self::V3 | Self::AwsV4 => true,
            Self::None | Self::Bearer | Self::Basic => false,
        }
    }
}

impl FromStr for Scheme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_word(text)
            .ok_or_else(|| format!("no such scheme; the schemes are {}", Self::NAMES.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::{RawParts, RequestSpec};
    use crate::model::work::{assert_linear, steps};

    fn with_fields(fields: impl IntoIterator<Item = (String, &'static str)>) -> RequestSpec {
        let headers = fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        RequestSpec { raw: RawParts { headers, ..RawParts::default() }, ..RequestSpec::default() }
    }

    #[test]
    fn many_header_fields_are_merged_as_few_are() {
        let few = |fields: &[(&str, &'static str)]| {
            with_fields(fields.iter().map(|(name, value)| ((*name).to_owned(), *value)))
        };
        let own = few(&[("a", "1"), ("B", "2"), ("c", "3"), ("b", "4")]);
        let merged = own.merge(&few(&[("x", "5"), ("b", "6"), ("b", "7")])).raw.headers;
        let texts: Vec<String> = merged.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(texts, ["a=1", "c=3", "x=5", "b=6", "b=7"]);
        let names =
            |range: std::ops::Range<usize>| with_fields(range.map(|number| (format!("X-{number}"), "v")));
        assert_linear(1000, |size| drop(names(0..size).merge(&names(size / 2..2 * size))));
        assert_eq!(steps(|| drop(names(0..1000).merge(&names(0..0)))), 0, "nothing is replaced");
    }
}
