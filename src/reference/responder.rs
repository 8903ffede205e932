//! The endpoint inside of a `wiremock::MockServer`, behind the feature `wiremock`.
//! Main type: `Responder`. It makes a request of wiremock's what a port would have received.

use super::ReferenceSettings;
use super::breach::Breach;
use super::delivery::respond;
use super::endpoint::{LoggedService, Replied};
use super::fault::Fault;
use super::fault_kind::StartFault;
use super::hook;
use super::wire::{BODY_LIMIT, Received};
use futures_util::FutureExt;
use hyper::Uri;
use hyper::body::Bytes;
use std::sync::Arc;
use thiserror::Error;
use wiremock::{Request, Respond, ResponseTemplate};

/// The reference endpoint as a responder of wiremock. Clones share their state.
///
/// Mount it for any request: what no mock matches is answered by wiremock, with an empty 404. States are set up by a POST
/// to [`Responder::STATES`], as with `proofmark serve`.
///
/// ```
/// use proofmark::reference::{Responder, ReferenceSettings};
/// use wiremock::matchers::any;
/// use wiremock::{Mock, MockServer};
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let client = reqwest::Client::builder().no_proxy().build()?;
/// let server = MockServer::start().await;
/// Mock::given(any()).respond_with(Responder::new(ReferenceSettings::default())?).mount(&server).await;
///
/// let states = format!("{}{}", server.uri(), Responder::STATES);
/// let made = client.post(states).body(r#"{"state": "an image pipeline"}"#).send().await?.text().await?;
/// let made: serde_json::Value = serde_json::from_str(&made)?;
/// let pipeline = made["pipeline"].as_str().unwrap();
///
/// let start = "Action=StartImagePipelineExecution&Version=2014-05-26&Format=JSON&RegionId=cn-hangzhou";
/// let url = format!("{}/?{start}&ImagePipelineId={pipeline}", server.uri());
/// assert_eq!(client.get(&url).send().await?.status(), 200);
/// // It runs now, and must not be started again.
/// assert_eq!(client.get(&url).send().await?.status(), 403);
/// # Ok(())
/// # }
/// ```
///
/// # What differs from a port
///
/// - wiremock reads a request's target as a browser reads a URL. Dot segments of the path are resolved, so that `/./`
///   is answered as `/` is, and not as an unknown action. In the query, `'` and letters outside of ASCII are
///   percent-encoded. Parameters decode to the same values; one that is sent twice stays so, and bytes that are not
///   UTF-8 stay undecodable. Both signatures cover decoded parameters, and are verified as at a port. A target that is
///   not a URL, such as `*`, panics in wiremock.
/// - A target that is longer than 64 KiB once it is encoded so is answered with an empty 414.
/// - wiremock answers one request at a time, reads bodies of any size, and remembers every request unless it is built with
///   `disable_request_recording`.
/// - `listen` and `identity` of the settings do not count: the port is wiremock's, and is not encrypted.
#[derive(Clone, Debug)]
pub struct Responder(Arc<LoggedService>);

/// A fault cannot be shown through wiremock, which hands out whole answers, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the fault `{fault}` cannot be shown through wiremock; serve the endpoint on a port of its own")]
pub struct UnfitFault {
    /// The name of the fault.
    pub fault: String,
}

impl Responder {
    /// The path of the state hook.
    pub const STATES: &'static str = hook::PATH;

    /// A responder with a state of its own.
    ///
    /// # Errors
    ///
    /// `UnfitFault` for the faults of transport, and for the one that lets starts overtake each other.
    pub fn new(settings: ReferenceSettings) -> Result<Self, UnfitFault> {
        if let Some(fault) = settings.faults.iter().find(|fault| is_unfit(**fault)) {
            return Err(UnfitFault { fault: fault.to_string() });
        }
        Ok(Self(Arc::new(LoggedService::new(settings))))
    }
}

fn is_unfit(fault: Fault) -> bool {
    matches!(fault.breach, Breach::Transport(_) | Breach::Start(StartFault::StartRace))
}

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let Ok(target) = format!("{}{query}", request.url.path()).parse::<Uri>() else {
            return ResponseTemplate::new(414);
        };
        let mut read = hyper::Request::new(());
        *read.method_mut() = request.method.clone();
        *read.uri_mut() = target;
        *read.headers_mut() = request.headers.clone();
        let (parts, ()) = read.into_parts();
        let kept = &request.body[..request.body.len().min(BODY_LIMIT)];
        let received = Received::new(Bytes::copy_from_slice(kept), request.body.len());
        let replied = self.0.answer(&parts, &received).now_or_never();
        let (Replied::Hook(reply) | Replied::Call(reply)) =
            replied.expect("only a fault that is not taken makes an answer wait");
        template(&respond(reply))
    }
}

fn template(response: &hyper::Response<Bytes>) -> ResponseTemplate {
    let whole = ResponseTemplate::new(response.status()).set_body_bytes(response.body().as_ref());
    let headers = response.headers().iter();
    headers.fold(whole, |whole, (name, value)| whole.insert_header(name, value))
}
