//! A message on its way into a topic, which is opened, reopened or opened anew for it. It never fails for its topic alone:
//! then it stands in General.

use serde::Deserialize;
use teloxide::payloads::{CreateForumTopic, ReopenForumTopic};

use super::Sending;
use super::text::{Shown, recipient, thread_id};
use crate::telegram::topics::{self, Refusal, Standing};
use crate::telegram::{ApiError, Failure, Topic};

/// Attempts with the topic; one is opened, reopened and opened anew within them. The next one goes to General.
const ROUNDS: usize = 4;
/// Characters of a topic's name.
const TITLE: usize = 128;

/// Sends by `attempt`, which is given the thread. `tries` is how often the message was on its way before.
pub(super) async fn send<F>(
    with: &Sending,
    chat: i64,
    topic: Option<Topic>,
    tries: i32,
    attempt: impl Fn(Option<i64>) -> F,
) -> Result<Shown, ApiError>
where
    F: Future<Output = Result<Shown, ApiError>>,
{
    let mut topic = topic;
    for _ in 0..ROUNDS {
        let thread = match topic {
            None => None,
            Some(Topic::Thread(thread)) => Some(thread),
            Some(Topic::Kept { kept }) => thread_of(with, chat, kept, tries).await?,
        };
        let Some(thread) = thread else { break };
        match (attempt(Some(thread)).await, topic) {
            (Err(ApiError { failure: Failure::TopicGone, .. }), Some(Topic::Kept { kept })) => {
                tracing::info!(chat, thread, "a topic is gone; it is opened anew");
                lose(with, kept, thread).await?;
            }
            (Err(ApiError { failure: Failure::TopicClosed, .. }), Some(Topic::Kept { kept })) => {
                reopen(with, chat, kept, thread).await?;
            }
            (Err(ApiError { failure: Failure::TopicGone | Failure::TopicClosed, .. }), _) => topic = None,
            (outcome, _) => return outcome,
        }
    }
    attempt(None).await
}

/// The thread of a kept topic, opened now where it does not stand yet; none when that is refused.
async fn thread_of(with: &Sending, chat: i64, kept: i64, tries: i32) -> Result<Option<i64>, ApiError> {
    #[derive(Deserialize)]
    struct Made {
        message_thread_id: i64,
    }
    let title = match topics::standing(&with.pool, kept).await.map_err(unrecorded)? {
        Standing::Outside => return Ok(None),
        Standing::Open(thread) => return Ok(Some(thread)),
        Standing::Wanted(title) => title,
    };
    let title: String = title.chars().take(TITLE).collect();
    match with.api.call::<_, Made>(&CreateForumTopic::new(recipient(chat), title)).await {
        Ok(made) => {
            topics::opened(&with.pool, kept, made.message_thread_id).await.map_err(unrecorded)?;
            metrics::counter!("hub_topics_opened_total").increment(1);
            Ok(Some(made.message_thread_id))
        }
        Err(error) => refused(with, chat, kept, refusal(&error.failure), error, tries).await.map(|()| None),
    }
}

async fn reopen(with: &Sending, chat: i64, kept: i64, thread: i64) -> Result<(), ApiError> {
    match with.api.call::<_, bool>(&ReopenForumTopic::new(recipient(chat), thread_id(thread))).await {
        // Somebody was faster.
        Ok(_) | Err(ApiError { failure: Failure::NotModified, .. }) => Ok(()),
        Err(ApiError { failure: Failure::TopicGone, .. }) => lose(with, kept, thread).await,
        Err(error) => {
            let title = topics::title(&with.pool, kept).await.map_err(unrecorded)?;
            let refusal = match error.failure {
                Failure::NoForum => Some(Refusal::NoForum),
                _ => Some(Refusal::Closed(title)),
            };
            refused(with, chat, kept, refusal, error, 0).await
        }
    }
}

fn refusal(failure: &Failure) -> Option<Refusal> {
    match failure {
        Failure::NoRights => Some(Refusal::NoRights),
        Failure::NoForum => Some(Refusal::NoForum),
        _ => None,
    }
}

/// What a refusal means: the topic stays outside, and the hub hears why. What has nothing to do with the topic is the
/// message's own failure; it has not gone out.
async fn refused(
    with: &Sending,
    chat: i64,
    kept: i64,
    refusal: Option<Refusal>,
    error: ApiError,
    tries: i32,
) -> Result<(), ApiError> {
    let spent = tries >= with.settings.send_attempts;
    match error.failure {
        // It may stand there now, empty. Not for ever, or each attempt might leave one behind.
        Failure::Unknown if !spent => return Err(ApiError { failure: Failure::Passing, ..error }),
        Failure::Passing
        | Failure::RetryAfter(_)
        | Failure::Unauthorized
        | Failure::Conflict
        | Failure::Migrated(_)
        | Failure::ChatNotFound
        | Failure::Unreachable => return Err(error),
        _ => {}
    }
    tracing::warn!(chat, %error, "a topic cannot be had; what belongs there goes to General");
    put_outside(with, chat, kept, refusal).await.map_err(unrecorded)
}

/// What cannot be read or recorded now lets the message wait, as if Telegram was away.
fn unrecorded(error: impl Into<anyhow::Error>) -> ApiError {
    ApiError {
        method: "topic",
        failure: Failure::Passing,
        description: format!("a topic cannot be looked after: {:#}", error.into()),
    }
}

async fn lose(with: &Sending, kept: i64, thread: i64) -> Result<(), ApiError> {
    let mut tx = with.pool.begin().await.map_err(unrecorded)?;
    topics::lost(&mut tx, with.bot, kept, thread).await.map_err(unrecorded)?;
    tx.commit().await.map_err(unrecorded)
}

async fn put_outside(with: &Sending, chat: i64, kept: i64, refusal: Option<Refusal>) -> anyhow::Result<()> {
    let mut tx = with.pool.begin().await?;
    if topics::outside(&mut tx, kept).await?
        && let Some(refusal) = refusal
    {
        with.delivery.no_topic(&mut tx, with.bot, chat, &refusal).await?;
    }
    Ok(tx.commit().await?)
}
