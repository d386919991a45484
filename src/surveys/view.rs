//! A survey on the screen: pure functions from where it stands to a message with buttons.

use serde::Serialize;
use uuid::Uuid;
use waas_dialogue::{AnswerKind, Button as Press, Origin, QuestionView, ReviewView, Row, View as Shows};
use waas_platform::render::{Context, Html, Reader, TEXT_LIMIT};
use waas_platform::telegram::{Button, View};

use super::correct::Changed;
use super::moves::{Sheet, Standing};
use super::tap::{self, Tap};
use super::{answers, words};
use crate::front::Front;

/// Labels up to this many characters stand two in a row.
const SHORT: usize = 18;
/// Labels up to this many characters stand five in a row: figures of a rating.
const TINY: usize = 2;
/// Characters that all answers of a review may have together; longer ones share it.
const REVIEW: usize = 3000;

/// What stands on the screen.
pub(super) fn draw(front: &Front, reader: &Reader, standing: &Standing) -> anyhow::Result<View> {
    let page = Page { front, reader, standing, action: tap::ACTION };
    match standing.definition.view(&standing.session)? {
        Shows::Question(question) => page.question(&question),
        Shows::Review(review) => page.review(&review),
        Shows::Leaving { buttons } => page.aside("leaving", &buttons),
        Shows::Kept { buttons } => page.aside("kept", &buttons),
        Shows::Submitted { text } => page.submitted(&text),
        Shows::Cancelled { text } => {
            let context = Context::new().with("text", &text).with("until", &standing.expires_at);
            page.say("cancelled", &context).map(View::text)
        }
    }
}

/// A line of a review.
#[derive(Serialize)]
struct Line {
    label: String,
    value: String,
    /// Whether the value begins on a line of its own.
    below: bool,
}

/// The answers that operators read.
pub(super) fn sheet(front: &Front, reader: &Reader, sheet: &Sheet) -> anyhow::Result<Html> {
    let rows = lines(front, reader, &sheet.definition.review_rows(&sheet.session));
    Ok(front.say(reader, "surveys/answers.html", &Context::new().with("rows", &rows))?)
}

/// Which answer is to be corrected.
pub(super) fn pick(front: &Front, reader: &Reader, subject: Uuid, rows: &[Row]) -> anyhow::Result<View> {
    let view = brief(front, reader, &front.word(reader, "survey-fix-which"))?;
    let labels: Vec<(String, &Row)> = rows.iter().map(|row| (words::cut(&row.label, SHORT), row)).collect();
    Ok(labels
        .chunks(2)
        .fold(view, |view, pair| view.row(pair.iter().map(|(label, row)| answers::button(label, subject, &row.step)))))
}

/// A question that is asked anew, of an operator.
pub(super) fn asked_anew(front: &Front, reader: &Reader, standing: &Standing) -> anyhow::Result<View> {
    let page = Page { front, reader, standing, action: answers::ACTION };
    match standing.definition.view(&standing.session)? {
        Shows::Question(question) => page.question(&question),
        // A correction stands at a question until it is settled.
        _ => brief(front, reader, &front.word(reader, "survey-fix-same")),
    }
}

/// What was corrected.
pub(super) fn corrected(front: &Front, reader: &Reader, subject: Uuid, changed: &[Changed]) -> anyhow::Result<View> {
    let said = |value: &waas_dialogue::Shown| {
        words::cut(&words::shown(front, reader, value), REVIEW / 2 / changed.len().max(1))
    };
    let rows: Vec<(&str, String, String)> =
        changed.iter().map(|row| (row.label.as_str(), said(&row.was), said(&row.is_now))).collect();
    let html = front.say(reader, "surveys/corrected.html", &Context::new().with("rows", &rows))?;
    let more = Button::press(front.word(reader, "button-correct"), "survey.correct", subject);
    Ok(View::text(html.cut(TEXT_LIMIT)).row([more]))
}

/// A few words in the place of a question.
pub(super) fn brief(front: &Front, reader: &Reader, words: &str) -> anyhow::Result<View> {
    Ok(View::text(front.say(reader, "surveys/words.html", &Context::new().with("words", words))?))
}

fn lines(front: &Front, reader: &Reader, rows: &[Row]) -> Vec<Line> {
    let values: Vec<String> = rows.iter().map(|row| words::shown(front, reader, &row.value)).collect();
    let together: usize = values.iter().map(|value| value.chars().count()).sum();
    let share = if together > REVIEW { REVIEW / rows.len().max(1) } else { REVIEW };
    let line = |(row, value): (&Row, String)| {
        let value = words::cut(&value, share);
        Line { label: row.label.clone(), below: value.contains('\n'), value }
    };
    rows.iter().zip(values).map(line).collect()
}

struct Page<'a> {
    front: &'a Front,
    reader: &'a Reader,
    standing: &'a Standing,
    /// What its buttons do.
    action: &'static str,
}

impl Page<'_> {
    fn question(&self, question: &QuestionView) -> anyhow::Result<View> {
        let refused = self.standing.refused.as_ref();
        let reason = refused.map(|(step, reason)| words::refusal(self.front, self.reader, self.standing, step, reason));
        // A refusal stands in place of what was said before the question.
        let intro = question.intro.as_ref().filter(|_| refused.is_none()).map(|intro| intro.trim());
        let tapped = question.tapped.as_ref().filter(|_| refused.is_none());
        let tapped = tapped.map(|row| (&row.label, words::on_button(self.front, self.reader, &row.value)));
        let may_skip = refused.is_some() && question.buttons.contains(&Press::Skip);
        // An example that the hint gives already is not given again.
        let example = question.placeholder.as_ref();
        let example = example.filter(|example| !question.hint.as_ref().is_some_and(|hint| hint.contains(*example)));
        let example = example.filter(|_| question.options.is_empty());
        let progress = question.progress.map(|at| format!("{}/{}", at.position, at.total));
        let context = Context::new()
            .with("refused", &reason)
            .with("may_skip", &may_skip)
            .with("intro", &intro)
            .with("tapped", &tapped)
            .with("marked", &question.marked)
            .with("progress", &progress)
            .with("text", &question.text)
            .with("hint", &question.hint.as_ref().map(|hint| hint.trim()))
            .with("example", &example);
        let mut view = View::text(self.say("question", &context)?);
        let several = question.kind == AnswerKind::Multi;
        let mut options = Vec::new();
        for option in &question.options {
            let mark = match (option.marked, several) {
                (true, true) => "✓ ",
                (true, false) => "👉 ",
                (false, _) => "",
            };
            options.push((format!("{mark}{}", option.label), Tap::option(self.revision(), option.id.clone(), several)));
        }
        view = self.in_rows(view, options)?;
        if let Some(offer) = &question.offer {
            let key = match offer.origin {
                Origin::Given => "survey-offer-given",
                Origin::Known => "survey-offer-known",
            };
            let value = words::on_button(self.front, self.reader, &offer.value);
            let label = self.front.word_with(self.reader, key, &[("value", value.into())]);
            view = view.row([self.press(label, &Tap::offer(self.revision()))?]);
        }
        // Who corrects one answer has nowhere to go back to.
        let goes_back = self.action == tap::ACTION;
        let (done, rest): (Vec<&Press>, Vec<&Press>) = question
            .buttons
            .iter()
            .filter(|button| goes_back || **button != Press::Back)
            .partition(|button| **button == Press::Done);
        self.engine_row(self.engine_row(view, &done)?, &rest)
    }

    fn review(&self, review: &ReviewView) -> anyhow::Result<View> {
        let context = Context::new()
            .with("text", &review.text)
            .with("picking", &review.picking)
            .with("rows", &self.lines(&review.rows));
        let view = View::text(self.say("review", &context)?);
        let (edits, rest): (Vec<&Press>, Vec<&Press>) =
            review.buttons.iter().partition(|button| matches!(button, Press::Edit(_)));
        let mut rows = Vec::new();
        for button in edits {
            if let Press::Edit(step) = button {
                let label = review.rows.iter().find(|row| row.step == *step).map_or("", |row| row.label.as_str());
                rows.push((label.to_owned(), Tap::button(self.revision(), button)));
            }
        }
        let mut view = self.in_rows(view, rows)?;
        for pair in rest.chunks(2) {
            view = self.engine_row(view, pair)?;
        }
        Ok(view)
    }

    /// Around the questions: whether to leave, and what is kept.
    fn aside(&self, layout: &str, buttons: &[Press]) -> anyhow::Result<View> {
        let context = Context::new().with("until", &self.standing.expires_at);
        let buttons: Vec<&Press> = buttons.iter().collect();
        self.engine_row(View::text(self.say(layout, &context)?), &buttons)
    }

    /// The last words, with what was sent: the person has it in the chat for good.
    fn submitted(&self, text: &str) -> anyhow::Result<View> {
        let rows = self.standing.definition.review_rows(&self.standing.session);
        let context = Context::new().with("text", text).with("rows", &self.lines(&rows));
        Ok(View::text(self.say("done", &context)?))
    }

    fn lines(&self, rows: &[Row]) -> Vec<Line> {
        lines(self.front, self.reader, rows)
    }

    /// Rows of options: as many side by side as are still easy to read and to hit.
    fn in_rows(&self, mut view: View, options: Vec<(String, Tap)>) -> anyhow::Result<View> {
        let longest = options.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let wide = match longest {
            length if length <= TINY => 5,
            length if length <= SHORT => 2,
            _ => 1,
        };
        for row in options.chunks(wide) {
            let buttons: anyhow::Result<Vec<Button>> =
                row.iter().map(|(label, tap)| self.press(label.clone(), tap)).collect();
            view = view.row(buttons?);
        }
        Ok(view)
    }

    fn engine_row(&self, view: View, buttons: &[&Press]) -> anyhow::Result<View> {
        let row: anyhow::Result<Vec<Button>> = buttons
            .iter()
            .map(|button| {
                let key = match button {
                    Press::Back => "survey-button-back",
                    Press::Skip => "survey-button-skip",
                    Press::Cancel => "survey-button-cancel",
                    Press::Keep => "survey-button-keep",
                    Press::Discard => "survey-button-discard",
                    Press::Resume => "survey-button-resume",
                    Press::Done => "survey-button-done",
                    Press::PickEdit | Press::Edit(_) => "survey-button-edit",
                    Press::Submit => "survey-button-submit",
                };
                self.press(self.front.word(self.reader, key), &Tap::button(self.revision(), button))
            })
            .collect();
        Ok(view.row(row?))
    }

    fn press(&self, label: String, tap: &Tap) -> anyhow::Result<Button> {
        Ok(Button::press(label, self.action, self.id()).with(tap.args()?))
    }

    fn say(&self, layout: &str, context: &Context) -> anyhow::Result<Html> {
        Ok(self.front.say(self.reader, &format!("surveys/{layout}.html"), context)?.cut(TEXT_LIMIT))
    }

    fn revision(&self) -> i64 {
        self.standing.revision
    }

    fn id(&self) -> Uuid {
        self.standing.id
    }
}
