//! The error rows that only the sibling operations answer, and how such an operation says no.
//! Main types: `SiblingRow` and `Denial`. The rows are apart from those of `row`, so that the catalogue of faults,
//! which is about starts, does not grow with them.

use crate::reference::answer::Wording;
use crate::reference::row::Refusal;

/// Declares the rows once: variant, status, code and message or message template.
macro_rules! sibling_rows {
    ($($variant:ident $status:literal $code:literal $template:literal)+) => {
        /// One row of the error tables of the sibling operations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::reference) enum SiblingRow { $($variant,)+ }

        impl SiblingRow {
            /// Every row.
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// The value of the answer's `Code`.
            pub(super) const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The message, with `%s` in the place of the filling.
            const fn template(self) -> &'static str {
                match self { $(Self::$variant => $template,)+ }
            }
        }
    };
}

sibling_rows! {
    // Missing parameters, whose codes and wording are those of the table that all operations share.
    BaseImageTypeMissing 400 "MissingParameter.BaseImageType"
        "The input parameter \"BaseImageType\" that is mandatory for processing this request is not supplied."
    BaseImageMissing 400 "MissingParameter.BaseImage"
        "The input parameter \"BaseImage\" that is mandatory for processing this request is not supplied."
    ExecutionMissing 400 "MissingParameter.ExecutionId"
        "The input parameter \"ExecutionId\" that is mandatory for processing this request is not supplied."

    // CreateImagePipeline
    NameMalformed 400 "InvalidName.Malformed" "%s"
    DescriptionMalformed 400 "InvalidDescription.Malformed" "%s"
    ImageNameMalformed 400 "InvalidImageName.Malformed" "%s"
    BaseImageTypeUnsupported 400 "InvalidBaseImageType.NotSupportedValue" "%s"
    SystemDiskSizeUnsupported 400 "InvalidSystemDiskSize.NotSupportedValue" "%s"
    BandwidthUnsupported 400 "InvalidInternetMaxBandwidthOut.NotSupportedValue" "%s"
    TooManyAccounts 400 "InvalidAddAccountSize.ExceededMaxNumber" "%s"
    TooManyRegions 400 "InvalidToRegionIdSize.ExceededMaxNumber" "%s"
    BuildContentTooLong 400 "InvalidBuildContent.LengthExceeded" "%s"
    BaseImageUnknown 404 "InvalidImage.NotFound" "%s"

    // DescribeImagePipelines and DescribeImagePipelineExecutions
    TooManyPipelineIds 400 "InvalidImagePipelineIdSize.ExceededMaxNumber" "%s"
    StatusUnknown 400 "InvalidParameter.Status" "%s"
    PipelineOrExecutionMissing 400 "MissingParameter.ImagePipelineId"
        "The specified parameter ImagePipelineId should not be empty."
    NextTokenInvalid 403 "Invalid.NextToken" "The specified NextToken is not valid."

    // CancelImagePipelineExecution
    CancelFailed 400 "InvalidStatus.CancelFailed"
        "Failed to cancel execution,status is success, failed or cancelled."
    ExecutionNotFound 404 "InvalidImagePipelineExecution.NotFound"
        "The specified image pipeline execution does not exist!"
}

/// Why an operation does not do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::reference) enum Denial {
    /// For a reason that starts have, too; faults act on it.
    Shared(Refusal),
    /// For a reason of the sibling operations, with the text for its `%s`.
    Own { row: SiblingRow, filling: String },
}

impl From<Refusal> for Denial {
    fn from(refusal: Refusal) -> Self {
        Self::Shared(refusal)
    }
}

impl SiblingRow {
    /// Denies with this row, whose message is fixed, when its condition is met.
    pub(super) fn deny_if(self, is_broken: bool) -> Result<(), Denial> {
        self.deny_with(is_broken.then(String::new))
    }

    /// Denies with this row, whose message is a template, when there is something to say.
    pub(super) fn deny_with(self, filling: Option<String>) -> Result<(), Denial> {
        match filling {
            Some(filling) => Err(Denial::Own { row: self, filling }),
            None => Ok(()),
        }
    }

    /// Status, code and message, as they will be read.
    pub(in crate::reference) fn wording(self, filling: &str) -> Wording {
        Wording {
            status: self.status(),
            code: self.code().to_owned(),
            message: self.template().replace("%s", filling),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SiblingRow;

    #[test]
    fn no_code_stands_in_two_rows() {
        for (index, row) in SiblingRow::ALL.iter().enumerate() {
            let twin = SiblingRow::ALL[index + 1..].iter().find(|other| other.code() == row.code());
            assert_eq!(twin, None);
        }
    }
}
