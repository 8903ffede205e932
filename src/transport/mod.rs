//! Sends requests over HTTP, with a bound on every wait and every size.
//!
//! [`Client`] is what a run sends requests with. It follows no redirect (a followed one would carry signed headers to
//! another host), takes no proxy from the environment, repeats nothing that may have been seen, and adds nothing to a
//! request but what HTTP needs and its name. A request has a connection of its own, unless connections are kept.

mod address;
mod client;
mod coding;
mod dial;
mod framing;
mod hook;
mod idle;
mod incoming;
mod link;
mod named;
mod outgoing;
mod pace;
mod refused;
mod stream;
mod tls;
mod unreadable;
mod wait;
mod watched;

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

pub use address::{Address, without_secrets};
pub use client::{Client, Turn};
pub use hook::HookAnswer;
pub use idle::Proof;
pub use pace::Rate;
pub use tls::Tls;

/// Limits on waits and sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransportLimits {
    /// To a connection.
    pub connect: Duration,
    /// From the request to the last byte of the answer; a connection is there by then.
    pub answer: Duration,
    /// The same for the answer of a state hook.
    pub hook: Duration,
    /// The largest body, in bytes, as it came and once it is decoded.
    pub body: usize,
}

impl Default for TransportLimits {
    /// 5 s to connect and 30 s to answer, as HTTP clients usually wait; 1 MiB, far above the answers of an API.
    fn default() -> Self {
        let answer = Duration::from_secs(30);
        Self { connect: Duration::from_secs(5), answer, hook: answer, body: 1024 * 1024 }
    }
}

/// Why a client or a target cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address is none.
    #[error("invalid endpoint URL `{url}`: {reason}")]
    Address {
        /// What was given.
        url: String,
        /// Why.
        reason: String,
    },
    /// A file for encrypted connections cannot be used.
    #[error("encrypted connections cannot be set up: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
}

/// Whether connections are kept for the next request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Each request has a connection of its own, so that no answer can belong to another request.
    #[default]
    Fresh,
    /// Connections are used again, as far as they are found open and empty.
    Reuse,
    /// The same, to a server of this process that sends nothing unasked: at the end nothing is waited for.
    ReuseOwn,
}

impl Keeping {
    /// The names of those that settings may ask for.
    pub const NAMES: [&'static str; 2] = ["fresh", "reuse"];
}

impl FromStr for Keeping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "fresh" => Ok(Self::Fresh),
            "reuse" => Ok(Self::Reuse),
            _ => Err(format!("`{text}` is not one of {}", Self::NAMES.join(", "))),
        }
    }
}

/// How connections are made.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// Whether they are kept.
    pub keeping: Keeping,
    /// Settings of encrypted ones.
    pub tls: Tls,
    /// A proxy that was named; none is ever taken from the environment.
    pub proxy: Option<Address>,
    /// Hosts whose address is given, and not looked up.
    pub resolve: Vec<(String, SocketAddr)>,
    /// A limit on requests of every kind, which waits.
    pub rate: Option<Rate>,
}

impl Connection {
    /// Whether what is sent to an address stays on this machine: it is a loopback address, and neither a proxy
    /// nor a given address of its host leads elsewhere.
    pub fn stays_here(&self, address: &Address) -> bool {
        let (host, _) = address.socket();
        let mut given = self.resolve.iter().filter(|(known, _)| known.eq_ignore_ascii_case(&host));
        address.is_loopback() && self.proxy.is_none() && given.all(|(_, given)| given.ip().is_loopback())
    }
}
