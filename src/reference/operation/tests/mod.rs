//! Tests of the sibling operations without a network; what they share is here.
//! The walk over the network is with the tests of the whole endpoint, in `recipe`.

mod creation;
mod denial;
mod listing;

use crate::reference::auth::Guard;
use crate::reference::calendar::{Calendar, EXAMPLE_TIME};
use crate::reference::service::Service;
use crate::reference::wire::{BodySize, Received};
use hyper::Request;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::time::UNIX_EPOCH;

/// A service that is asked directly.
struct Counter {
    service: Service,
}

impl Counter {
    fn open() -> Self {
        Self { service: Service::new(7, Calendar::at(UNIX_EPOCH + EXAMPLE_TIME), &[], Guard::default()) }
    }

    /// Asks for an operation in `cn-hangzhou`, unless the parameters name another region.
    async fn ask(&self, action: &str, more: &str) -> (u16, Value) {
        let (status, body) = self.ask_for_text(action, &format!("&Format=JSON{more}")).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    async fn ask_for_text(&self, action: &str, more: &str) -> (u16, String) {
        let query = format!("Action={action}&Version=2014-05-26&RegionId=cn-hangzhou{more}");
        // A form body, since some parameters are longer than a target may be.
        let (parts, ()) = Request::post("/").body(()).unwrap().into_parts();
        let received = Received { bytes: Bytes::from(query), size: BodySize::Whole };
        let reply = self.service.answer(&self.service.read(&parts, &received)).await;
        (reply.status, String::from_utf8(reply.body).unwrap())
    }

    /// A pipeline made through the API, by its id.
    async fn create(&self, more: &str) -> String {
        let (status, body) = self.ask("CreateImagePipeline", &format!("{IMAGE}{more}")).await;
        assert_eq!(status, 200, "{body}");
        body["ImagePipelineId"].as_str().unwrap().to_owned()
    }

    /// Starts an execution, and gives its id.
    async fn start(&self, pipeline: &str) -> String {
        let more = format!("&ImagePipelineId={pipeline}");
        let (status, body) = self.ask("StartImagePipelineExecution", &more).await;
        assert_eq!(status, 200, "{body}");
        body["ExecutionId"].as_str().unwrap().to_owned()
    }

    async fn cancel(&self, execution: &str) {
        let more = format!("&ExecutionId={execution}");
        assert_eq!(self.ask("CancelImagePipelineExecution", &more).await.0, 200);
    }

    /// What the state hook brings about.
    fn set_up(&self, state: &str, params: &Value) -> Value {
        let request = json!({ "state": state, "params": params }).to_string();
        let reply = self.service.state(request.as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    async fn list(&self, action: &str, more: &str) -> Value {
        let (status, body) = self.ask(action, more).await;
        assert_eq!(status, 200, "{body}");
        body
    }
}

/// What a creation needs.
const IMAGE: &str = "&BaseImageType=IMAGE&BaseImage=aliyun_3_x64_20G_alibase_20240819.vhd";

/// One field of each item of a list.
fn each(body: &Value, kind: &str, field: &str) -> Vec<String> {
    let items = body[kind][format!("{kind}Set")].as_array().unwrap();
    items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}
