//! CI services, as far as a recipe sees them: which jobs there are, what each is given, which shell takes its lines.

use serde_json::Value as Json;

use super::machine::Machine;
use super::recipe::{filled, github_scripts, gitlab_script, jenkins_scripts, texts};
use crate::support::Served;

/// GitHub and GitLab stop at the first line that fails; so does Jenkins, and it shows each line.
pub(crate) const BASH: [&str; 3] = ["bash", "-e", "-c"];
pub(crate) const SH: [&str; 3] = ["sh", "-e", "-c"];
const SH_SHOWN: [&str; 3] = ["sh", "-xe", "-c"];

/// Whether the embedded endpoint keeps its promises.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Endpoint {
    Sound,
    Broken,
}

impl Endpoint {
    pub(crate) const BOTH: [Self; 2] = [Self::Sound, Self::Broken];

    /// What makes the embedded endpoint, or a served one, so.
    pub(crate) fn flags(self) -> &'static str {
        match self {
            Self::Sound => "",
            Self::Broken => "--fault wrong-message:Duplicate.TagKey",
        }
    }

    /// The script as it would run against this endpoint.
    fn tested_by(self, script: &str) -> String {
        script.replace("proofmark run", &format!("proofmark run {}", self.flags()))
    }

    /// Serves one like it.
    pub(crate) fn served(self) -> Served {
        Served::start(&self.flags().split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn code(self) -> i32 {
        i32::from(self == Self::Broken)
    }
}

/// The parts of a suite on machines of their own, as a service runs them, and the whole.
pub(crate) trait Service {
    /// How many parts there are.
    fn parts(&self) -> usize;
    /// Runs a part, counted from 1, and gives the exit code of its last script.
    fn part(&self, machine: &Machine, number: usize, endpoint: Endpoint) -> i32;
    /// The file that a part keeps.
    fn kept(&self, number: usize) -> String;
    /// Puts the parts together.
    fn whole(&self, machine: &Machine) -> i32;
}

pub(crate) struct Github(pub(crate) Json);

impl Github {
    fn scripts(&self, job: &str, fillings: &[(&str, &str)], machine: &Machine, endpoint: Endpoint) -> i32 {
        let summary = machine.path("summary.md").display().to_string();
        let shown = [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", &summary)];
        let scripts = github_scripts(&self.0["jobs"][job], fillings);
        let run = |script: &String| machine.run(&BASH, &endpoint.tested_by(script), &shown);
        // A step that fails ends the job, but for what is to run always.
        scripts.iter().map(run).find(|code| *code != 0).unwrap_or(0)
    }
}

impl Service for Github {
    fn parts(&self) -> usize {
        self.0["jobs"]["part"]["strategy"]["matrix"]["part"].as_array().unwrap().len()
    }

    fn part(&self, machine: &Machine, number: usize, endpoint: Endpoint) -> i32 {
        let number = self.0["jobs"]["part"]["strategy"]["matrix"]["part"][number - 1].to_string();
        let total = self.parts().to_string();
        let fillings = [("matrix.part", number.as_str()), ("strategy.job-total", &total)];
        self.scripts("part", &fillings, machine, endpoint)
    }

    fn kept(&self, number: usize) -> String {
        let steps = self.0["jobs"]["part"]["steps"].as_array().unwrap();
        let path = steps.last().unwrap()["with"]["path"].as_str().unwrap();
        filled(path, &[("matrix.part", &number.to_string())])
    }

    fn whole(&self, machine: &Machine) -> i32 {
        self.scripts("whole", &[], machine, Endpoint::Sound)
    }
}

pub(crate) struct Gitlab(pub(crate) Json);

impl Service for Gitlab {
    fn parts(&self) -> usize {
        usize::try_from(self.0["part"]["parallel"].as_u64().unwrap()).unwrap()
    }

    fn part(&self, machine: &Machine, number: usize, endpoint: Endpoint) -> i32 {
        let (index, total) = (number.to_string(), self.parts().to_string());
        let shown =
            [("CI", "true"), ("GITLAB_CI", "true"), ("CI_NODE_INDEX", &index), ("CI_NODE_TOTAL", &total)];
        machine.run(&SH, &endpoint.tested_by(&gitlab_script(&self.0["part"])), &shown)
    }

    fn kept(&self, number: usize) -> String {
        let path = texts(&self.0["part"]["artifacts"]["paths"])[0].to_owned();
        path.replace('*', &number.to_string())
    }

    fn whole(&self, machine: &Machine) -> i32 {
        machine.run(&SH, &gitlab_script(&self.0["whole"]), &[("CI", "true"), ("GITLAB_CI", "true")])
    }
}

pub(crate) struct Jenkins(pub(crate) String);

impl Service for Jenkins {
    fn parts(&self) -> usize {
        self.0.lines().find(|line| line.trim().starts_with("values ")).unwrap().matches(',').count() + 1
    }

    fn part(&self, machine: &Machine, number: usize, endpoint: Endpoint) -> i32 {
        let number = number.to_string();
        let scripts = jenkins_scripts(&self.0, "part");
        let [script] = &scripts[..] else { panic!("{scripts:?}") };
        machine.run(&SH_SHOWN, &endpoint.tested_by(script), &[("CI", "true"), ("PART", &number)])
    }

    fn kept(&self, number: usize) -> String {
        let line = self.0.lines().find(|line| line.contains("stash name: \"part-")).unwrap();
        let path = line.split("includes: \"").nth(1).unwrap().trim_end_matches('"');
        assert!(self.0.contains(&format!("unstash 'part-{number}'")));
        path.replace("${PART}", &number.to_string())
    }

    fn whole(&self, machine: &Machine) -> i32 {
        let scripts = jenkins_scripts(&self.0, "whole");
        let [script] = &scripts[..] else { panic!("{scripts:?}") };
        machine.run(&SH_SHOWN, script, &[("CI", "true")])
    }
}
