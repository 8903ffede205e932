//! Which requests are understood under the chosen faults. Main type: `WirePolicy`, the part of `Policy` about requests
//! as they are sent.

use super::fault_kind::WireFault;
use super::promise::PromiseState;
use super::wire_format::WireFormat;
use hyper::Method;

/// Which requests are understood.
#[derive(Clone, Debug)]
pub(super) struct WirePolicy {
    pub(super) methods: Vec<Method>,
    pub(super) formats: Vec<WireFormat>,
    pub(super) any_case_of_format: PromiseState,
    pub(super) form_read: PromiseState,
    pub(super) post_query_read: PromiseState,
    pub(super) headers_read: PromiseState,
}

impl Default for WirePolicy {
    fn default() -> Self {
        Self {
            methods: vec![Method::GET, Method::POST],
            formats: vec![WireFormat::Json, WireFormat::Xml],
            any_case_of_format: PromiseState::Kept,
            form_read: PromiseState::Kept,
            post_query_read: PromiseState::Kept,
            headers_read: PromiseState::Kept,
        }
    }
}

impl WirePolicy {
    /// Commits a fault.
    pub(super) fn commit(&mut self, fault: WireFault) {
        match fault {
            WireFault::FormIgnored => self.form_read = PromiseState::Dropped,
            WireFault::PostQueryIgnored => self.post_query_read = PromiseState::Dropped,
            WireFault::HeadersIgnored => self.headers_read = PromiseState::Dropped,
            WireFault::GetRefused => self.methods.retain(|known| known != Method::GET),
            WireFault::PostRefused => self.methods.retain(|known| known != Method::POST),
            WireFault::XmlRefused => self.formats.retain(|known| *known != WireFormat::Xml),
            WireFault::JsonRefused => self.formats.retain(|known| *known != WireFormat::Json),
            WireFault::FormatCaseSensitive => self.any_case_of_format = PromiseState::Dropped,
            WireFault::HeadStarts => self.methods.push(Method::HEAD),
            WireFault::OptionsStarts => self.methods.push(Method::OPTIONS),
            WireFault::PutStarts => self.methods.push(Method::PUT),
            WireFault::DeleteStarts => self.methods.push(Method::DELETE),
            WireFault::PatchStarts => self.methods.push(Method::PATCH),
        }
    }
}
