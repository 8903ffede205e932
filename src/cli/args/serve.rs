//! Arguments of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct ServeArgs {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9000")]
    pub(in crate::cli) listen: SocketAddr,
    /// What all identifiers derive from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(in crate::cli) seed: u64,
    /// Break a promise on purpose; `proofmark run --fault list` shows all faults
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) fault: Vec<String>,
    /// Which signatures are asked for, made with the key `testid` and the secret `testsecret`, or with the temporary key
    /// `STS.testid`, the secret `temporarysecret` and the security token `temporarytoken`
    #[arg(long, value_enum, value_name = "MODE", default_value_t = AuthChoice::None)]
    pub(in crate::cli) auth: AuthChoice,
    /// Append a line of JSON for each request to a file, or to standard error for `-`
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) log: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TlsArgs {
    /// Encrypt connections, with a certificate made at the start for localhost and the address listened on
    #[arg(long)]
    pub(in crate::cli) tls: bool,
    /// Write the certificate that --tls makes to a file (PEM), for clients to trust; never its key
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(in crate::cli) tls_cert_out: Option<PathBuf>,
    /// Encrypt connections, with this certificate and those that lead up to its authority (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "tls")]
    pub(in crate::cli) tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(in crate::cli) tls_key: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum AuthChoice {
    None,
    V1,
    V3,
    Any,
}
