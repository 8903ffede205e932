//! The build content and the test content of a pipeline: commands, one to a line, in the manner of a Dockerfile.
//! Main type: `Script`, a content that was understood. The YAML form of contents is not modelled.
//! A flaw is reported as the text that fills the message of the error row.

use super::row::quote;

/// Which of a pipeline's contents is read; a test has no command that changes what is built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Build,
    Test,
}

/// A content whose every command is well-formed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// The ids of the image components that the commands bring in.
    pub(super) components: Vec<String>,
}

/// 16 KB, the documented size of a content.
pub(super) const SIZE_LIMIT: usize = 16 * 1024;
/// The documented number of commands in a content.
const COMMAND_LIMIT: usize = 127;

/// The commands of Image Builder in the manner of a Dockerfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BuildCommand {
    From,
    Run,
    Env,
    Label,
    Copy,
    Workdir,
    User,
    Cmd,
    Entrypoint,
    Restart,
    Component,
}

impl BuildCommand {
    const NAMED: [(&'static str, Self); 11] = [
        ("FROM", Self::From),
        ("RUN", Self::Run),
        ("ENV", Self::Env),
        ("LABEL", Self::Label),
        ("COPY", Self::Copy),
        ("WORKDIR", Self::Workdir),
        ("USER", Self::User),
        ("CMD", Self::Cmd),
        ("ENTRYPOINT", Self::Entrypoint),
        ("RESTART", Self::Restart),
        ("COMPONENT", Self::Component),
    ];

    fn of_word(word: &str) -> Option<Self> {
        let mut named = Self::NAMED.iter();
        let found = named.find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.map(|(_, command)| *command)
    }

    /// What is wrong with the arguments of the command, if anything is.
    fn flaw(self, arguments: &str) -> Option<&'static str> {
        let words = arguments.split_whitespace().count();
        let (is_fine, flaw) = match self {
            Self::Restart => (words == 0, "takes no argument"),
            Self::From | Self::Component | Self::Workdir | Self::User => (words == 1, "takes one argument"),
            Self::Copy => (words >= 2, "takes a source and a target"),
            Self::Env | Self::Label => (is_assignment(arguments), "takes a name and a value"),
            Self::Run | Self::Cmd | Self::Entrypoint => (words >= 1, "takes an argument"),
        };
        (!is_fine).then_some(flaw)
    }
}

/// `NAME=VALUE` or `NAME VALUE`.
fn is_assignment(arguments: &str) -> bool {
    let mut halves = arguments.splitn(2, |letter: char| letter == '=' || letter.is_whitespace());
    halves.next().is_some_and(|name| !name.is_empty()) && halves.next().is_some()
}

impl Script {
    /// Reads a content, or says what is wrong with it.
    pub(super) fn parse(content: &str, stage: Stage) -> Result<Self, String> {
        if content.len() > SIZE_LIMIT {
            return Err("The content is larger than 16 KB".to_owned());
        }
        let lines = logical_lines(content);
        if lines.is_empty() {
            return Err("The content has no command".to_owned());
        }
        if lines.len() > COMMAND_LIMIT {
            return Err(format!("The content has more than {COMMAND_LIMIT} commands"));
        }
        let mut script = Self::default();
        for (index, (number, line)) in lines.iter().enumerate() {
            let found = script.take(line, index == 0, stage);
            found.map_err(|flaw| format!("Line {number}: {flaw}"))?;
        }
        Ok(script)
    }

    fn take(&mut self, line: &str, is_first: bool, stage: Stage) -> Result<(), String> {
        let (word, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let arguments = arguments.trim();
        let Some(command) = BuildCommand::of_word(word) else {
            return Err(format!("the command \"{}\" is not supported", quote(word)));
        };
        let word = word.to_ascii_uppercase();
        if let Some(flaw) = command.flaw(arguments) {
            return Err(format!("the command {word} {flaw}"));
        }
        match command {
            BuildCommand::From if stage == Stage::Test => Err("a test has no command FROM".to_owned()),
            BuildCommand::From if !is_first => {
                Err("the command FROM must come first and only once".to_owned())
            }
            BuildCommand::Component => {
                self.components.push(arguments.to_owned());
                Ok(())
            }
            BuildCommand::From
            | BuildCommand::Run
            | BuildCommand::Env
            | BuildCommand::Label
            | BuildCommand::Copy
            | BuildCommand::Workdir
            | BuildCommand::User
            | BuildCommand::Cmd
            | BuildCommand::Entrypoint
            | BuildCommand::Restart => Ok(()),
        }
    }
}

/// The commands with the numbers of their first lines: continued lines joined, comments and empty lines left out.
fn logical_lines(content: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_continued = false;
    for (index, line) in content.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (text, goes_on) = match line.strip_suffix('\\') {
            Some(text) => (text.trim_end(), true),
            None => (line, false),
        };
        match found.last_mut() {
            Some((_, command)) if is_continued => {
                command.push(' ');
                command.push_str(text);
            }
            Some(_) | None => found.push((index + 1, text.to_owned())),
        }
        is_continued = goes_on;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Script, Stage};

    fn flaw(content: &str) -> Option<String> {
        Script::parse(content, Stage::Build).err()
    }

    #[test]
    fn a_script_of_known_commands_is_understood() {
        let content = "# base\nFROM IMAGE:aliyun_3\nrun yum -y update \\\n  && yum clean all\nENV A=1\nENV B two\n\nCOPY a /b\nRESTART\nCOMPONENT ic-1\n";
        let script = Script::parse(content, Stage::Build).unwrap();
        assert_eq!(script.components, ["ic-1"]);
    }

    #[test]
    fn a_flaw_names_its_line() {
        for (content, line) in [
            ("RUN a\nFLY b", "Line 2: the command \"FLY\" is not supported"),
            ("RUN", "Line 1: the command RUN takes an argument"),
            ("# c\n\nRUN a \\\n b\nCOPY a", "Line 5: the command COPY takes a source and a target"),
            ("restart now", "Line 1: the command RESTART takes no argument"),
            ("RUN a\nFROM b", "Line 2: the command FROM must come first and only once"),
            ("ENV A", "Line 1: the command ENV takes a name and a value"),
        ] {
            assert_eq!(flaw(content).as_deref(), Some(line));
        }
    }

    #[test]
    fn a_content_without_commands_is_refused() {
        assert!(flaw("").is_some());
        assert!(flaw("# nothing\n \n").is_some());
    }

    #[test]
    fn the_size_is_limited_to_16_kilobytes() {
        let content = |size: usize| format!("RUN {}", "x".repeat(size - 4));
        assert_eq!(flaw(&content(16_384)), None);
        assert!(flaw(&content(16_385)).is_some());
    }

    #[test]
    fn the_number_of_commands_is_limited() {
        assert_eq!(flaw(&"RUN a\n".repeat(127)), None);
        assert!(flaw(&"RUN a\n".repeat(128)).is_some());
    }

    #[test]
    fn a_test_has_no_base_image() {
        assert!(Script::parse("FROM a", Stage::Test).is_err());
        assert_eq!(Script::parse("RUN a", Stage::Test), Ok(Script::default()));
    }
}
