//! What the tests and benchmarks of this project use beyond the doors. It has no promise of any kind: names in here come
//! and go with the code.

pub mod coverage {
    pub use crate::coverage::{SuiteCoverage, coverage};
}

pub mod curl {
    pub use crate::curl::{USER_AGENT, curl_line};
}

pub mod digest {
    pub use crate::digest::{sha256_hex, sha256_source};
}

pub mod embedded {
    pub use crate::embedded::{KEY_ID, KEY_SECRET, key, start, start_with};
}

pub mod event {
    pub use crate::event::{EndpointDescription, Event, Outcome, RunEnd};
}

#[cfg(feature = "evidence")]
pub mod evidence {
    pub use crate::evidence::{
        Bundle, BundleFiles, BundleManifest, CertifiedContract, CertifiedEndpoint, CertifiedRows,
        Conformance, Digest, ENVELOPE, EVENTS, ExpectedSigner, ListedFile, MANIFEST, ObservedEffects,
        Omission, Packer, PublicKey, ResourceDescriptor, SigningKey, Statement, StatementScope, TestResult,
        Unpacker, open, seal,
    };
}

pub mod judgement {
    pub use crate::judgement::judge_again;
}

pub mod model {
    pub use crate::model::{
        Answer, AnswerPlace, CaseId, CaseRecord, Contract, EndpointKind, Exchange, FloorScore, Level,
        Literals, Matcher, Method, MutantScore, Normalisation, OrderRule, Problem, Request, SentBody,
        StateDefinition, Strength, Suite, ValueKind, ValueRule, Verdict, is_hostile,
    };
}

pub mod plan {
    pub use crate::plan::{Pattern, Plan, PlannedCase, case_ids, plan, preview};
}

pub mod report {
    pub use crate::report::{Report, ReportFormat, Sink, event_line, printable, read_event};
}

pub mod run {
    pub use crate::run::{Endpoint, Observing, RunSettings, Runner, Signing, StopSwitch, run};
}

pub mod sign {
    #[cfg(feature = "aws")]
    pub use crate::sign::AwsV4;
    pub use crate::sign::{
        Acs3, Basic, Bearer, Credentials, RpcV1, Secret, SignError, Signer, SigningContext,
    };
}

pub mod snapshot {
    pub use crate::snapshot::{
        Location, Origin, SnapshotComparison, SnapshotRules, Store, Transcript, Update, VolatileNames,
    };
}

pub mod source {
    pub use crate::source::{
        LoadError, SchemaName, Shelf, Wanted, check_normalisation, load, load_endpoints, load_manifest,
        load_waivers, schema,
    };
}

pub mod template {
    pub use crate::template::Templates;
}

pub mod transport {
    pub use crate::transport::{Address, Client, Connection, Keeping, TransportLimits};
}

pub mod wire {
    pub use crate::wire::{encode, read_body};
}
