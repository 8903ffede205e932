//! Certificates: what a run has said, in a file while it goes on, and the examination of a bundle of evidence.

mod certification;
mod examine;
mod key;
mod pack;
mod recording;

pub use certification::{CertificateClaim, Certification, subject_of_file};
pub use examine::{BundleRefusal, CertificateInputs, Examined, examine, is_of, open_bundle};
pub use key::{make_key, public_key, read_signed, signing_key};

use examine::PART;
use recording::{EventRecording, Recorder};
