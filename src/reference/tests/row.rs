//! Each error row over the network: brought about by a state or a parameter, and answered as it is published.

use super::{Desk, start_on};
use crate::reference::row::ReferenceRow;
use serde_json::Value;

/// Code, state, parameters of the state, and what is added to a start.
const CASES: &str = r#"
InvalidImage.OsTypeUnsupported | an image pipeline whose base image cannot be built on | {} |
InvalidParameter.BuildContent | an image pipeline with malformed build content | {} |
InvalidParameter.TestContent | an image pipeline with malformed test content | {} |
InvalidImageComponent.NotSupported | an image pipeline with an unsupported component | {} |
Duplicate.TagKey | an image pipeline | {} | &Tag.1.Key=k&Tag.7.Key=k
InvalidTagKey.Malformed | an image pipeline | {} | &Tag.1.Key=acs:k
InvalidTagValue.Malformed | an image pipeline | {} | &Tag.1.Key=k&Tag.1.Value=http://v
InvalidDockerRepositoryCredential.DockerRegistryMalformed | an image pipeline with a Docker registry of a given length | {"length": 513} |
InvalidDockerRepositoryCredential.UserMalformed | an image pipeline with a Docker user of a given length | {"length": "129"} |
InvalidImageName.Duplicated | an image pipeline whose image name is taken | {} |
StartImagePipelineExecution.Failed | an image pipeline whose build service is down | {} |
InvalidImagePipeline.HasRunningExecution | an image pipeline with an execution | {"status": "BUILDING"} |
InvalidImagePipeline.OSSObjectNotAuthorized | an image pipeline with an OSS object that may not be read | {} |
InvalidImagePipeline.OSSObjectNeedRestore | an image pipeline with an archived OSS object | {} |
InvalidOperation.NoRightAccessOSS | an image pipeline without the OSS role | {} |
InvalidImagePipeline.NotFound | a deleted image pipeline | {} |
InvalidInstanceType.NotFound | an image pipeline whose instance type is gone | {} |
InvalidVSwitchId.NotFound | an image pipeline whose vSwitch is gone | {} |
InvalidRegionId.NotFound | an image pipeline | {} | &RegionId=xx-nowhere
InvalidImage.NotFound | an image pipeline whose image family is empty | {} |
ImageComponent.NotFound | an image pipeline with a missing component | {} |
InvalidImagePipeline.BaseImageNotFound | an image pipeline whose base image is gone | {} |
InvalidImagePipeline.OSSObjectNotFound | an image pipeline with a missing OSS object | {} |
InvalidParameter.Format | an image pipeline | {} | &Format=yaml
MissingParameter | an image pipeline | {} | &Action=
InvalidAction.NotFound | an image pipeline | {} | &Action=StopImagePipelineExecution
InvalidVersion | an image pipeline | {} | &Version=2014-05-27
MissingParameter.RegionId | an image pipeline | {} | &RegionId=
MissingParameter.ImagePipelineId | an image pipeline | {} | &ImagePipelineId=
InvalidClientToken.ValueNotSupported | an image pipeline | {} | &ClientToken=%E7%95%8C
NumberExceed.Tags | an image pipeline | {} | &Tag.21.Key=k
InvalidParameter | an image pipeline | {} | &Other=%FF
Forbidden.RAM | an image pipeline that the caller may not start | {} |
"#;

fn cases() -> impl Iterator<Item = (ReferenceRow, [&'static str; 3])> {
    CASES.trim().lines().map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [code, state, params, more] = cells.try_into().unwrap();
        let row = ReferenceRow::ALL.iter().find(|row| row.code() == code);
        (*row.unwrap(), [state, params, more])
    })
}

#[tokio::test]
async fn every_row_is_answered_with_its_status_code_and_message() {
    let desk = Desk::open(&[]).await;
    for (row, [state, params, more]) in cases() {
        let params = serde_json::from_str(params).unwrap();
        let variables = desk.set_up(state, params).await;
        let answer = desk.get(&start_on(&variables, more)).send().await.unwrap();
        assert_eq!(answer.status(), row.status(), "{row:?}");
        let text = answer.text().await.unwrap();
        if row == ReferenceRow::FormatInvalid {
            // Where no format is understood the answer has the default one, which is XML.
            assert!(text.contains("<Code>InvalidParameter.Format</Code>"));
            continue;
        }
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["Code"], row.code());
        let filling = filling(row, body["Message"].as_str().unwrap());
        assert_eq!(filling.is_empty(), !row.is_template(), "{text}");
        assert!(!filling.contains("%s"));
    }
}

/// What is in the place of the `%s` of the row's message.
fn filling(row: ReferenceRow, message: &str) -> &str {
    let whole = (row.template(), "");
    let (before, after) = row.template().split_once("%s").unwrap_or(whole);
    let rest = message.strip_prefix(before).unwrap();
    rest.strip_suffix(after).unwrap()
}

#[test]
fn no_row_is_left_out() {
    let covered: Vec<ReferenceRow> = cases().map(|(row, _)| row).collect();
    let missing = ReferenceRow::ALL.iter().filter(|row| !covered.contains(row));
    // A method, a large body and a replay are not one start in one state: they have tests of their own.
    let elsewhere =
        [ReferenceRow::UnsupportedHttpMethod, ReferenceRow::TokenMismatch, ReferenceRow::BodyTooLarge];
    assert_eq!(missing.copied().collect::<Vec<_>>(), elsewhere);
}
