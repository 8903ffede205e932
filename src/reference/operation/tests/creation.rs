//! What is created: the pipeline as it is shown, replays, identifiers, and what a start makes of it.

use super::{Counter, IMAGE, each};
use serde_json::json;

#[tokio::test]
async fn a_pipeline_is_shown_as_it_was_created() {
    let counter = Counter::open();
    let id = counter
        .create(
            "&Name=one&Description=about&ImageName=built&InstanceType=ecs.x&VSwitchId=vsw-1&SystemDiskSize=500\
             &InternetMaxBandwidthOut=100&DeleteInstanceOnFailure=False&ResourceGroupId=rg-1&BuildContent=RUN+a\
             &TestContent=RUN+b&Tag.2.Key=b&Tag.1.Key=a&Tag.1.Value=1&AddAccount.2=2&AddAccount.1=1\
             &ToRegionId.1=cn-shanghai&NoSuchParameter=1",
        )
        .await;
    let body = counter.list("DescribeImagePipelines", "").await;
    let expected = json!({
        "AddAccounts": { "AddAccount": ["1", "2"] },
        "BaseImage": "aliyun_3_x64_20G_alibase_20240819.vhd",
        "BaseImageType": "IMAGE",
        "BuildContent": "RUN a",
        "CreationTime": "2020-11-24T06:00:00Z",
        "DeleteInstanceOnFailure": false,
        "Description": "about",
        "ImageName": "built",
        "ImagePipelineId": id,
        "InstanceType": "ecs.x",
        "InternetMaxBandwidthOut": 100,
        "Name": "one",
        "ResourceGroupId": "rg-1",
        "SystemDiskSize": 500,
        "Tags": { "Tag": [{ "TagKey": "a", "TagValue": "1" }, { "TagKey": "b", "TagValue": "" }] },
        "TestContent": "RUN b",
        "ToRegionIds": { "ToRegionId": ["cn-shanghai"] },
        "VSwitchId": "vsw-1",
    });
    assert_eq!(body["ImagePipeline"]["ImagePipelineSet"], json!([expected]));
}

#[tokio::test]
async fn what_is_not_given_has_the_published_default() {
    let counter = Counter::open();
    let id = counter.create("").await;
    let body = counter.list("DescribeImagePipelines", "").await;
    let shown = &body["ImagePipeline"]["ImagePipelineSet"][0];
    assert_eq!((&shown["Name"], &shown["ImageName"]), (&json!(id), &json!(id)));
    assert_eq!((&shown["SystemDiskSize"], &shown["InternetMaxBandwidthOut"]), (&json!(40), &json!(0)));
    assert_eq!(shown["DeleteInstanceOnFailure"], true);
    counter.start(&id).await;
}

#[tokio::test]
async fn a_replayed_creation_gives_the_first_pipeline() {
    let counter = Counter::open();
    let first = counter.create("&ClientToken=t&Name=one").await;
    assert_eq!(counter.create("&Name=one&ClientToken=t&Timestamp=2").await, first);
    let changed = format!("{IMAGE}&ClientToken=t&Name=two");
    let (status, body) = counter.ask("CreateImagePipeline", &changed).await;
    assert_eq!((status, &body["Code"]), (400, &json!("IdempotentParameterMismatch")));
    assert_ne!(counter.create("&ClientToken=T&Name=one").await, first);
    let body = counter.list("DescribeImagePipelines", "").await;
    assert_eq!(body["TotalCount"], 2);
}

#[tokio::test]
async fn tokens_of_creations_and_starts_do_not_meet() {
    let counter = Counter::open();
    let id = counter.create("&ClientToken=t").await;
    let more = format!("&ImagePipelineId={id}&ClientToken=t");
    assert_eq!(counter.ask("StartImagePipelineExecution", &more).await.0, 200);
}

#[tokio::test]
async fn a_token_is_forgotten_with_its_pipeline() {
    let counter = Counter::open();
    let id = counter.create("&ClientToken=t").await;
    assert_eq!(counter.ask("DeleteImagePipeline", &format!("&ImagePipelineId={id}")).await.0, 200);
    let again = counter.create("&ClientToken=t&Name=other").await;
    counter.start(&again).await;
}

#[tokio::test]
async fn a_refused_creation_leaves_nothing_behind() {
    let counter = Counter::open();
    let refused = format!("{IMAGE}&ClientToken=t&BuildContent=LAUNCH");
    assert_eq!(counter.ask("CreateImagePipeline", &refused).await.0, 400);
    assert_eq!(counter.list("DescribeImagePipelines", "").await["TotalCount"], 0);
    counter.create("&ClientToken=t").await;
}

#[tokio::test]
async fn identifiers_follow_from_tokens_whatever_others_create() {
    let (one, other) = (Counter::open(), Counter::open());
    other.create("").await;
    assert_eq!(one.create("&ClientToken=t").await, other.create("&ClientToken=t").await);
    let ids = [one.create("").await, one.create("").await];
    assert_ne!(ids[0], ids[1]);
    assert_eq!((&ids[0][..3], ids[0].len()), ("ip-", 23));
}

#[tokio::test]
async fn what_a_creation_does_not_judge_stands_in_the_way_of_the_start() {
    let counter = Counter::open();
    for (more, code) in [
        ("&InstanceType=ecs.none", "InvalidInstanceType.NotFound"),
        ("&VSwitchId=vsw-none", "InvalidVSwitchId.NotFound"),
        ("&ImageName=aliyun_3_x64_20G_alibase_20240819.vhd", "InvalidImageName.Duplicated"),
        ("&BaseImageType=OSS&BaseImage=", "InvalidOperation.NoRightAccessOSS"),
    ] {
        let id = counter.create(more).await;
        let (_, body) = counter.ask("StartImagePipelineExecution", &format!("&ImagePipelineId={id}")).await;
        assert_eq!(body["Code"], code);
    }
}

#[tokio::test]
async fn pipelines_are_built_on_images_of_the_state_hook() {
    let counter = Counter::open();
    let state = counter.set_up("an image pipeline whose base image cannot be built on", &json!({}));
    let more = format!("&ImagePipelineId.1={}", state["pipeline"].as_str().unwrap());
    let shown = counter.list("DescribeImagePipelines", &more).await;
    let image = each(&shown, "ImagePipeline", "BaseImage").remove(0);
    let more = format!("&BaseImageType=IMAGE&BaseImage={image}");
    let (status, body) = counter.ask("CreateImagePipeline", &more).await;
    assert_eq!((status, &body["Code"]), (400, &json!("InvalidImage.OsTypeUnsupported")));
    let state = counter.set_up("an image pipeline built from an image family", &json!({}));
    let more = format!("&ImagePipelineId.1={}", state["pipeline"].as_str().unwrap());
    let shown = counter.list("DescribeImagePipelines", &more).await;
    let family = each(&shown, "ImagePipeline", "BaseImage").remove(0);
    let more = format!("&BaseImageType=IMAGE_FAMILY&BaseImage={family}");
    assert_eq!(counter.ask("CreateImagePipeline", &more).await.0, 200);
}

#[tokio::test]
async fn the_oldest_pipeline_makes_room_whoever_made_it() {
    let counter = Counter::open();
    let state = counter.set_up("an image pipeline", &json!({}));
    let first = counter.create("").await;
    for _ in 0..2047 {
        counter.create("").await;
    }
    let total = counter.list("DescribeImagePipelines", "").await;
    assert_eq!(total["TotalCount"], 2048);
    let start = |id: &str| format!("&ImagePipelineId={id}");
    let of_hook = start(state["pipeline"].as_str().unwrap());
    assert_eq!(counter.ask("StartImagePipelineExecution", &of_hook).await.0, 404);
    assert_eq!(counter.ask("StartImagePipelineExecution", &start(&first)).await.0, 200);
}
