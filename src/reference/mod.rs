//! The reference endpoint: an implementation of the ECS operation `StartImagePipelineExecution` (2014-05-26) with state
//! of its own, served on a loopback port. Main types: `Reference`, a running server, and `ReferenceSettings`, what it is
//! to be. It never sees the case tables: each error arises from the state of its world. The state hook changes that
//! state, and so do the other operations, so a test can reach some states through the API alone.
//!
//! # What a request goes through
//!
//! `server` reads it with bounds, `endpoint` tells state hook and API apart, `wire` makes a `Call` of it, `gate` checks
//! what all operations have in common, `start` checks the parameters (tags in `tag`), looks at the `world` and decides,
//! `build` looks at the pipeline it is about, and `answer` writes the outcome as JSON or XML. The order of checks, where
//! the first that fails is answered:
//!
//! 1. the method is GET or POST, and the path is `/`;
//! 2. the body is of a sensible size, and parameters are UTF-8 once decoded;
//! 3. `Format`, then `Action`, then `Version`;
//! 4. the caller, if `ReferenceSettings::auth` asks for a signature; `auth` has the order of its checks and where its
//!    codes are from;
//! 5. `RegionId`, then `ImagePipelineId`: given and not empty;
//! 6. `ClientToken`: ASCII and up to 64 characters; an empty one counts as not given;
//! 7. tags: their number, then keys, then values, then keys that occur twice, `Tag` and `TemplateTag` alike;
//! 8. the region exists, then the pipeline exists in it;
//! 9. the caller may start the pipeline; then the token: a replay gets the first result, other parameters a refusal;
//! 10. no execution of the pipeline is running;
//! 11. the base image exists, then can be built on; for OSS first the role, the object, the right to read it, and that it
//!     is not archived;
//! 12. build content, then test content, then each component: it exists, then fits the operating system;
//! 13. the Docker registry, then the Docker user;
//! 14. the instance type, then the vSwitch, then the image name, then the build service of the zone.
//!
//! # Where the sources are silent or disagree
//!
//! - A parameter that is sent twice has its last value, and the form body comes after the query.
//! - A body is a form if its type says so or if it has no type; any other body is not looked at.
//! - Without `Format` the answer is XML if `Action` is a parameter, and JSON if only the header `x-acs-action` names it.
//! - `acs:` at the start of a tag value is refused, as the text on tags has it; the error message does not mention it.
//! - Forbidden parts of tags are recognised as they are written: `ACS:`, `Aliyun` and `HTTP://` are not forbidden.
//! - Tag numbers may have gaps; a number outside of 1 to 20 is answered as one tag too many.
//! - `TemplateTag`, which is deprecated, is held to the rules of `Tag` and answered with the same codes.
//! - A token belongs to its region. It is forgotten with its pipeline; failures are never remembered.
//! - A replay must have the same tags in any order and all other parameters alike, also unknown ones; those of signature
//!   and format do not count.
//! - `CANCELLING` is a running status.
//! - The name of the image to build is compared with the names of the images in the region, exactly as it is written.
//! - Executions do not go on by themselves: a status stays what the state hook made it, until it is cancelled.
//!
//! # The other operations
//!
//! `CreateImagePipeline`, `DescribeImagePipelines`, `DescribeImagePipelineExecutions`, `CancelImagePipelineExecution` and
//! `DeleteImagePipeline` share the checks up to the caller, and go on in `operation`, where their own order of checks and
//! their choices are listed. They share their pipelines with the state hook: all operations see a pipeline, however it
//! was made. Beyond 2,048 pipelines, the oldest goes first.
//!
//! # Faults
//!
//! A `Fault` breaks one promise on purpose, so that a checker can be seen to fail. Rules read faults through `Policy`,
//! answers through `Flaws`, and the transport through `Delivery`; the state hook has none. Faults of the rules and rows that
//! a start shares with the other operations show in these, too; what only those have is never broken.

mod answer;
mod auth;
mod auth_row;
mod bounded;
mod breach;
mod build;
mod calendar;
mod client_token;
mod conduct;
mod content;
mod delivery;
mod draft;
mod endpoint;
mod execution;
mod fault;
mod fault_kind;
mod fault_slice;
mod flaw;
mod gate;
mod hook;
mod id;
mod identity;
mod image;
mod operation;
mod pipeline;
mod policy;
mod promise;
mod request_log;
mod resource;
#[cfg(feature = "wiremock")]
mod responder;
mod row;
#[cfg(feature = "self-signed")]
mod self_signed;
mod server;
mod service;
mod slice;
mod start;
mod state;
mod tag;
mod token_policy;
mod wire;
mod wire_format;
mod wire_policy;
mod world;

#[cfg(test)]
mod tests;

pub use crate::sign::{Credentials, Secret};
pub use auth::{AuthMode, Clock};
pub use fault::{Fault, FaultEntry, UnknownFault};
pub(crate) use gate::carries;
pub(crate) use hook::first_variables;
pub use identity::{Identity, IdentityError};
pub use request_log::{LoggedRequest, RequestLog};
#[cfg(feature = "wiremock")]
pub use responder::{Responder, UnfitFault};
pub use slice::Facts;

use calendar::EXAMPLE_TIME;
use server::Server;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What a reference endpoint is to be.
#[derive(Clone, Debug)]
pub struct ReferenceSettings {
    /// The address to listen on; port 0 takes any free port.
    pub listen: SocketAddr,
    /// What all identifiers derive from.
    pub seed: u64,
    /// The `CreationTime` of every pipeline; no time passes but a second for each change of a pipeline.
    pub creation_time: SystemTime,
    /// The promises to break.
    pub faults: Vec<Fault>,
    /// The log that records each request, if there is one.
    pub log: Option<RequestLog>,
    /// Which signatures to ask for.
    pub auth: AuthMode,
    /// The keys that signatures may be made with.
    pub keys: Vec<Credentials>,
    /// The clock that the times of signatures are compared with.
    pub clock: Clock,
    /// What the endpoint shows of itself on encrypted connections; without it nothing is encrypted.
    pub identity: Option<Identity>,
}

impl Default for ReferenceSettings {
    /// A free loopback port, seed 0, the time of the published examples, no faults, and no look at signatures.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 0,
            creation_time: UNIX_EPOCH + EXAMPLE_TIME,
            faults: Vec::new(),
            log: None,
            auth: AuthMode::default(),
            keys: Vec::new(),
            clock: Clock::default(),
            identity: None,
        }
    }
}

/// A reference endpoint that is being served. It stops when it is dropped.
#[derive(Debug)]
pub struct Reference {
    address: SocketAddr,
    scheme: &'static str,
    serving: JoinHandle<()>,
    closing: watch::Sender<bool>,
}

/// How long requests that are under way may take to end when the endpoint is shut down.
const SHUT_DOWN_TIME: Duration = Duration::from_secs(5);

/// A reference endpoint could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("listen on {listen}")]
    Listen {
        /// The address that was asked for.
        listen: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl Reference {
    /// Starts an endpoint on the current Tokio runtime.
    ///
    /// # Errors
    ///
    /// `StartError::Listen` if the address cannot be listened on.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime with its I/O and time drivers.
    pub async fn start(settings: ReferenceSettings) -> Result<Self, StartError> {
        let listen = settings.listen;
        let failed = |source| StartError::Listen { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let scheme = if settings.identity.is_some() { "https" } else { "http" };
        let server = Server::new(settings);
        let closing = watch::Sender::new(false);
        let serving = tokio::spawn(server.serve(listener, closing.subscribe()));
        Ok(Self { address, scheme, serving, closing })
    }

    /// The URL of the endpoint, without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// The URL of the state hook.
    #[must_use]
    pub fn states_url(&self) -> String {
        format!("{}{}", self.url(), hook::PATH)
    }

    /// Stops the endpoint: no further connection is taken, requests under way get their answers for a
    /// bounded time, and the port is free when this comes back.
    pub async fn shut_down(mut self) {
        self.closing.send_replace(true);
        if timeout(SHUT_DOWN_TIME, &mut self.serving).await.is_err() {
            self.serving.abort();
            // The task was aborted, so its error is expected.
            let _ = (&mut self.serving).await;
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
