//! What should stand on the screen: escaped text and buttons, before tokens are minted for them.

use serde_json::Value;

use crate::render::Html;

/// A message as a capability draws it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The text, already escaped.
    pub html: Html,
    /// Rows of buttons.
    pub rows: Vec<Vec<Button>>,
}

/// One button: what it says and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Button {
    pub(crate) label: String,
    pub(crate) does: Does,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Does {
    Press { action: String, subject: String, args: Value, person: Option<i64>, single_use: bool, express: bool },
    Open(String),
}

impl View {
    /// A text without buttons.
    pub fn text(html: Html) -> Self {
        Self { html, rows: Vec::new() }
    }

    /// Adds a row of buttons; an empty row is left out.
    #[must_use]
    pub fn row(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        let row: Vec<Button> = buttons.into_iter().collect();
        if !row.is_empty() {
            self.rows.push(row);
        }
        self
    }

    /// Without the buttons that run an action of another kind; those that open a link stay.
    #[must_use]
    pub fn only(mut self, kept: impl Fn(&str) -> bool) -> Self {
        for row in &mut self.rows {
            row.retain(|button| match &button.does {
                Does::Press { action, .. } => kept(action),
                Does::Open(_) => true,
            });
        }
        self.rows.retain(|row| !row.is_empty());
        self
    }
}

impl Button {
    /// What it says.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// A button whose press runs `action` (`lead.take`) on `subject` (the lead's id).
    pub fn press(label: impl Into<String>, action: impl Into<String>, subject: impl ToString) -> Self {
        let does = Does::Press {
            action: action.into(),
            subject: subject.to_string(),
            args: Value::Null,
            person: None,
            single_use: false,
            express: false,
        };
        Self { label: label.into(), does }
    }

    /// A button that opens a link.
    pub fn open(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self { label: label.into(), does: Does::Open(url.into()) }
    }

    /// Adds arguments that the press brings along.
    #[must_use]
    pub fn with(mut self, value: Value) -> Self {
        if let Does::Press { args, .. } = &mut self.does {
            *args = value;
        }
        self
    }

    /// Only this person may press it.
    #[must_use]
    pub fn only_for(mut self, id: i64) -> Self {
        if let Does::Press { person, .. } = &mut self.does {
            *person = Some(id);
        }
        self
    }

    /// The second press is told that the first one counted.
    #[must_use]
    pub fn once(mut self) -> Self {
        if let Does::Press { single_use, .. } = &mut self.does {
            *single_use = true;
        }
        self
    }

    /// For what must not wait and needs nothing that was said before (*Ack*): its press overtakes whatever else its person
    /// asked for, and counts although the card was drawn anew since. The use case must then say itself whether it is
    /// still legal ([`Meaning::late`](super::buttons::Meaning)).
    #[must_use]
    pub fn express(mut self) -> Self {
        if let Does::Press { express, .. } = &mut self.does {
            *express = true;
        }
        self
    }
}
