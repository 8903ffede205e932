//! Reads `states.toml`.

use crate::model::{
    Problem, Recipe, RecipeStep, RequestSpec, StateDefinition, StateParameter, StateVariable, Sweep, Value,
    is_singular,
};
use crate::source::document::{KeyValue, Node};
use crate::source::matcher::check_path;
use crate::source::names::NameScope;
use crate::template;

/// The states of a file of the right shape.
pub(super) fn states(node: &Node, problems: &mut Vec<Problem>) -> Vec<StateDefinition> {
    let mut states: Vec<StateDefinition> = Vec::new();
    for item in node.get("state").map(Node::items).unwrap_or_default() {
        let state = state(item, node.get("vars"), problems);
        if states.iter().any(|known| known.name == state.name) {
            let spot = item.get("name").unwrap_or(item).spot.clone();
            problems.push(Problem::new(spot, format!("the state \"{}\" is there twice", state.name)));
        }
        states.push(state);
    }
    states
}

/// How what a killed run left behind is removed, if the file says so.
pub(super) fn sweep(node: &Node, problems: &mut Vec<Problem>) -> Option<Sweep> {
    let sweep = node.get("sweep")?;
    let mut names = NameScope::new();
    for entry in node.get("vars").map(Node::entries).unwrap_or_default() {
        names.add(entry.key.as_str());
    }
    let find = step(sweep.get("find")?, &mut names, problems);
    if find.save.len() != 1 {
        problems
            .push(Problem::new(sweep.spot.clone(), "`find` saves exactly one value: what is to be removed"));
    }
    let remove = steps(sweep.get("remove"), &mut names, problems);
    // Each request that removes is sent for one thing that was found.
    check_lists(&items(sweep.get("remove")), &remove.iter().collect::<Vec<_>>(), problems);
    Some(Sweep { find, remove })
}

fn state(node: &Node, vars: Option<&Node>, problems: &mut Vec<Problem>) -> StateDefinition {
    let recipes = node.get("recipe").map(Node::items).unwrap_or_default();
    let recipes = recipes.iter().map(|item| recipe(item, node, vars, problems)).collect();
    let entries = |key: &str| node.get(key).map(Node::entries).unwrap_or_default().iter();
    StateDefinition {
        name: node.text("name").unwrap_or_default(),
        about: node.text("about").unwrap_or_default(),
        params: entries("params")
            .map(|KeyValue { key, node, .. }| StateParameter {
                name: key.clone(),
                about: node.text("about").unwrap_or_default(),
                is_required: node.flag("required", false),
                one_of: node.texts("one-of"),
            })
            .collect(),
        provides: entries("provides")
            .map(|KeyValue { key, node, .. }| StateVariable {
                name: key.clone(),
                about: node.text("about").unwrap_or_default(),
                example: node.text("example").unwrap_or_default(),
                is_volatile: node.flag("volatile", false),
            })
            .collect(),
        recipes,
    }
}

/// Reads a recipe, whose templates may use the run, the state's parameters, and what was saved before. Variables of the
/// endpoint are known only when it is chosen, so the file declares them.
fn recipe(node: &Node, state: &Node, vars: Option<&Node>, problems: &mut Vec<Problem>) -> Recipe {
    let mut names = NameScope::new();
    names.add("run");
    for entry in vars.map(Node::entries).unwrap_or_default() {
        names.add(entry.key.as_str());
    }
    for key in ["params", "provides"] {
        for entry in state.get(key).map(Node::entries).unwrap_or_default() {
            names.add(entry.key.as_str());
        }
    }
    let when = node.get("when").map(Node::entries).unwrap_or_default();
    for entry in when {
        if state.get("params").and_then(|params| params.get(&entry.key)).is_none() {
            problems
                .push(Problem::new(entry.key_spot.clone(), format!("the state takes no `{}`", entry.key)));
        }
    }
    let recipe = Recipe {
        when: when.iter().map(|entry| (entry.key.clone(), entry.node.to_value().to_plain())).collect(),
        steps: steps(node.get("step"), &mut names, problems),
        clean_up: steps(node.get("cleanup"), &mut names, problems),
    };
    let nodes = [items(node.get("step")), items(node.get("cleanup"))].concat();
    check_lists(&nodes, &recipe.steps.iter().chain(&recipe.clean_up).collect::<Vec<_>>(), problems);
    recipe
}

fn items(list: Option<&Node>) -> Vec<&Node> {
    list.map(Node::items).unwrap_or_default().iter().collect()
}

fn steps(list: Option<&Node>, names: &mut NameScope, problems: &mut Vec<Problem>) -> Vec<RecipeStep> {
    list.map(Node::items).unwrap_or_default().iter().map(|node| step(node, names, problems)).collect()
}

fn step(node: &Node, names: &mut NameScope, problems: &mut Vec<Problem>) -> RecipeStep {
    names.check_key(node, "params", problems);
    let saved = node.get("save").map(Node::entries).unwrap_or_default();
    for entry in saved {
        check_path(entry.node.as_text().unwrap_or_default(), &entry.node.spot, problems);
        names.add(entry.key.as_str());
    }
    let pages = node.get("pages");
    if let Some(pages) = pages.filter(|_| saved.is_empty()) {
        let problem = Problem::new(pages.spot.clone(), "`pages` collects what `save` takes from each page");
        problems.push(problem.hint("write what each page gives in `save`"));
    }
    RecipeStep {
        is_optional: node.flag("optional", false),
        pages: node.text("pages"),
        params: node.get("params").map(Node::to_pairs).unwrap_or_default(),
        request: RequestSpec::default(),
        save: saved
            .iter()
            .filter_map(|entry| Some((entry.key.clone(), entry.node.as_text()?.to_owned())))
            .collect(),
    }
}

/// A request that uses a saved list is sent once for each of its items; for two lists, or with something to save, it
/// would not be clear what that means.
fn check_lists(nodes: &[&Node], steps: &[&RecipeStep], problems: &mut Vec<Problem>) {
    let mut lists: Vec<&str> = Vec::new();
    for (node, step) in nodes.iter().zip(steps) {
        let used = template::names(&Value::Map(step.params.clone())).unwrap_or_default();
        let used: Vec<&str> = lists.iter().copied().filter(|name| used.contains(*name)).collect();
        let problem = match used.as_slice() {
            [first, second, ..] => {
                Some(format!("it is sent for each item of one list, not of `{first}` and `{second}`"))
            }
            [list] if !step.save.is_empty() => {
                Some(format!("it is sent for each item of `{list}`, so it saves nothing"))
            }
            [] | [_] => None,
        };
        problems.extend(problem.map(|message| Problem::new(node.spot.clone(), message)));
        for (name, path) in &step.save {
            lists.retain(|known| known != name);
            if !is_singular(path) {
                lists.push(name);
            }
        }
    }
}
