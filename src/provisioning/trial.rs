//! A template tried on paper: rendered with made-up and with hostile inputs, checked against the hardening policy, and
//! held against the survey that is to fill it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use waas_dialogue::{Definition, Requirement};
use waas_platform::render::{Missing, Renderer, Share, Words};
use waas_platform::secrets::Secret;

use super::folder::{HubAddresses, Images, Secrets, Site};
use super::inputs;
use super::plan;
use super::template::{Input, InputKind, Template, TemplateError};
use crate::tenants::Slug;

/// The survey that fills templates.
const SURVEY: &str = "dialogues/onboarding.toml";
/// A text that breaks out of whatever does not escape it.
const HOSTILE: &str = "\"'`<b>&{{ x }}${Y:-z}$(id) #\\ ünïcödé";

/// Everything that is wrong with a template; empty when it is sound.
///
/// # Errors
/// There is no such template, or it does not read at all.
pub fn problems(share: &Share, name: &str) -> Result<Vec<String>, TemplateError> {
    let template = Template::load(share, name)?;
    let mut problems = survey_gaps(share, &template);
    match renderer(share) {
        Ok(renderer) => {
            for text in ["Example", HOSTILE] {
                problems.extend(render(share, &renderer, &template, text));
            }
        }
        Err(error) => problems.push(error),
    }
    Ok(problems)
}

fn renderer(share: &Share) -> Result<Renderer, String> {
    let words = Words::load(share, Missing::Show).map_err(|error| error.to_string())?;
    Renderer::load(share, Arc::new(words)).map_err(|error| error.to_string())
}

fn render(share: &Share, renderer: &Renderer, template: &Template, text: &str) -> Vec<String> {
    let answers: Map<String, Value> = template
        .inputs
        .values()
        .filter_map(|input| Some((answer_of(input)?.to_owned(), made_up(input, text))))
        .collect();
    let inputs = match inputs::resolve(template, &answers, &BTreeMap::new()) {
        Ok(inputs) => inputs,
        Err(faults) => return faults.iter().map(ToString::to_string).collect(),
    };
    let site = Site {
        template: template.clone(),
        slug: Slug::nameless(),
        domain: "site.localhost".to_owned(),
        public_url: "http://site.localhost".to_owned(),
        port: 20_000,
        locale: "en".to_owned(),
        timezone: "UTC".to_owned(),
        size: "S".to_owned(),
        inputs,
        app_image: "waas-trial:site.1".to_owned(),
        images: Images {
            python: "python:3".to_owned(),
            postgres: "postgres:15".to_owned(),
            redis: "redis:7".to_owned(),
        },
        hub: HubAddresses { http: "http://hub:8090".to_owned(), redis: "hub:6379".to_owned() },
        health_interval: Duration::from_secs(2),
    };
    let secrets: Secrets = template.secrets.keys().map(|name| (name.clone(), Secret::password(24))).collect();
    let planned = plan::make(&site, renderer, share, Path::new("/srv/site"), Vec::new()).map(|_| ());
    let private = site.private_files(renderer, share, &secrets).map(|_| ());
    let planned = planned.err().map(|error| error.to_string());
    planned.into_iter().chain(private.err().map(|error| error.to_string())).collect()
}

/// Required inputs that a client's survey may leave open.
fn survey_gaps(share: &Share, template: &Template) -> Vec<String> {
    let survey = match share.text(SURVEY) {
        Ok(source) => Definition::parse(&source),
        Err(error) => return vec![error.to_string()],
    };
    let Ok(survey) = survey else {
        return vec![format!("{SURVEY} has problems of its own: hub dialogue check")];
    };
    let needed: Vec<Requirement> = template
        .inputs
        .values()
        .filter(|input| input.required && input.default.is_none())
        .filter_map(|input| Some(Requirement { step: answer_of(input)?.to_owned(), kinds: Vec::new() }))
        .collect();
    let unasked = template
        .inputs
        .iter()
        .filter(|(_, input)| input.required && input.default.is_none() && answer_of(input).is_none());
    survey
        .unmet(&needed)
        .into_iter()
        .map(|unmet| format!("{SURVEY} cannot fill it: {unmet}"))
        .chain(unasked.map(|(name, _)| format!("input {name} is required and comes from nowhere")))
        .collect()
}

fn answer_of(input: &Input) -> Option<&str> {
    input.from.as_deref()?.strip_prefix("answers.")
}

fn made_up(input: &Input, text: &str) -> Value {
    match input.kind {
        InputKind::Text | InputKind::Secret => Value::from(text),
        InputKind::List => Value::from(vec![text]),
        InputKind::Choice => Value::from(input.choices.first().cloned().unwrap_or_default()),
        InputKind::Number => Value::from(1),
        InputKind::Bool => Value::Bool(true),
        InputKind::File => Value::from(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_template_is_sound() {
        let share = Share::default();
        for name in Template::names(&share).expect("the share folder") {
            assert_eq!(problems(&share, &name).expect("it reads"), Vec::<String>::new(), "{name}");
        }
    }
}
