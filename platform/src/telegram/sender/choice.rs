//! Which rows go next: the heads of chats' queues that places and limits allow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgConnection;

use super::queue::Row;
use super::share::{places, urgency};
use super::{BESIDE, MEANWHILE, Sender, digest, heads};
use crate::db::within;
use crate::telegram::Priority;

/// What may go now.
struct Choice {
    /// When it is made.
    at: Instant,
    rows: Vec<Row>,
    /// Those among them that count against no chat.
    beside: usize,
    /// Something else could go if a place were free.
    full: bool,
    /// When one more may go by itself.
    more_in: Option<Duration>,
}

impl Sender {
    /// Has that claimed which may go; how long nothing more can.
    pub(super) async fn start_what_may_go(&mut self) -> anyhow::Result<Duration> {
        const AT_MOST: Duration = Duration::from_secs(5);
        let office = Arc::clone(&self.office);
        let with = &office.with;
        let pause = with.settings.progress_pause;
        let mut conn = self.line.take().await?;
        let mut found = within(heads::heads(&mut conn, with.bot, &self.busy(), pause)).await?;
        if found.rows.iter().any(|row| row.priority == Priority::Page as i16) {
            match digest::fold(with).await {
                Ok(false) => {}
                Ok(true) => found = within(heads::heads(&mut conn, with.bot, &self.busy(), pause)).await?,
                // One by one they arrive all the same.
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "pages cannot be folded into a digest");
                    found = within(heads::heads(&mut conn, with.bot, &self.busy(), pause)).await?;
                }
            }
        }
        let now = Instant::now();
        let more_in = self.desk.looks_again(now);
        let mut choice = Choice { at: now, rows: Vec::new(), beside: 0, full: false, more_in };
        self.choose(found.rows, &mut choice);
        let due = self.look_further(&mut conn, found.more, &mut choice).await;
        // Whatever came of that look: the chats of those that were chosen are busy with them.
        self.desk.claim(&office, std::mem::take(&mut choice.rows), now);
        let due = due?;
        self.line.keep(conn);
        Ok([Some(AT_MOST), due, choice.more_in].into_iter().flatten().min().unwrap_or(AT_MOST))
    }

    /// Looks beyond the most urgent rows where these leave places free, and for what is due next where there is nothing to
    /// do; how long until then.
    async fn look_further(
        &mut self,
        conn: &mut PgConnection,
        more: bool,
        choice: &mut Choice,
    ) -> sqlx::Result<Option<Duration>> {
        let (bot, pause) = (self.office.with.bot, self.office.with.settings.progress_pause);
        if more && !choice.full {
            // A few chats that may not go yet hide all others.
            let rows = within(heads::all_heads(conn, bot, &self.busy(), pause)).await?;
            self.choose(rows, choice);
        }
        if choice.rows.is_empty() && self.busy.is_empty() {
            return within(heads::next_due(conn, bot, pause)).await;
        }
        Ok(Some(MEANWHILE))
    }

    fn busy(&self) -> Vec<i64> {
        self.busy.iter().copied().collect()
    }

    /// Takes those that places and limits allow.
    fn choose(&mut self, rows: Vec<Row>, choice: &mut Choice) {
        let now = choice.at;
        let under_way =
            self.under_way.values().filter(|(_, chat)| chat.is_none()).count() + self.desk.claiming_beside();
        for row in rows {
            if self.desk.leaves(row.id, now) {
                continue;
            }
            // Callback answers and menus count against no chat.
            let Some(chat) = row.chat else {
                if under_way + choice.beside < BESIDE && !choice.rows.iter().any(|chosen| chosen.id == row.id) {
                    choice.beside += 1;
                    choice.rows.push(row);
                }
                continue;
            };
            if self.busy.contains(&chat) {
                continue;
            }
            if self.busy.len() >= places(&row) {
                choice.full = true;
                continue;
            }
            let ready = self.limits.ready_at(chat, urgency(&row), now);
            if ready > now {
                let wait = ready - now;
                choice.more_in = Some(choice.more_in.map_or(wait, |first| first.min(wait)));
                continue;
            }
            self.limits.take(chat, now);
            self.busy.insert(chat);
            choice.rows.push(row);
        }
    }
}
