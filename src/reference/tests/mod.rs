//! Tests of the endpoint as a whole: over the network in `row`, `exchange`, `hook`, `recipe` and `transport`, and without it,
//! fault by fault, in `probe`. What they share is here.

mod exchange;
mod hook;
mod probe;
mod recipe;
mod row;
mod transport;

use super::{Fault, Reference, ReferenceSettings};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// A running endpoint and a client for it.
struct Desk {
    endpoint: Reference,
    client: Client,
}

impl Desk {
    async fn open(faults: &[&str]) -> Self {
        let settings = ReferenceSettings {
            faults: faults.iter().map(|name| name.parse::<Fault>().unwrap()).collect(),
            ..ReferenceSettings::default()
        };
        let client = Client::builder().no_proxy();
        Self {
            endpoint: Reference::start(settings).await.unwrap(),
            client: client.redirect(Policy::none()).build().unwrap(),
        }
    }

    async fn hook(&self, body: String) -> (StatusCode, Value) {
        let answer = self.client.post(self.endpoint.states_url()).body(body).send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    async fn set_up(&self, state: &str, params: Value) -> Value {
        let (status, variables) = self.hook(setup(state, &params)).await;
        assert_eq!(status, 200, "{variables}");
        variables
    }

    fn get(&self, query: &str) -> RequestBuilder {
        self.client.get(format!("{}/?{query}", self.endpoint.url()))
    }

    async fn start(&self, variables: &Value, more: &str) -> (u16, Value) {
        read(self.get(&start_on(variables, more)).send().await.unwrap()).await
    }
}

async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

/// The parameters of a start on the pipeline of a state, as a query or a form body.
fn start_on(variables: &Value, more: &str) -> String {
    let start = "Action=StartImagePipelineExecution&Version=2014-05-26&Format=JSON\
                 &RegionId={region}&ImagePipelineId={pipeline}";
    filled(&format!("{start}{more}"), variables)
}

/// A text with `{region}` and `{pipeline}` replaced.
fn filled(text: &str, variables: &Value) -> String {
    let text = text.replace("{region}", variables["region"].as_str().unwrap_or("cn-hangzhou"));
    text.replace("{pipeline}", variables["pipeline"].as_str().unwrap_or("ip-none"))
}

/// The request body that sets a state up.
fn setup(state: &str, params: &Value) -> String {
    json!({ "state": state, "params": params, "action": "setup" }).to_string()
}
