//! `serve`: the reference endpoint on a port, for clients and for other harnesses.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tokio::runtime;

use crate::app::{Keep, OutputKind};
use crate::cli::args::{AuthChoice, ServeArgs};
use crate::cli::exit::{CONFORMS, CliError};
use crate::cli::identity::{identity, write_certificate};
use crate::cli::interrupt::Signals;
use crate::cli::settings::fault;
use crate::cli::{note, print};
use crate::embedded;
use crate::model::plural;
use crate::reference::{AuthMode, Identity, LoggedRequest, Reference, ReferenceSettings, RequestLog};
use crate::report::printable;
use crate::whole_file::Pipe;

/// Serves until it is interrupted; requests under way get their answers.
pub(super) fn serve(args: &ServeArgs) -> Result<u8, CliError> {
    let faults = args.fault.iter().map(|name| fault(name)).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let log = args.log.as_deref().map(request_log).transpose()?;
    let identity = identity(&args.tls, args.listen)?;
    let to_trust = identity.as_ref().and_then(Identity::to_trust).map(str::to_owned);
    let settings = ReferenceSettings {
        listen: args.listen,
        seed: args.seed,
        faults,
        log,
        auth: auth(args.auth),
        keys: vec![embedded::key(), embedded::temporary_key()],
        identity,
        ..ReferenceSettings::default()
    };
    let runtime = runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    runtime.block_on(async {
        let reference = Reference::start(settings).await?;
        if let (Some(path), Some(certificate)) = (&args.tls.tls_cert_out, &to_trust) {
            write_certificate(path, certificate)?;
        }
        // One line of JSON, so that a script knows when it may start, and where.
        let mut ready = json!({
            "ready": true,
            "url": reference.url(),
            "states": reference.states_url(),
            "seed": args.seed,
            "faults": names,
        });
        if let Some(certificate) = to_trust {
            ready["certificate"] = certificate.into();
        }
        let mut signals = Signals::new().map_err(CliError::Runtime)?;
        print(&format!("{ready}\n"))?;
        signals.next().await.map_err(CliError::Runtime)?;
        reference.shut_down().await;
        Ok(CONFORMS)
    })
}

fn auth(choice: AuthChoice) -> AuthMode {
    match choice {
        AuthChoice::None => AuthMode::Off,
        AuthChoice::V1 => AuthMode::V1,
        AuthChoice::V3 => AuthMode::V3,
        AuthChoice::Any => AuthMode::Any,
    }
}

/// A log of one JSON object a line, to a file, or to standard error for `-`.
fn request_log(path: &Path) -> Result<RequestLog, CliError> {
    let out: Box<dyn Write + Send> = if path == Path::new("-") {
        Box::new(io::stderr())
    } else {
        Keep::new(false).allow(path, OutputKind::RequestLog)?;
        let failed = |source| CliError::Report { path: path.to_path_buf(), source };
        if path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            Box::new(Pipe::open(path).map_err(failed)?)
        } else {
            Box::new(File::options().create(true).append(true).open(path).map_err(failed)?)
        }
    };
    let out = Arc::new(Mutex::new(LogFile { out, name: path.display().to_string(), lost: 0 }));
    Ok(RequestLog::new(move |request| {
        let line = format!("{}\n", as_json(&request));
        out.lock().unwrap_or_else(PoisonError::into_inner).add(&line);
    }))
}

/// The log, and how many of its lines are lost. That does not stop the endpoint, and is never silent.
struct LogFile {
    out: Box<dyn Write + Send>,
    name: String,
    lost: usize,
}

impl LogFile {
    /// Adds a line; one write keeps lines whole. What is lost is reported at the first line, at each power of ten, and
    /// once lines are written again.
    fn add(&mut self, line: &str) {
        let name = printable(&self.name).into_owned();
        match self.out.write_all(line.as_bytes()).and_then(|()| self.out.flush()) {
            Ok(()) if self.lost == 0 => {}
            Ok(()) => {
                note(&format!("warning: the log {name} is written again; {} lines are lost", self.lost));
                self.lost = 0;
            }
            Err(error) => {
                self.lost += 1;
                if 10_usize.pow(self.lost.ilog10()) == self.lost {
                    let (lost, lines) = (self.lost, plural(self.lost, "line is", "lines are"));
                    note(&format!(
                        "warning: the log {name} cannot be written, and {lost} {lines} lost\n  because: {error}"
                    ));
                }
            }
        }
    }
}

fn as_json(request: &LoggedRequest) -> serde_json::Value {
    json!({
        "method": request.method,
        "path": request.path,
        "action": request.action,
        "status": request.status,
        "request_id": request.request_id,
        "bytes": request.bytes,
        "duration_us": u64::try_from(request.elapsed.as_micros()).unwrap_or(u64::MAX),
    })
}
