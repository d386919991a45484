//! Step 3: Ann answers the onboarding survey, with a mistake, a step back, a skip and an edit.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Story, ensure};
use crate::message::Message;

const SERVICES: &str = "Haircut – 35 €\nColouring – from 60 €";
const HOURS: &str = "Mon–Fri 9–18, Sat 10–14";
const NEW_HOURS: &str = "Mon–Sat 10–19";

impl Story<'_> {
    /// From the deep link to *Submit*.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn survey_answered(&self, link: &str) -> Result<()> {
        let ann = &self.ann;
        ann.opens(link).await?;
        let first = ann.sees("the first question", |m| at(m, 1)).await?;
        let (_, total) = first.progress().context("the question shows no progress")?;

        self.max.opens(link).await?;
        self.max.sees("that the link is somebody else's", |m| m.progress().is_none()).await?;

        self.answers(&self.business, 2).await?;
        self.chooses("Beauty salon", 3).await?;
        self.answers(SERVICES, 4).await?;
        // The branch for salons; back to the question before it, and forth again.
        ann.sees("how clients book", |m| m.offers("On the website")).await?;
        self.chooses("Back", 3).await?;
        self.answers(SERVICES, 4).await?;
        self.chooses("On the website", 5).await?;
        self.answers(HOURS, 6).await?;

        ann.sees("a key to share the own number", shares_contact).await?;
        ann.shares_contact(None).await?;
        ann.sees("question 7", |m| at(m, 7)).await?;

        // A mistake: the reason and the same question in one message.
        ann.sends("ann@new-salon").await?;
        ann.sees("what is wrong with the address, and the question again", |m| at(m, 7) && m.offers("Back")).await?;
        self.answers("ann@new-salon.example", 8).await?;
        self.answers(&self.domain, 9).await?;
        self.chooses("Skip", 10).await?;
        ann.sends_photo().await?;
        ann.sees("question 11", |m| at(m, 11)).await?;

        ann.presses("Yes, I agree").await?;
        let review = ann.sees("a review", |m| m.offers("Submit") && m.says(&self.business)).await?;
        ensure(review.says("Haircut") && review.says(HOURS), || {
            format!("the review does not show the answers:\n{review}")
        })?;
        ann.presses("Edit").await?;
        ann.sees("what can be edited", |m| m.offers("Opening hours")).await?;
        ann.presses("Opening hours").await?;
        ann.sees("the question once more", |m| !m.offers("Submit") && !m.offers("Opening hours") && m.offers("Cancel"))
            .await?;
        ann.sends(NEW_HOURS).await?;
        ann.sees("the review with the new answer", |m| m.offers("Submit") && m.says(NEW_HOURS)).await?;
        ann.presses("Submit").await?;
        ann.sees("what happens next", |m| m.buttons.is_empty() && m.says("everything we need")).await?;
        ann.finds("how far it is", Duration::from_secs(10), |m| m.offers("Ask for help")).await?;
        self.bo.finds("Provision on the card", Duration::from_secs(10), |m| m.offers("Provision")).await?;
        self.done(
            "survey",
            format!("Ann answered {total} questions: one mistake mended, one step back, one skipped, one edited"),
        );
        Ok(())
    }

    /// Writes an answer and sees the next question.
    async fn answers(&self, text: &str, next: u32) -> Result<Message> {
        self.ann.sends(text).await?;
        self.ann.sees(&format!("question {next}"), |m| at(m, next)).await
    }

    /// Presses a button and sees the question that it leads to.
    async fn chooses(&self, label: &str, next: u32) -> Result<Message> {
        self.ann.presses(label).await?;
        self.ann.sees(&format!("question {next}"), |m| at(m, next)).await
    }
}

fn at(message: &Message, question: u32) -> bool {
    message.progress().is_some_and(|(n, _)| n == question)
}

fn shares_contact(message: &Message) -> bool {
    message.keys.iter().flatten().any(|key| key.shares_contact)
}
