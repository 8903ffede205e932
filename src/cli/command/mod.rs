//! The commands: one thin file each, which reads its arguments, has the work done by `app`, and prints.

mod accept;
mod certificate;
mod certify;
mod check;
mod coverage;
mod diff;
mod endpoints;
mod explain;
mod init;
mod install;
mod keygen;
mod list;
mod manifest;
mod mutants;
mod noise;
mod page;
mod pending;
mod prune;
mod report;
mod review;
mod run;
mod schema;
mod serve;
mod show;
mod stale;
mod sweep;
mod verify;
mod waivers;
mod watch;

use crate::cli::args::{Cli, Command};
use crate::cli::exit::CliError;

/// Does what the arguments say, and gives the exit code.
pub(super) fn carry_out(cli: Cli) -> Result<u8, CliError> {
    match cli.command {
        None => run::run(&cli.run),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::List(args)) => list::list(&args),
        Some(Command::Show(args)) => show::show(&args),
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::Manifest(args)) => manifest::manifest(&args),
        Some(Command::Diff(args)) => diff::diff(&args),
        Some(Command::Noise(args)) => noise::noise(&args),
        Some(Command::Pending(args)) => pending::pending(&args),
        Some(Command::Review(args)) => review::review(&args),
        Some(Command::Accept(args)) => accept::accept(&args),
        Some(Command::Reject(args)) => accept::reject(&args),
        Some(Command::Prune(args)) => prune::prune(&args),
        Some(Command::Waivers(args)) => waivers::waivers(&args),
        Some(Command::Report(args)) => report::report(&args),
        Some(Command::Stale(args)) => stale::stale(&args),
        Some(Command::Endpoints(args)) => endpoints::endpoints(&args),
        Some(Command::Serve(args)) => serve::serve(&args),
        Some(Command::Sweep(args)) => sweep::sweep(&args),
        Some(Command::Completions { shell }) => install::completions(shell),
        Some(Command::Man) => install::man(),
        Some(Command::Certify(args)) => certify::certify(&args),
        Some(Command::Verify(args)) => verify::verify(&args),
        Some(Command::Keygen(args)) => keygen::keygen(&args),
        Some(Command::Certificate(args)) => certificate::certificate(&args),
        Some(Command::Explain(args)) => explain::explain(&args),
        Some(Command::Init(args)) => init::init(&args),
        Some(Command::Schema(args)) => schema::print_schema(args.kind),
        Some(Command::Mutants(args)) => mutants::mutants(&args),
        Some(Command::Coverage(args)) => coverage::coverage(&args),
    }
}
