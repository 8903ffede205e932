//! Lists: their shapes in JSON and XML, filters, order, pages and times.

use super::{Counter, each};
use serde_json::json;

const EXECUTIONS: &str = "DescribeImagePipelineExecutions";
const PIPELINES: &str = "DescribeImagePipelines";

#[tokio::test]
async fn executions_are_shown_with_their_times() {
    let counter = Counter::open();
    let pipeline = counter.create("&ResourceGroupId=rg-1").await;
    let first = counter.start(&pipeline).await;
    counter.cancel(&first).await;
    let second = counter.start(&pipeline).await;
    let mut body = counter.list(EXECUTIONS, &format!("&ImagePipelineId={pipeline}")).await;
    let id = body["RequestId"].take();
    assert_eq!(id.as_str().unwrap().len(), 36);
    let shown = |execution: &str, status: &str, created: &str, modified: &str| {
        json!({
            "CreationTime": created,
            "ExecutionId": execution,
            "ImageId": "",
            "ImagePipelineId": pipeline,
            "Message": "",
            "ModifiedTime": modified,
            "ResourceGroupId": "rg-1",
            "Status": status,
            "Tags": { "Tag": [] },
        })
    };
    let expected = json!({
        "ImagePipelineExecution": { "ImagePipelineExecutionSet": [
            shown(&first, "CANCELLED", "2020-11-24T06:00:01Z", "2020-11-24T06:00:02Z"),
            shown(&second, "PREPARING", "2020-11-24T06:00:03Z", "2020-11-24T06:00:03Z"),
        ] },
        "TotalCount": 2,
        "MaxResults": 50,
        "NextToken": "",
        "RequestId": null,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn lists_in_xml_repeat_the_set_for_each_item() {
    let counter = Counter::open();
    let pipeline = counter.create("&Tag.1.Key=%3C%26").await;
    let (_, body) = counter.ask_for_text(PIPELINES, "&Format=XML").await;
    assert!(body.contains("<DescribeImagePipelinesResponse><ImagePipeline><ImagePipelineSet>"), "{body}");
    assert!(
        body.contains("<Tags><Tag><TagKey>&lt;&amp;</TagKey><TagValue></TagValue></Tag></Tags>"),
        "{body}"
    );
    for _ in 0..2 {
        let execution = counter.start(&pipeline).await;
        counter.cancel(&execution).await;
    }
    let (_, body) = counter.ask_for_text(EXECUTIONS, &format!("&ImagePipelineId={pipeline}")).await;
    assert_eq!(body.matches("<ImagePipelineExecutionSet>").count(), 2);
    assert!(body.contains("</ImagePipelineExecution><TotalCount>2</TotalCount><MaxResults>50</MaxResults>"));
    assert!(body.ends_with("</RequestId></DescribeImagePipelineExecutionsResponse>"));
}

#[tokio::test]
async fn every_operation_has_its_root_in_xml() {
    let counter = Counter::open();
    let pipeline = counter.create("").await;
    let execution = counter.start(&pipeline).await;
    for (action, more) in [
        ("CreateImagePipeline", super::IMAGE.to_owned()),
        ("CancelImagePipelineExecution", format!("&ExecutionId={execution}")),
        ("DeleteImagePipeline", format!("&ImagePipelineId={pipeline}")),
        (PIPELINES, String::new()),
        (EXECUTIONS, format!("&ExecutionId={execution}")),
    ] {
        let (status, body) = counter.ask_for_text(action, &more).await;
        assert_eq!(status, 200);
        assert!(body.ends_with(&format!("</RequestId></{action}Response>")), "{body}");
    }
}

#[tokio::test]
async fn executions_are_filtered_by_status_and_id() {
    let counter = Counter::open();
    let pipeline = counter.create("").await;
    let first = counter.start(&pipeline).await;
    counter.cancel(&first).await;
    let second = counter.start(&pipeline).await;
    let other = counter.create("").await;
    for (more, expected) in [
        (format!("&ImagePipelineId={pipeline}&Status=CANCELLED"), vec![&first]),
        (format!("&ImagePipelineId={pipeline}&Status=PREPARING,CANCELLED"), vec![&first, &second]),
        (format!("&ImagePipelineId={pipeline}&Status=SUCCESS"), vec![]),
        (format!("&ExecutionId={second}"), vec![&second]),
        (format!("&ExecutionId={second}&Status=CANCELLED"), vec![]),
        (format!("&ExecutionId={second}&ImagePipelineId={pipeline}"), vec![&second]),
        (format!("&ExecutionId={second}&ImagePipelineId={other}"), vec![]),
        ("&ExecutionId=exec-none".to_owned(), vec![]),
        (format!("&ExecutionId={second}&RegionId=cn-shanghai"), vec![]),
    ] {
        let body = counter.list(EXECUTIONS, &more).await;
        let ids = each(&body, "ImagePipelineExecution", "ExecutionId");
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{more}");
        assert_eq!(body["TotalCount"], expected.len());
    }
}

#[tokio::test]
async fn pipelines_are_filtered_by_id_name_tags_and_group() {
    let counter = Counter::open();
    let a = counter.create("&Name=alpha&Tag.1.Key=k&Tag.1.Value=1&Tag.2.Key=l&ResourceGroupId=rg-1").await;
    let b = counter.create("&Name=beta&Tag.1.Key=k&Tag.1.Value=2").await;
    let c = counter.create("").await;
    for (more, expected) in [
        (String::new(), vec![&a, &b, &c]),
        (format!("&ImagePipelineId.1={c}&ImagePipelineId.20={a}&ImagePipelineId.3=ip-none"), vec![&a, &c]),
        ("&Name=beta".to_owned(), vec![&b]),
        (format!("&Name={c}"), vec![&c]),
        ("&Tag.1.Key=k".to_owned(), vec![&a, &b]),
        ("&Tag.1.Key=k&Tag.1.Value=2".to_owned(), vec![&b]),
        ("&Tag.1.Key=k&Tag.2.Key=l".to_owned(), vec![&a]),
        ("&ResourceGroupId=rg-1".to_owned(), vec![&a]),
        ("&RegionId=cn-shanghai".to_owned(), vec![]),
    ] {
        let body = counter.list(PIPELINES, &more).await;
        let ids = each(&body, "ImagePipeline", "ImagePipelineId");
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{more}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let counter = Counter::open();
    let mut created = Vec::new();
    for _ in 0..5 {
        created.push(counter.create("").await);
    }
    let (mut printed, mut next) = (Vec::new(), String::new());
    loop {
        let body = counter.list(PIPELINES, &format!("&MaxResults=2&NextToken={next}")).await;
        assert_eq!((&body["TotalCount"], &body["MaxResults"]), (&json!(5), &json!(2)));
        printed.extend(each(&body, "ImagePipeline", "ImagePipelineId"));
        body["NextToken"].as_str().unwrap().clone_into(&mut next);
        if next.is_empty() {
            break;
        }
    }
    assert_eq!(printed, created);
}

#[tokio::test]
async fn a_token_of_another_list_is_refused() {
    let counter = Counter::open();
    let pipeline = counter.create("").await;
    counter.create("").await;
    let body = counter.list(PIPELINES, "&MaxResults=1").await;
    let next = body["NextToken"].as_str().unwrap();
    for (action, more) in [
        (PIPELINES, "&Name=alpha".to_owned()),
        (PIPELINES, "&RegionId=cn-shanghai".to_owned()),
        (EXECUTIONS, format!("&ImagePipelineId={pipeline}")),
    ] {
        let (status, body) = counter.ask(action, &format!("{more}&NextToken={next}")).await;
        assert_eq!((status, &body["Code"]), (403, &json!("Invalid.NextToken")), "{more}");
    }
}

#[tokio::test]
async fn pages_of_executions_go_on_when_the_oldest_are_forgotten() {
    let counter = Counter::open();
    let pipeline = counter.create("").await;
    let mut begun = Vec::new();
    for _ in 0..34 {
        let execution = counter.start(&pipeline).await;
        counter.cancel(&execution).await;
        begun.push(execution);
    }
    let more = format!("&ImagePipelineId={pipeline}&MaxResults=30");
    let body = counter.list(EXECUTIONS, &more).await;
    assert_eq!(each(&body, "ImagePipelineExecution", "ExecutionId"), begun[2..32]);
    let next = body["NextToken"].as_str().unwrap();
    begun.push(counter.start(&pipeline).await);
    let body = counter.list(EXECUTIONS, &format!("{more}&NextToken={next}")).await;
    assert_eq!(each(&body, "ImagePipelineExecution", "ExecutionId"), begun[32..]);
    assert_eq!(body["TotalCount"], 32);
}
