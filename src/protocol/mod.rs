//! How requests and answers are written on the wire: parameters, JSON, XML.
//!
//! Everything here is pure: from a contract's request shape and prepared values to a [`Request`],
//! and from an answer's bytes to a [`Body`]. It knows no endpoint and sends nothing.
//!
//! [`Request`]: crate::model::Request
//! [`Body`]: crate::model::Body

mod body;
mod curl;
mod digest;
mod encode;
mod json;
mod limit;
mod recorded;
mod settle;
pub mod sign;
mod xml;

pub use body::{is_same_label, labels, read_answer, read_body, read_hidden};
pub use curl::{USER_AGENT, curl_line, shell_word};
pub use digest::{Digesting, contract_digest, from_base64, sha256_hex, sha256_of, sha256_source, to_base64};
pub use encode::{EncodeError, encode, sent_params};
pub use json::{from_json, read_json, to_json};
pub use limit::{SentParameters, Tried, is_the_only_one};
pub use settle::settle;
#[cfg(test)]
pub use xml::read_xml;
