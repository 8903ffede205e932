//! How requests and answers are written on the wire: parameters, JSON, XML.
//!
//! Everything here is pure: from a contract's request shape and prepared values to a [`Request`],
//! and from an answer's bytes to a [`Body`]. It knows no endpoint and sends nothing.
//!
//! [`Request`]: crate::model::Request
//! [`Body`]: crate::model::Body

mod body;
mod encode;
mod json;
mod recorded;
mod settle;
mod xml;

pub use body::{is_same_label, labels, read_answer, read_body, read_hidden};
pub use encode::{EncodeError, encode, sent_params};
pub use json::{from_json, read_json, to_json};
pub use settle::settle;
#[cfg(test)]
pub use xml::read_xml;
