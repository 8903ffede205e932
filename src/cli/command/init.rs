//! `init`: the first files of a project, and the first run.

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;

use clap::Parser;

use super::run::run;
use crate::app::{
    AppError, ENDPOINT, FirstBody, FirstFile, FirstPath, Project, first_method, first_operation, has_body,
};
use crate::cli::args::{Cli, Command, InitArgs, RunArgs};
use crate::cli::exit::{CONFORMS, CliError};
use crate::cli::print;
use crate::model::{Method, Scheme};
use crate::report::printable;
use crate::transport::Address;

/// What is asked at a terminal where the arguments do not say it.
struct Question {
    flag: &'static str,
    text: &'static str,
    usual: &'static str,
    /// Without a terminal, the usual answer does not do.
    is_needed: bool,
}

const NAME: Question = Question::needed("NAME", "Name of the first operation", "GetThing");
const URL: Question = Question::needed("--url", "Address of the endpoint", "http://127.0.0.1:8080");
const METHOD: Question = Question::optional("--method", "Method", "GET");
const PATH: Question = Question::needed("--path", "Path of a request that it accepts", "/");
const BODY: Question = Question::optional("--body", "Body of that request, as a JSON object", "{}");
const SIGN: Question = Question::optional("--sign", "How requests are signed", "none");

impl Question {
    const fn needed(flag: &'static str, text: &'static str, usual: &'static str) -> Self {
        Self { flag, text, usual, is_needed: true }
    }

    const fn optional(flag: &'static str, text: &'static str, usual: &'static str) -> Self {
        Self { flag, text, usual, is_needed: false }
    }
}

/// Writes the files, and runs the cases.
pub(super) fn init(args: &InitArgs) -> Result<u8, CliError> {
    let project = project(args)?;
    let written = project.write(Path::new(""))?;
    let line = |file: &FirstFile| {
        let verb = if file.is_added_to { "added lines to" } else { "wrote" };
        format!("{verb} {}\n", file.path.display())
    };
    print(&printable(&written.iter().map(line).collect::<String>()))?;
    if let Some(to_do) = project.to_do() {
        print(&printable(&format!("\n{to_do}\n")))?;
    }
    let first = ["proofmark", "run", "--endpoint", ENDPOINT];
    if args.no_run {
        print(&format!("\nrun them with: {}\n", first.join(" ")))?;
        return Ok(CONFORMS);
    }
    print("\n")?;
    let arguments = Cli::try_parse_from(first).map_err(|error| CliError::usage(error.to_string()))?;
    match arguments.command {
        Some(Command::Run(args)) => run(&RunArgs { command: Some(first.join(" ")), ..*args }),
        _ => Ok(CONFORMS),
    }
}

/// The project that arguments and answers describe. Arguments are checked before anything is asked.
fn project(args: &InitArgs) -> Result<Project, CliError> {
    let body = given(args.body.as_deref(), FirstBody::new)?;
    let read_method = |text: &str| first_method(text).and_then(|method| fitting(method, body.is_some()));
    let read_address = |text: &str| Ok(Address::new(text)?);
    let read_sign = |text: &str| text.parse::<Scheme>().map_err(AppError::settings);
    let operation = given(args.name.as_deref(), first_operation)?;
    let address = given(args.url.as_deref(), read_address)?;
    let method = given(args.method.as_deref(), read_method)?;
    let path = given(args.path.as_deref(), FirstPath::new)?;
    let operation = operation.map_or_else(|| ask(&NAME, first_operation), Ok)?;
    let address = address.map_or_else(|| ask(&URL, read_address), Ok)?;
    let usual = if body.is_some() { "POST" } else { METHOD.usual };
    let method = method.map_or_else(|| ask(&Question { usual, ..METHOD }, read_method), Ok)?;
    let path = path.map_or_else(|| ask(&PATH, FirstPath::new), Ok)?;
    let body = match body {
        None if has_body(&method) => Some(ask(&BODY, FirstBody::new)?),
        other => other,
    };
    let sign = args.sign.map_or_else(|| ask(&SIGN, read_sign), Ok)?;
    Ok(Project { operation, address, method, path, body, sign })
}

/// The method, unless a body is given that it does not have.
fn fitting(method: Method, is_body_given: bool) -> Result<Method, AppError> {
    if is_body_given && !has_body(&method) {
        let message = format!("a {method} request has no body");
        return Err(AppError::settings_with(message, "use --body with POST, PUT or PATCH"));
    }
    Ok(method)
}

/// The value of an argument, if there is one.
fn given<T>(text: Option<&str>, read: impl Fn(&str) -> Result<T, AppError>) -> Result<Option<T>, CliError> {
    Ok(text.map(read).transpose()?)
}

/// The answer of a person, asked for until it is valid; without a terminal the usual one, where that does.
fn ask<T>(question: &Question, read: impl Fn(&str) -> Result<T, AppError>) -> Result<T, CliError> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        if question.is_needed {
            return Err(CliError::Usage {
                message: format!("init needs {}: it asks only at a terminal", question.flag),
                hint: Some("write `proofmark init NAME --url URL --path PATH`".to_owned()),
            });
        }
        return Ok(read(question.usual)?);
    }
    loop {
        match read(&answer(question)?) {
            Ok(value) => return Ok(value),
            Err(error) => print(&printable(&format!("{error}\n")))?,
        };
    }
}

/// A line that a person writes; the usual answer if it is empty.
fn answer(question: &Question) -> Result<String, CliError> {
    print(&format!("{} [{}]: ", question.text, question.usual))?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line).map_err(CliError::Output)? == 0 {
        print("\n")?;
        return Err(CliError::usage("init ended at the end of the input: nothing is written"));
    }
    let answer = line.trim();
    Ok(if answer.is_empty() { question.usual } else { answer }.to_owned())
}
