//! Endpoints, right and wrong, near and far: how they are reached, signed for, set up and judged.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod addresses;
mod again;
mod aws;
mod bodies;
mod bookshop;
#[path = "../bookshop/server.rs"]
mod bookshop_server;
mod clock;
mod coding;
mod connections;
mod doubtful;
mod echo;
mod effects;
mod endpoints;
mod faults;
mod fixtures;
mod framing;
mod hook_calls;
mod hostile;
mod judge;
mod kept_states;
mod late;
mod mutants;
mod proxy;
mod recipes;
#[cfg(feature = "wiremock")]
mod responder;
mod retry;
mod scan;
mod sent;
mod serve;
mod serve_tls;
mod signals;
mod signatures;
mod signing;
mod slices;
#[path = "../support/mod.rs"]
mod support;
mod tls_clients;
mod values;
mod wire;
