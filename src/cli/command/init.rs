//! `init`: the first files of a project, and the first run.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use clap::Parser;

use super::run::run;
use crate::app::{ENDPOINT, Project};
use crate::cli::args::{Cli, Command, InitArgs};
use crate::cli::exit::{CONFORMS, CliError};
use crate::cli::print;
use crate::model::Scheme;
use crate::report::printable;

/// Writes the files, and runs the cases.
pub(super) fn init(args: &InitArgs) -> Result<u8, CliError> {
    let project = project(args)?;
    let written = project.write(Path::new(""))?;
    let lines: Vec<String> = written.iter().map(|path| format!("wrote {}\n", path.display())).collect();
    print(&printable(&lines.concat()))?;
    let first = ["proofmark", "run", "--endpoint", ENDPOINT];
    if args.no_run {
        print(&format!("\nrun them with: {}\n", first.join(" ")))?;
        return Ok(CONFORMS);
    }
    print("\n")?;
    let arguments = Cli::try_parse_from(first).map_err(|error| CliError::usage(error.to_string()))?;
    match arguments.command {
        Some(Command::Run(args)) => run(&args),
        _ => Ok(CONFORMS),
    }
}

/// The project that arguments and answers describe.
fn project(args: &InitArgs) -> Result<Project, CliError> {
    let name = take_or_ask(args.name.as_deref(), "NAME", "Name of the first operation", "GetThing")?;
    let url = take_or_ask(args.url.as_deref(), "--url", "Address of the endpoint", "http://127.0.0.1:8080")?;
    let method = take_or_ask(args.method.as_deref(), "--method", "Method", "GET")?;
    let path = take_or_ask(args.path.as_deref(), "--path", "Path of a request that it accepts", "/")?;
    let sign = match args.sign {
        Some(sign) => sign,
        None => take_or_ask(None, "--sign", "How requests are signed", Scheme::None.name())?
            .parse()
            .map_err(|message: String| CliError::usage(message))?,
    };
    Ok(Project::new(&name, &url, &method, &path, sign)?)
}

/// A value from the arguments, or else the answer of a person; without a terminal the name, the address and the path
/// have to be given, and the rest is as usual.
fn take_or_ask(value: Option<&str>, flag: &str, question: &str, usual: &str) -> Result<String, CliError> {
    if let Some(value) = value {
        return Ok(value.to_owned());
    }
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return match flag {
            "--method" | "--sign" => Ok(usual.to_owned()),
            _ => Err(CliError::Usage {
                message: format!("init needs {flag}: it asks only at a terminal"),
                hint: Some("write `proofmark init NAME --url URL --path PATH`".to_owned()),
            }),
        };
    }
    let asked = || -> io::Result<String> {
        let mut out = io::stdout().lock();
        write!(out, "{question} [{usual}]: ")?;
        out.flush()?;
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line)
    };
    let line = asked().map_err(CliError::Output)?;
    let answer = line.trim();
    Ok(if answer.is_empty() { usual.to_owned() } else { answer.to_owned() })
}
