//! The state hook over the network: set-up, teardown, and what it says of bad requests.

use super::{Desk, setup};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_torn_down_state_is_gone() {
    let desk = Desk::open(&[]).await;
    let state = "an image pipeline with an execution";
    let variables = desk.set_up(state, json!({ "status": "FAILED" })).await;
    assert_eq!(desk.start(&variables, "&ClientToken=t").await.0, 200);
    let teardown = json!({ "state": state, "action": "teardown", "variables": variables }).to_string();
    assert_eq!(desk.hook(teardown.clone()).await, (StatusCode::OK, json!({})));
    assert_eq!(desk.hook(teardown).await, (StatusCode::OK, json!({})));
    assert_eq!(desk.start(&variables, "&ClientToken=t").await.0, 404);
    let next = desk.set_up("an image pipeline", json!({})).await;
    assert_eq!(desk.start(&next, "&ClientToken=t").await.0, 200);
}

#[tokio::test]
async fn regions_are_told_by_their_states() {
    let desk = Desk::open(&[]).await;
    let home = desk.set_up("a region", json!({})).await;
    let other = desk.set_up("another region", json!({})).await;
    assert_ne!(home["region"], other["other_region"]);
    let variables = desk.set_up("an image pipeline", json!({})).await;
    let abroad = json!({ "region": other["other_region"], "pipeline": variables["pipeline"] });
    let (status, body) = desk.start(&abroad, "").await;
    assert_eq!((status, &body["Code"]), (404, &json!("InvalidImagePipeline.NotFound")));
}

#[tokio::test]
async fn the_hook_says_what_is_wrong_with_a_request() {
    let desk = Desk::open(&[]).await;
    let execution = "an image pipeline with an execution";
    let registry = "an image pipeline with a Docker registry of a given length";
    let malformed = "an image pipeline with malformed build content";
    for (state, params, status, part) in [
        ("an image pipelin", json!({}), 404, "; did you mean `an image pipeline`?"),
        ("else", json!({}), 404, "no state is named `else`"),
        (execution, json!({}), 400, "`status`"),
        (execution, json!({ "status": "building" }), 400, "did you mean BUILDING?"),
        (execution, json!({ "status": "none" }), 400, "no status; there are "),
        (registry, json!({ "length": -1 }), 400, "`length`"),
        (registry, json!({ "length": 1e9 }), 400, "`length`"),
        (malformed, json!({ "content": "RUN a" }), 400, "well-formed"),
        ("an image pipeline", json!({ "colour": 1 }), 400, "`colour`"),
    ] {
        let (answered, body) = desk.hook(setup(state, &params)).await;
        let error = body["error"].as_str().unwrap();
        assert_eq!(answered, status, "{error}");
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(desk.hook("no json".to_owned()).await.0, 400);
    let get = desk.client.get(desk.endpoint.states_url()).send().await.unwrap();
    assert_eq!(get.status(), 405);
}
