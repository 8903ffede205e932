//! Tests of the endpoint as a whole: over the network in `http`, and without it, fault by fault, in `probe`.
//! What both use stands here.

mod http;
mod probe;

use serde_json::{Value, json};

/// The parameters of a start on the pipeline of a state, as a query or a form body.
fn start_on(variables: &Value, more: &str) -> String {
    let start = "Action=StartImagePipelineExecution&Version=2014-05-26&Format=JSON\
                 &RegionId={region}&ImagePipelineId={pipeline}";
    filled(&format!("{start}{more}"), variables)
}

/// A text with `{region}` and `{pipeline}` replaced.
fn filled(text: &str, variables: &Value) -> String {
    let text = text.replace(
        "{region}",
        variables["region"].as_str().unwrap_or("cn-hangzhou"),
    );
    text.replace(
        "{pipeline}",
        variables["pipeline"].as_str().unwrap_or("ip-none"),
    )
}

/// The request body that sets a state up.
fn setup(state: &str, params: &Value) -> String {
    json!({ "state": state, "params": params, "action": "setup" }).to_string()
}
