//! Each rule of the operations, broken once: status, code and message of the answer.

use super::{Counter, IMAGE};
use crate::reference::operation::row::SiblingRow;
use serde_json::json;

/// Status, code, operation, and what is added to its parameters; `{image}` is all that a creation needs, `{pipeline}` a
/// pipeline with a running execution.
const CASES: &str = "
400 MissingParameter.RegionId | CreateImagePipeline | {image}&RegionId=
404 InvalidRegionId.NotFound | CreateImagePipeline | {image}&RegionId=xx-nowhere
400 MissingParameter.BaseImageType | CreateImagePipeline |
400 InvalidBaseImageType.NotSupportedValue | CreateImagePipeline | {image}&BaseImageType=image
400 MissingParameter.BaseImage | CreateImagePipeline | &BaseImageType=IMAGE
400 MissingParameter.BaseImage | CreateImagePipeline | &BaseImageType=IMAGE_FAMILY
404 InvalidImage.NotFound | CreateImagePipeline | &BaseImageType=IMAGE&BaseImage=m-none
404 InvalidImage.NotFound | CreateImagePipeline | &BaseImageType=IMAGE_FAMILY&BaseImage=none
400 InvalidClientToken.ValueNotSupported | CreateImagePipeline | {image}&ClientToken=%E7%95%8C
400 Duplicate.TagKey | CreateImagePipeline | {image}&Tag.1.Key=k&Tag.2.Key=k
400 InvalidTagKey.Malformed | CreateImagePipeline | {image}&Tag.1.Key=acs:k
400 InvalidTagKey.Malformed | CreateImagePipeline | {image}&TemplateTag.1.Key=acs:k
400 InvalidTagValue.Malformed | CreateImagePipeline | {image}&Tag.1.Key=k&Tag.1.Value=http://v
400 NumberExceed.Tags | CreateImagePipeline | {image}&Tag.21.Key=k
400 InvalidName.Malformed | CreateImagePipeline | {image}&Name=1a
400 InvalidDescription.Malformed | CreateImagePipeline | {image}&Description=a
400 InvalidDescription.Malformed | CreateImagePipeline | {image}&Description=http://a
400 InvalidImageName.Malformed | CreateImagePipeline | {image}&ImageName=a
400 InvalidSystemDiskSize.NotSupportedValue | CreateImagePipeline | {image}&SystemDiskSize=19
400 InvalidSystemDiskSize.NotSupportedValue | CreateImagePipeline | {image}&SystemDiskSize=501
400 InvalidInternetMaxBandwidthOut.NotSupportedValue | CreateImagePipeline | {image}&InternetMaxBandwidthOut=101
400 InvalidAddAccountSize.ExceededMaxNumber | CreateImagePipeline | {image}&AddAccount.21=1
400 InvalidToRegionIdSize.ExceededMaxNumber | CreateImagePipeline | {image}&ToRegionId.21=cn-hangzhou
400 InvalidParameter | CreateImagePipeline | {image}&DeleteInstanceOnFailure=perhaps
400 InvalidParameter.BuildContent | CreateImagePipeline | {image}&BuildContent=LAUNCH+rocket
400 InvalidParameter.BuildContent | CreateImagePipeline | &BaseImageType=OSS&BuildContent=LAUNCH+rocket
400 InvalidParameter.TestContent | CreateImagePipeline | {image}&TestContent=FROM+a
404 ImageComponent.NotFound | CreateImagePipeline | {image}&BuildContent=COMPONENT+ic-none
400 MissingParameter.RegionId | DescribeImagePipelines | &RegionId=
404 InvalidRegionId.NotFound | DescribeImagePipelines | &RegionId=xx-nowhere
400 InvalidImagePipelineIdSize.ExceededMaxNumber | DescribeImagePipelines | &ImagePipelineId.21=ip-1
400 InvalidName.Malformed | DescribeImagePipelines | &Name=a
400 InvalidTagKey.Malformed | DescribeImagePipelines | &Tag.1.Key=
400 InvalidParameter | DescribeImagePipelines | &MaxResults=501
400 InvalidParameter | DescribeImagePipelines | &MaxResults=0
403 Invalid.NextToken | DescribeImagePipelines | &NextToken=AAAA
400 MissingParameter.RegionId | DescribeImagePipelineExecutions | &RegionId=&ImagePipelineId={pipeline}
404 InvalidRegionId.NotFound | DescribeImagePipelineExecutions | &RegionId=xx&ImagePipelineId={pipeline}
400 MissingParameter.ImagePipelineId | DescribeImagePipelineExecutions |
400 InvalidParameter.Status | DescribeImagePipelineExecutions | &ImagePipelineId={pipeline}&Status=BUILDING,building
400 InvalidParameter.Status | DescribeImagePipelineExecutions | &ImagePipelineId={pipeline}&Status=BUILDING,
400 InvalidParameter | DescribeImagePipelineExecutions | &ImagePipelineId={pipeline}&MaxResults=many
403 Invalid.NextToken | DescribeImagePipelineExecutions | &ImagePipelineId={pipeline}&NextToken=0
404 InvalidImagePipeline.NotFound | DescribeImagePipelineExecutions | &ImagePipelineId=ip-none
404 InvalidImagePipeline.NotFound | DescribeImagePipelineExecutions | &RegionId=cn-shanghai&ImagePipelineId={pipeline}
400 MissingParameter.RegionId | CancelImagePipelineExecution | &RegionId=&ExecutionId={execution}
404 InvalidRegionId.NotFound | CancelImagePipelineExecution | &RegionId=xx&ExecutionId={execution}
400 MissingParameter.ExecutionId | CancelImagePipelineExecution |
404 InvalidImagePipelineExecution.NotFound | CancelImagePipelineExecution | &ExecutionId=exec-none
404 InvalidImagePipelineExecution.NotFound | CancelImagePipelineExecution | &RegionId=cn-shanghai&ExecutionId={execution}
400 InvalidStatus.CancelFailed | CancelImagePipelineExecution | &ExecutionId={execution}
400 MissingParameter.RegionId | DeleteImagePipeline | &RegionId=&ImagePipelineId={pipeline}
404 InvalidRegionId.NotFound | DeleteImagePipeline | &RegionId=xx&ImagePipelineId={pipeline}
400 MissingParameter.ImagePipelineId | DeleteImagePipeline |
404 InvalidImagePipeline.NotFound | DeleteImagePipeline | &ImagePipelineId=ip-none
404 InvalidImagePipeline.NotFound | DeleteImagePipeline | &RegionId=cn-shanghai&ImagePipelineId={pipeline}
403 InvalidImagePipeline.HasRunningExecution | DeleteImagePipeline | &ImagePipelineId={pipeline}
";

#[tokio::test]
async fn every_broken_rule_is_answered_with_its_row() {
    let counter = Counter::open();
    let state = counter.set_up("an image pipeline with an execution", &json!({ "status": "TESTING" }));
    let (pipeline, execution) = (state["pipeline"].as_str().unwrap(), state["execution"].as_str().unwrap());
    for case in CASES.trim().lines() {
        let cells: Vec<&str> = case.split('|').map(str::trim).collect();
        let [expected, action, more] = cells.try_into().unwrap();
        let more = more.replace("{image}", IMAGE);
        let more = more.replace("{pipeline}", pipeline).replace("{execution}", execution);
        let (status, body) = counter.ask(action, &more).await;
        assert_eq!(format!("{status} {}", body["Code"].as_str().unwrap()), expected, "{case}");
        let message = body["Message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains("%s"), "{message}");
    }
}

#[test]
fn no_row_is_left_out() {
    let missing = SiblingRow::ALL.iter().filter(|row| !CASES.contains(&format!(" {} |", row.code())));
    // It takes a content of 16 KB, which has a test of its own.
    assert_eq!(missing.copied().collect::<Vec<_>>(), [SiblingRow::BuildContentTooLong]);
}

#[tokio::test]
async fn a_build_content_has_up_to_16_kilobytes() {
    let counter = Counter::open();
    let create = async |name: &str, size: usize| {
        let more = format!("{IMAGE}&{name}=RUN+{}", "a".repeat(size - 4));
        counter.ask("CreateImagePipeline", &more).await
    };
    assert_eq!(create("BuildContent", 16 * 1024).await.0, 200);
    let (status, body) = create("BuildContent", 16 * 1024 + 1).await;
    assert_eq!((status, &body["Code"]), (400, &json!("InvalidBuildContent.LengthExceeded")));
    let (status, body) = create("TestContent", 16 * 1024 + 1).await;
    assert_eq!((status, &body["Code"]), (400, &json!("InvalidParameter.TestContent")));
}

#[tokio::test]
async fn text_without_a_published_limit_is_bounded() {
    let counter = Counter::open();
    for name in ["BaseImage", "InstanceType", "VSwitchId", "ResourceGroupId", "AddAccount.1", "ToRegionId.1"]
    {
        let more = format!("{IMAGE}&{name}={}", "x".repeat(257));
        let (status, body) = counter.ask("CreateImagePipeline", &more).await;
        assert_eq!((status, &body["Code"]), (400, &json!("InvalidParameter")), "{name}");
    }
}

#[tokio::test]
async fn an_execution_can_be_cancelled_in_three_statuses() {
    let counter = Counter::open();
    for (status, expected) in [
        ("BUILDING", 200),
        ("PREPARING", 200),
        ("REPAIRING", 200),
        ("TESTING", 400),
        ("DISTRIBUTING", 400),
        ("RELEASING", 400),
        ("CANCELLING", 400),
        ("CANCELLED", 400),
        ("SUCCESS", 400),
        ("PARTITION_SUCCESS", 400),
        ("FAILED", 400),
        ("TEST_FAILED", 400),
    ] {
        let state = counter.set_up("an image pipeline with an execution", &json!({ "status": status }));
        let more = format!("&ExecutionId={}", state["execution"].as_str().unwrap());
        let (answered, body) = counter.ask("CancelImagePipelineExecution", &more).await;
        assert_eq!(answered, expected, "{status} {body}");
        assert_eq!(counter.ask("CancelImagePipelineExecution", &more).await.0, 400);
    }
}

#[tokio::test]
async fn a_pipeline_is_deleted_only_when_its_executions_have_ended() {
    let counter = Counter::open();
    for (status, expected) in [
        ("CANCELLING", 403),
        ("RELEASING", 403),
        ("CANCELLED", 200),
        ("SUCCESS", 200),
        ("PARTITION_SUCCESS", 200),
        ("FAILED", 200),
        ("TEST_FAILED", 200),
    ] {
        let state = counter.set_up("an image pipeline with an execution", &json!({ "status": status }));
        let more = format!("&ImagePipelineId={}", state["pipeline"].as_str().unwrap());
        let (answered, body) = counter.ask("DeleteImagePipeline", &more).await;
        assert_eq!(answered, expected, "{status} {body}");
    }
}
