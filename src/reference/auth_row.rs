//! The error rows of callers that are turned away. Main type: `AuthRow`, the closed list. They are apart from
//! `ReferenceRow` because only an endpoint that verifies can answer them.
//!
//! The codes are those that the provider's gateway is seen to answer, which differ from the common table of the ECS
//! reference in status and wording:
//!
//! - `MissingParameter`: the ECS common table, for `AccessKeyId`, `Signature` and `TimeStamp`. For a missing header field
//!   of the newer scheme no source has a code; it is answered alike.
//! - `InvalidSignatureMethod`, `InvalidSignatureVersion`: the gateway's pattern `Invalid{Name}` (developer.aliyun.com,
//!   ask/278265).
//! - `IncompleteSignature`: the ECS common table; that an `Authorization` header out of form gets it is our reading.
//! - `InvalidTimeStamp.Format`: ask/278265. `InvalidTimeStamp.Expired`: jeessy2/ddns-go#1291.
//! - `InvalidAccessKeyId.NotFound` with 404: honwen/aliyun-ddns-cli#24, aylei/aliyun-exporter#36.
//! - `MissingSecurityToken`: alibabacloud.com/help/doc-detail/42775.htm has code and message, `Missing{Name}` the status.
//! - `InvalidSecurityToken.MismatchWithAccessKey`: the ECS reference, "faascmd FAQ", error codes.
//! - `SignatureDoesNotMatch`: dromara/SMS4J#34, aliyun/ack-set-context#7. One official client crashes on a message
//!   without a colon, and compares what follows the first colon with what it signed.
//! - `SignatureNonceUsed`: aliyun/alibaba-cloud-sdk-go#39, jeessy2/ddns-go#1548.

use super::fault_kind::RowFault;

/// One row of what a caller can be turned away with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthRow {
    ParameterMissing,
    SignatureMethodInvalid,
    SignatureVersionInvalid,
    SignatureIncomplete,
    TimeMalformed,
    TimeExpired,
    KeyNotFound,
    TokenMissing,
    TokenMismatch,
    SignatureMismatch,
    NonceUsed,
}

impl AuthRow {
    /// Every row, in the order of checks.
    pub(super) const ALL: &'static [Self] = &[
        Self::ParameterMissing,
        Self::SignatureMethodInvalid,
        Self::SignatureVersionInvalid,
        Self::SignatureIncomplete,
        Self::TimeMalformed,
        Self::TimeExpired,
        Self::KeyNotFound,
        Self::TokenMissing,
        Self::TokenMismatch,
        Self::SignatureMismatch,
        Self::NonceUsed,
    ];

    /// The HTTP status of the row.
    pub(super) const fn status(self) -> u16 {
        self.published().0
    }

    /// The value of the answer's `Code`.
    pub(super) const fn code(self) -> &'static str {
        self.published().1
    }

    /// The message, with `%s` in it where it has a part that varies.
    pub(super) const fn template(self) -> &'static str {
        self.published().2
    }

    /// What the row is called where its code alone would name a row of all operations, too.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::ParameterMissing => "MissingParameter.Signature",
            Self::SignatureMethodInvalid
            | Self::SignatureVersionInvalid
            | Self::SignatureIncomplete
            | Self::TimeMalformed
            | Self::TimeExpired
            | Self::KeyNotFound
            | Self::TokenMissing
            | Self::TokenMismatch
            | Self::SignatureMismatch
            | Self::NonceUsed => self.code(),
        }
    }

    /// Whether a fault can be seen in the row. What would skip it has a fault with a name of its own.
    pub(super) fn shows(self, fault: RowFault) -> bool {
        match fault {
            RowFault::WrongStatus | RowFault::WrongCode | RowFault::WrongMessage | RowFault::StartsAnyway => {
                true
            }
            RowFault::UnfilledTemplate | RowFault::EmptyFilling => self.template().contains("%s"),
            RowFault::SkipRow => false,
        }
    }

    /// Whether only one of the two schemes has the row.
    pub(super) const fn is_of_one_scheme(self) -> bool {
        matches!(
            self,
            Self::SignatureMethodInvalid | Self::SignatureVersionInvalid | Self::SignatureIncomplete
        )
    }

    const fn published(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::ParameterMissing => (
                400,
                "MissingParameter",
                "The input parameter \"%s\" that is mandatory for processing this request is not supplied.",
            ),
            Self::SignatureMethodInvalid => {
                (400, "InvalidSignatureMethod", "Specified parameter SignatureMethod is not valid.")
            }
            Self::SignatureVersionInvalid => {
                (400, "InvalidSignatureVersion", "Specified parameter SignatureVersion is not valid.")
            }
            Self::SignatureIncomplete => {
                (400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
            }
            Self::TimeMalformed => {
                (400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
            }
            Self::TimeExpired => {
                (400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
            }
            Self::KeyNotFound => (404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
            Self::TokenMissing => {
                (400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
            }
            Self::TokenMismatch => (
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey.",
            ),
            Self::SignatureMismatch => (
                400,
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation. server string to sign is:%s",
            ),
            Self::NonceUsed => (400, "SignatureNonceUsed", "Specified signature nonce was used already."),
        }
    }
}
