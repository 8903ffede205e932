//! A pipeline is brought through its states over the network, by nothing but the API.

use super::{Desk, read};
use serde_json::Value;

impl Desk {
    async fn ask(&self, action: &str, more: &str) -> (u16, Value) {
        let query = format!("Action={action}&Version=2014-05-26&Format=JSON&RegionId=cn-hangzhou{more}");
        read(self.get(&query).send().await.unwrap()).await
    }

    async fn code(&self, action: &str, more: &str) -> (u16, String) {
        let (status, body) = self.ask(action, more).await;
        (status, body["Code"].as_str().unwrap_or_default().to_owned())
    }
}

const FINE: (u16, String) = (200, String::new());

#[tokio::test]
async fn a_recipe_needs_nothing_but_the_api() {
    let desk = Desk::open(&[]).await;
    let image = "&BaseImageType=IMAGE&BaseImage=aliyun_3_x64_20G_alibase_20240819.vhd";
    let (_, created) = desk.ask("CreateImagePipeline", &format!("{image}&Name=recipe&ClientToken=one")).await;
    let id = created["ImagePipelineId"].as_str().unwrap();
    let on = format!("&ImagePipelineId={id}");
    let (_, shown) = desk.ask("DescribeImagePipelines", &format!("&ImagePipelineId.1={id}")).await;
    assert_eq!(shown["ImagePipeline"]["ImagePipelineSet"][0]["Name"], "recipe");

    let (_, started) = desk.ask("StartImagePipelineExecution", &on).await;
    let (_, shown) = desk.ask("DescribeImagePipelineExecutions", &on).await;
    let execution = &shown["ImagePipelineExecution"]["ImagePipelineExecutionSet"][0];
    assert_eq!(execution["ExecutionId"], started["ExecutionId"]);
    assert_eq!(execution["Status"], "PREPARING");
    let running = (403, "InvalidImagePipeline.HasRunningExecution".to_owned());
    assert_eq!(desk.code("StartImagePipelineExecution", &on).await, running);
    assert_eq!(desk.code("DeleteImagePipeline", &on).await, running);

    let cancel = format!("&ExecutionId={}", started["ExecutionId"].as_str().unwrap());
    assert_eq!(desk.code("CancelImagePipelineExecution", &cancel).await, FINE);
    let failed = (400, "InvalidStatus.CancelFailed".to_owned());
    assert_eq!(desk.code("CancelImagePipelineExecution", &cancel).await, failed);
    let (status, again) = desk.ask("StartImagePipelineExecution", &on).await;
    assert_eq!(status, 200);
    assert_ne!(again["ExecutionId"], started["ExecutionId"]);
    let cancel = format!("&ExecutionId={}", again["ExecutionId"].as_str().unwrap());
    assert_eq!(desk.code("CancelImagePipelineExecution", &cancel).await, FINE);

    assert_eq!(desk.code("DeleteImagePipeline", &on).await, FINE);
    let gone = (404, "InvalidImagePipeline.NotFound".to_owned());
    for action in ["StartImagePipelineExecution", "DescribeImagePipelineExecutions", "DeleteImagePipeline"] {
        assert_eq!(desk.code(action, &on).await, gone);
    }
    let forgotten = (404, "InvalidImagePipelineExecution.NotFound".to_owned());
    assert_eq!(desk.code("CancelImagePipelineExecution", &cancel).await, forgotten);
}
