//! What a template wants to know, taken from a client's answers and an operator's `--set`. No IO.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::template::{Input, InputKind, Template};

/// Longest text that an input may be, in characters.
const LONGEST: usize = 10_000;

/// Every input of a template with its value.
pub type Inputs = BTreeMap<String, Value>;

/// One input that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputFault {
    /// Nobody said it and there is no default.
    #[error("{0} is needed")]
    Missing(String),
    /// What was said does not fit.
    #[error("{name}: {why}")]
    Unfit {
        /// The input.
        name: String,
        /// What would fit.
        why: String,
    },
    /// The template knows no such input.
    #[error("the template has no input {0}")]
    Unknown(String),
}

/// Takes each input from `--set`, else from the answers, else its default.
///
/// # Errors
/// Everything that is missing, unfit or unknown, together.
pub fn resolve(
    template: &Template,
    answers: &Map<String, Value>,
    set: &BTreeMap<String, String>,
) -> Result<Inputs, Vec<InputFault>> {
    let mut faults: Vec<InputFault> =
        set.keys().filter(|name| !template.inputs.contains_key(*name)).cloned().map(InputFault::Unknown).collect();
    let mut inputs = Inputs::new();
    for (name, input) in &template.inputs {
        let said = match set.get(name) {
            Some(text) => Some(from_text(input.kind, text)),
            None => input
                .from
                .as_deref()
                .and_then(|from| answers.get(from.strip_prefix("answers.").unwrap_or(from)))
                .filter(|value| !value.is_null())
                .cloned(),
        };
        match said.or_else(|| input.default.clone()) {
            Some(value) => match fit(input, value) {
                Ok(value) => {
                    inputs.insert(name.clone(), value);
                }
                Err(why) => faults.push(InputFault::Unfit { name: name.clone(), why }),
            },
            None if input.required => faults.push(InputFault::Missing(name.clone())),
            None => {
                inputs.insert(name.clone(), empty(input.kind));
            }
        }
    }
    if faults.is_empty() { Ok(inputs) } else { Err(faults) }
}

/// A value typed at the terminal; lists have one entry a line or between semicolons.
fn from_text(kind: InputKind, text: &str) -> Value {
    match kind {
        InputKind::List => text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty()).collect(),
        InputKind::Number => text.trim().parse::<f64>().map_or_else(|_| Value::from(text), Value::from),
        InputKind::Bool => match text.trim() {
            "true" | "yes" | "1" => Value::Bool(true),
            "false" | "no" | "0" => Value::Bool(false),
            _ => Value::from(text),
        },
        InputKind::Text | InputKind::Choice | InputKind::File | InputKind::Secret => Value::from(text),
    }
}

fn empty(kind: InputKind) -> Value {
    match kind {
        InputKind::List => Value::Array(Vec::new()),
        InputKind::Number => Value::from(0),
        InputKind::Bool => Value::Bool(false),
        InputKind::Text | InputKind::Choice | InputKind::File | InputKind::Secret => Value::from(""),
    }
}

fn fit(input: &Input, value: Value) -> Result<Value, String> {
    let fits = match (input.kind, &value) {
        (InputKind::Text | InputKind::Secret, Value::String(text)) => {
            return fit_text(text).map(|()| value);
        }
        (InputKind::List, Value::Array(lines)) => {
            for line in lines {
                fit_text(line.as_str().ok_or("a list of texts fits")?)?;
            }
            true
        }
        (InputKind::Choice, Value::String(choice)) => {
            if !input.choices.contains(choice) && !choice.is_empty() {
                return Err(format!("one of {} fits, not {choice}", input.choices.join(", ")));
            }
            true
        }
        // A photo's answer is an object with its file id; the name of the file comes with the fetching.
        (InputKind::File, Value::String(_) | Value::Object(_)) => true,
        (InputKind::Number, Value::Number(_)) | (InputKind::Bool, Value::Bool(_)) => true,
        _ => false,
    };
    if fits { Ok(value) } else { Err(format!("{:?} fits", input.kind).to_lowercase()) }
}

fn fit_text(text: &str) -> Result<(), String> {
    if text.chars().count() > LONGEST {
        return Err(format!("at most {LONGEST} characters fit"));
    }
    if text.contains('\0') {
        return Err("a NUL character does not fit".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use waas_platform::render::Share;

    fn template() -> Template {
        Template::load(&Share::new(None), "fastapi").expect("the shipped template")
    }

    fn set(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn answers_become_inputs_and_set_overrules_them() {
        let answers = json!({"business_name": "New Salon", "kind": "beauty_salon", "services": ["Cut 30"], "photo": {"file_id": "x"}});
        let inputs = resolve(&template(), answers.as_object().expect("an object"), &set(&[("business_name", "Newer")]))
            .expect("inputs");
        assert_eq!(inputs["business_name"], "Newer");
        assert_eq!(inputs["services"], json!(["Cut 30"]));
        assert_eq!(inputs["admin_username"], "admin");
    }

    #[test]
    fn all_faults_come_together() {
        let answers = json!({"kind": "circus"});
        let faults = resolve(&template(), answers.as_object().expect("an object"), &set(&[("colour", "red")]))
            .expect_err("three faults");
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
