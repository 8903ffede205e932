//! Reads `states.toml`.

use crate::model::{
    Problem, Recipe, RecipeStep, RequestSpec, StateDefinition, StateParameter, StateVariable, Sweep, Value,
    is_singular,
};
use crate::source::compound::{Entries, Entry, Texts, Values};
use crate::source::document::KeyValue;
use crate::source::matcher::check_path;
use crate::source::names::NameScope;
use crate::source::record::record;
use crate::template;

record! {
    /// `states.toml`.
    closed "states" RawStates {
        vars: Key Texts<'a> = "vars", "Variables that an endpoint gives to recipes: what each one is.";
        sweep: Key RawSweep<'a> = "sweep", "How what a killed run left behind is found and removed.";
        states: Needed Vec<RawState<'a>> = "state", "The states, each written as [[state]].";
    }

    closed "sweep" RawSweep {
        find: Needed RawRecipeStep<'a> = "find", "The request that finds it, with one saved value.";
        remove: Needed Vec<RawRecipeStep<'a>> = "remove", "The requests that remove one.";
    }

    closed "state" RawState {
        name: Needed String = "name", "The name that `given` uses and a hook receives.";
        about: Needed String = "about", "What holds in it.";
        params: Key Entries<'a, RawStateParameter<'a>> = "params", "The parameters that it takes.";
        provides: Key Entries<'a, RawStateVariable<'a>> = "provides", "The variables that it gives.";
        recipes: Key Vec<RawRecipe<'a>> = "recipe",
            "Ways to it through the API itself, each written as [[state.recipe]].";
    }

    closed "recipe" RawRecipe {
        when: Key Texts<'a> = "when", "Parameters of the state, and the values that they must have.";
        steps: Needed Vec<RawRecipeStep<'a>> = "step", "The requests that bring it about.";
        clean_up: Key Vec<RawRecipeStep<'a>> = "cleanup", "The requests that undo it.";
    }

    closed "recipe-step" RawRecipeStep {
        params: Needed Values<'a> = "params", "Parameters, over those that every request carries.";
        save: Key Texts<'a> = "save", "Values of the answer by name and JSONPath.";
        pages: Key String = "pages",
            "The field of a list's answer, and the parameter, that lead to its next page, such as NextToken.";
        optional: Key bool = "optional",
            "Whether nothing is lost if it fails; what needs its values is left out then.";
    }

    closed "state-parameter" RawStateParameter {
        about: Needed String = "about", "What it means.";
        required: Key bool = "required", "Whether it must be given.";
        one_of: Key Vec<String> = "one-of", "The values allowed.";
    }

    closed "state-variable" RawStateVariable {
        about: Needed String = "about", "What it holds.";
        example: Needed String = "example", "A value that shows its form.";
        volatile: Key bool = "volatile", "Whether it differs from run to run.";
    }
}

/// The states of a file.
pub(super) fn states(raw: &RawStates<'_>, problems: &mut Vec<Problem>) -> Vec<StateDefinition> {
    let mut states: Vec<StateDefinition> = Vec::new();
    for item in raw.states.items() {
        let state = state(item, raw, problems);
        if item.name.is_sound && states.iter().any(|known| known.name == state.name) {
            let message = format!("the state \"{}\" is there twice", state.name);
            problems.push(Problem::new(item.name.spot(&item.place), message));
        }
        states.push(state);
    }
    states
}

/// How what a killed run left behind is removed, if the file says so.
pub(super) fn sweep(raw: &RawStates<'_>, problems: &mut Vec<Problem>) -> Option<Sweep> {
    let sweep = raw.sweep.value.as_ref()?;
    let mut names = NameScope::new();
    names.add_all(raw.vars.names());
    let find = sweep.find.value.as_ref().map(|find| {
        let found = step(find, &mut names, problems);
        if find.save.is_sound && found.save.len() != 1 {
            let message = "`find` saves exactly one value: what is to be removed";
            problems.push(sweep.place.problem(message));
        }
        found
    });
    if find.is_none() {
        names.open();
    }
    let remove = steps(sweep.remove.items(), &mut names, problems);
    // Each request that removes is sent for one thing that was found.
    check_lists(sweep.remove.items().iter().zip(&remove), problems);
    Some(Sweep { find: find?, remove })
}

fn state(raw: &RawState<'_>, file: &RawStates<'_>, problems: &mut Vec<Problem>) -> StateDefinition {
    let recipes = raw.recipes.items().iter().map(|item| recipe(item, raw, file, problems)).collect();
    let parameter = |entry: &Entry<'_, RawStateParameter<'_>>| StateParameter {
        name: entry.written.key.clone(),
        about: entry.value.about.or_reported(),
        is_required: entry.value.required.value.unwrap_or(false),
        one_of: entry.value.one_of.items().to_vec(),
    };
    let variable = |entry: &Entry<'_, RawStateVariable<'_>>| StateVariable {
        name: entry.written.key.clone(),
        about: entry.value.about.or_reported(),
        example: entry.value.example.or_reported(),
        is_volatile: entry.value.volatile.value.unwrap_or(false),
    };
    StateDefinition {
        name: raw.name.or_reported(),
        about: raw.about.or_reported(),
        params: raw.params.entries().iter().map(parameter).collect(),
        provides: raw.provides.entries().iter().map(variable).collect(),
        recipes,
    }
}

/// Reads a recipe, whose templates may use the run, the state's parameters, and what was saved before. Variables of the
/// endpoint are known only when it is chosen, so the file declares them.
fn recipe(
    raw: &RawRecipe<'_>,
    state: &RawState<'_>,
    file: &RawStates<'_>,
    problems: &mut Vec<Problem>,
) -> Recipe {
    let mut names = NameScope::new();
    names.add("run");
    names.add_all(file.vars.names());
    names.add_all(state.params.names());
    names.add_all(state.provides.names());
    for entry in raw.when.entries() {
        let KeyValue { key, key_spot, .. } = entry.written;
        if state.params.names().is_some_and(|names| !names.contains(&key.as_str())) {
            problems.push(Problem::new(key_spot.clone(), format!("the state takes no `{key}`")));
        }
    }
    let recipe = Recipe {
        when: raw.when.value.as_ref().map(Texts::to_pairs).unwrap_or_default(),
        steps: steps(raw.steps.items(), &mut names, problems),
        clean_up: steps(raw.clean_up.items(), &mut names, problems),
    };
    let written = raw.steps.items().iter().chain(raw.clean_up.items());
    check_lists(written.zip(recipe.steps.iter().chain(&recipe.clean_up)), problems);
    recipe
}

fn steps(items: &[RawRecipeStep<'_>], names: &mut NameScope, problems: &mut Vec<Problem>) -> Vec<RecipeStep> {
    items.iter().map(|item| step(item, names, problems)).collect()
}

fn step(raw: &RawRecipeStep<'_>, names: &mut NameScope, problems: &mut Vec<Problem>) -> RecipeStep {
    names.check_written(raw.params.sound_node(), problems);
    for entry in raw.save.entries() {
        check_path(&entry.value, &entry.written.node.spot, problems);
    }
    names.add_all(raw.save.names());
    if raw.pages.value.is_some() && raw.save.is_sound && raw.save.entries().is_empty() {
        let message = "`pages` collects what `save` takes from each page";
        let problem = Problem::new(raw.pages.spot(&raw.place), message);
        problems.push(problem.hint("write what each page gives in `save`"));
    }
    RecipeStep {
        is_optional: raw.optional.value.unwrap_or(false),
        pages: raw.pages.value.clone(),
        params: raw.params.value.as_ref().map(Values::to_pairs).unwrap_or_default(),
        request: RequestSpec::default(),
        save: raw.save.value.as_ref().map(Texts::to_pairs).unwrap_or_default(),
    }
}

/// A request that uses a saved list is sent once for each of its items; for two lists, or with something to save, it
/// would not be clear what that means.
fn check_lists<'r>(
    steps: impl Iterator<Item = (&'r RawRecipeStep<'r>, &'r RecipeStep)>,
    problems: &mut Vec<Problem>,
) {
    let mut lists: Vec<&str> = Vec::new();
    for (raw, step) in steps {
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
        problems.extend(problem.map(|message| raw.place.problem(message)));
        for (name, path) in &step.save {
            lists.retain(|known| known != name);
            if !is_singular(path) {
                lists.push(name);
            }
        }
    }
}
