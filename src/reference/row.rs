//! The error rows that the reference endpoint can answer: status, code and message or message template.
//! Main types: `ReferenceRow`, the closed list, and `Refusal`, one row with what fills its `%s`.
//! This file knows no rule: which row applies is decided where the state is looked at.

/// Declares the rows once, so that the enum and its table cannot drift apart.
macro_rules! error_rows {
    ($($(#[$note:meta])* $variant:ident $status:literal $code:literal $template:literal)+) => {
        /// One row of the error tables: the operation's own, then those that all operations share.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum ReferenceRow { $($(#[$note])* $variant,)+ }

        impl ReferenceRow {
            /// Every row, in the order of the published table, shared rows last.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The HTTP status of the row.
            pub(super) const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// The value of the answer's `Code`.
            pub(super) const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The message, with `%s` in the place of the filling.
            pub(super) const fn template(self) -> &'static str {
                match self { $(Self::$variant => $template,)+ }
            }
        }
    };
}

error_rows! {
    OsTypeUnsupported 400 "InvalidImage.OsTypeUnsupported" "The specified base image does not support image building."
    BuildContent 400 "InvalidParameter.BuildContent" "%s."
    TestContent 400 "InvalidParameter.TestContent" "%s."
    ComponentNotSupported 400 "InvalidImageComponent.NotSupported" "%s."
    DuplicateTagKey 400 "Duplicate.TagKey" "The Tag.N.Key contain duplicate key."
    TagKeyMalformed 400 "InvalidTagKey.Malformed"
        "The specified Tag.N.Key is not valid. Tag keys cannot be empty or null, support up to 128 characters, cannot start with \"aliyun\" or \"acs:\", and cannot contain \"http://\" or \"https://\"."
    TagValueMalformed 400 "InvalidTagValue.Malformed"
        "The specified Tag.N.Value is not valid. Tag values support up to 128 characters, and cannot contain \"http://\" or \"https://\"."
    DockerRegistryMalformed 400 "InvalidDockerRepositoryCredential.DockerRegistryMalformed"
        "The specified parameter DockerRepositoryCredential.DockerRegistry is invalid. The length should be between 1 to 512 characters."
    DockerUserMalformed 400 "InvalidDockerRepositoryCredential.UserMalformed"
        "The specified parameter DockerRepositoryCredential.User is invalid. The length should be between 1 to 128 characters."
    ImageNameDuplicated 400 "InvalidImageName.Duplicated" "The specified image name is already in use."
    StartFailed 500 "StartImagePipelineExecution.Failed" "Start image pipeline execution failed."
    HasRunningExecution 403 "InvalidImagePipeline.HasRunningExecution" "%s"
    OssObjectNotAuthorized 403 "InvalidImagePipeline.OSSObjectNotAuthorized"
        "The ImportImageOptions.DiskDeviceMappings.OSSObject of the specified ImagePipeline is not allowed to access."
    OssObjectNeedRestore 403 "InvalidImagePipeline.OSSObjectNeedRestore"
        "The ImportImageOptions.DiskDeviceMappings.OSSObject of the specified ImagePipeline is an archived object and needs to be restored first."
    NoRightAccessOss 403 "InvalidOperation.NoRightAccessOSS"
        "ECS service is not authorized to access your OSS. Check your RAM roles and policies, and ensure that ecs.aliyuncs.com is authorized to assume AliyunECSImageImportDefaultRole."
    PipelineNotFound 404 "InvalidImagePipeline.NotFound" "%s"
    InstanceTypeNotFound 404 "InvalidInstanceType.NotFound" "The specified instance type does not exist."
    VSwitchNotFound 404 "InvalidVSwitchId.NotFound" "The specified VSwitchId does not exist."
    RegionNotFound 404 "InvalidRegionId.NotFound" "%s"
    ImageNotFound 404 "InvalidImage.NotFound" "%s."
    ComponentNotFound 404 "ImageComponent.NotFound" "%s."
    BaseImageNotFound 404 "InvalidImagePipeline.BaseImageNotFound" "The BaseImage of the specified ImagePipeline is not found."
    OssObjectNotFound 404 "InvalidImagePipeline.OSSObjectNotFound"
        "The ImportImageOptions.DiskDeviceMappings.OSSObject of the specified ImagePipeline is not found in this region."

    UnsupportedHttpMethod 403 "UnsupportedHTTPMethod" "This http method is not supported."
    FormatInvalid 400 "InvalidParameter.Format" "The specified parameter Format is not valid. Only XML and JSON are allowed."
    ActionMissing 400 "MissingParameter" "The input parameter \"Action\" that is mandatory for processing this request is not supplied."
    ActionNotFound 404 "InvalidAction.NotFound" "Specified api is not found, please check your url and method."
    VersionInvalid 400 "InvalidVersion" "Specified parameter Version is not valid."
    RegionMissing 400 "MissingParameter.RegionId"
        "The input parameter \"RegionId\" that is mandatory for processing this request is not supplied."
    PipelineMissing 400 "MissingParameter.ImagePipelineId"
        "The input parameter \"ImagePipelineId\" that is mandatory for processing this request is not supplied."
    TokenUnsupported 400 "InvalidClientToken.ValueNotSupported" "The ClientToken provided is invalid."
    Forbidden 403 "Forbidden.RAM"
        "User not authorized to operate on the specified resource, or this API doesn't support RAM."
    TagNumberExceeded 400 "NumberExceed.Tags" "The maximum number of tags is exceeded."
    TokenMismatch 400 "IdempotentParameterMismatch" "The request is retried with updated parameters."
    /// A parameter that is not UTF-8 once its percent-encoding is undone.
    ParameterInvalid 400 "InvalidParameter" "The specified parameter \"%s\" is not valid."
    /// Not a published row: the guard of this server against bodies that no caller of the operation needs.
    BodyTooLarge 413 "RequestEntityTooLarge" "The request body is too large."
}

impl ReferenceRow {
    /// Whether the message is a template that a filling completes.
    pub(super) fn is_template(self) -> bool {
        self.template().contains("%s")
    }
}

/// A request that was refused: the row, and the text for its `%s` where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) row: ReferenceRow,
    pub(super) filling: String,
}

impl Refusal {
    /// The message as a caller reads it.
    pub(super) fn message(&self) -> String {
        self.row.template().replace("%s", &self.filling)
    }
}

/// The most characters of foreign text that a filling repeats; more does not help a reader.
const QUOTED_CHARACTERS: usize = 64;

/// Foreign text made fit for a message: shortened, and without control characters.
pub(super) fn quote(text: &str) -> String {
    let mut safe: String = text
        .chars()
        .take(QUOTED_CHARACTERS)
        .map(|letter| if letter.is_control() { '?' } else { letter })
        .collect();
    if text.chars().nth(QUOTED_CHARACTERS).is_some() {
        safe.push_str("...");
    }
    safe
}

/// What is said of a region that is none of the world's.
pub(super) fn unknown_region(id: &str) -> String {
    format!("The specified RegionId \"{}\" does not exist.", quote(id))
}

/// What is said of a pipeline that is not in its region.
pub(super) fn unknown_pipeline(id: &str) -> String {
    format!("The specified ImagePipelineId \"{}\" does not exist in the region.", quote(id))
}

#[cfg(test)]
mod tests {
    use super::{ReferenceRow, Refusal, quote};

    #[test]
    fn no_code_stands_in_two_rows() {
        for (index, row) in ReferenceRow::ALL.iter().enumerate() {
            let twin = ReferenceRow::ALL[index + 1..].iter().find(|other| other.code() == row.code());
            assert_eq!(twin, None);
        }
    }

    #[test]
    fn a_filling_takes_the_place_of_the_marker() {
        let refusal = Refusal { row: ReferenceRow::BuildContent, filling: "Line 1 is odd".to_owned() };
        assert_eq!(refusal.message(), "Line 1 is odd.");
    }

    #[test]
    fn quoted_text_is_short_and_plain() {
        let hostile = format!("a\r\n\u{0}{}", "é".repeat(100));
        let safe = quote(&hostile);
        assert!(safe.starts_with("a???é"));
        assert_eq!(safe.chars().count(), 67);
    }
}
