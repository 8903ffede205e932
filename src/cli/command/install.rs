//! `completions` and `man`: what a shell and a manual reader want to know about the program.

use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::args::program;
use crate::cli::complete::script;
use crate::cli::exit::CliError;
use crate::cli::print;

/// Prints a script by which a shell completes arguments.
pub(super) fn completions(shell: Shell) -> Result<u8, CliError> {
    let script = script(program().get_name(), shell).map_err(CliError::Output)?;
    print(&String::from_utf8_lossy(&script))
}

/// Prints the manual page, with a section for each command.
pub(super) fn man() -> Result<u8, CliError> {
    let mut command = program();
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).map_err(CliError::Output)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let man = Man::new(sub.clone());
        let heading = format!(".SH \"COMMAND {}\"\n", sub.get_name().to_uppercase());
        page.extend_from_slice(heading.as_bytes());
        man.render_synopsis_section(&mut page).map_err(CliError::Output)?;
        man.render_options_section(&mut page).map_err(CliError::Output)?;
    }
    print(&String::from_utf8_lossy(&page))
}
