//! The audit as a chain: each row is signed with the hub's key together with the signature before it.
//!
//! Rows are written in the transactions of the acts and linked afterwards, in batches, by one writer at a time: an act waits
//! for no other. What is found by [`Chain::verify`]: a row that was changed, removed, moved or put in, by whomever, once it was
//! linked. What is not: a row that was tampered with in the seconds before it is linked, one that somebody adds as the last
//! (it is linked like any other), and the end cut off; the last is found with a [`Head`] that was written down elsewhere.
//! Somebody who has both the database and the master key can write history anew; such a head tells that too.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use waas_platform::db::PgConnection;
use waas_platform::secrets::{MasterKey, Signer};

use super::store;

/// What signatures of the audit are made for. Another layout of what is signed is another purpose.
const PURPOSE: &str = "audit.1";
/// What the first row follows.
const ORIGIN: [u8; 32] = [0; 32];
/// Rows that are linked at once.
const BATCH: i64 = 1_000;
/// Rows that are looked at at once.
const PORTION: i64 = 10_000;

/// A place in the chain: enough to tell, later, that nothing up to it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// From 1, without gaps.
    pub position: i64,
    /// The signature of the row there, and by it of all before.
    pub mac: [u8; 32],
}

impl Head {
    /// Before the first row.
    const NONE: Self = Self { position: 0, mac: ORIGIN };
}

/// As it is written down: `POSITION:SIGNATURE`.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.position)?;
        self.mac.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no place in the audit; it is written POSITION:SIGNATURE, as `hub audit verify` prints it")]
pub struct NoHead;

impl std::str::FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let (position, signature) = text.trim().split_once(':').ok_or(NoHead)?;
        let position = position.parse().ok().filter(|position| *position > 0).ok_or(NoHead)?;
        if signature.len() != 64 || !signature.is_ascii() {
            return Err(NoHead);
        }
        let mut mac = ORIGIN;
        for (byte, digits) in mac.iter_mut().zip(signature.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| NoHead)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NoHead)?;
        }
        Ok(Self { position, mac })
    }
}

/// What is signed of an entry: all of it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) at: DateTime<Utc>,
    pub(super) actor_kind: String,
    pub(super) actor: String,
    pub(super) act: String,
    pub(super) subject: String,
    pub(super) chat_id: Option<i64>,
    pub(super) outcome: String,
    /// As Postgres writes its `jsonb`, which orders keys by itself.
    pub(super) detail: String,
}

/// A row in its place.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) head: Head,
    pub(super) row: Row,
}

/// What is wrong at the first place where something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The row is not what was signed there.
    Changed,
    /// There is no row there, and others stand behind.
    Missing,
    /// Another row of the chain stands there.
    Reordered,
    /// A row stands there that was never part of the chain; the one that belongs there stands behind it.
    Inserted,
    /// The chain ends before the place that was written down.
    CutOff,
    /// The row at the place that was written down is another one than then: the chain was written anew.
    Rewritten,
}

/// The first place where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The place in the chain.
    pub position: i64,
    /// The row that stands there, if one does.
    pub id: Option<i64>,
    /// When that row says it was written.
    pub at: Option<DateTime<Utc>>,
    /// What is wrong.
    pub fault: Fault,
}

/// What a look through the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Rows that are what they were.
    pub checked: u64,
    /// Rows that are written and not linked yet.
    pub waiting: i64,
    /// The last row that is what it was; none while there is none.
    pub head: Option<Head>,
    /// Where it is broken; none: nowhere.
    pub broken: Option<Broken>,
}

/// Signs and checks the rows of the audit.
#[derive(Clone, Debug)]
pub struct Chain(Signer);

impl Chain {
    /// With the hub's key.
    pub fn new(keys: &MasterKey) -> Self {
        Self(keys.signer(PURPOSE))
    }

    /// Links what is not linked yet, at most a batch; how many rows that were. None while another transaction is at it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn link(&self, conn: &mut PgConnection) -> sqlx::Result<usize> {
        if !store::alone(conn).await? {
            return Ok(0);
        }
        let mut head = store::head(conn).await?.unwrap_or(Head::NONE);
        let rows = store::unlinked(conn, BATCH).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let links: Vec<Head> = rows
            .iter()
            .map(|row| {
                head = self.next(&head, row);
                head
            })
            .collect();
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        store::link(conn, &ids, &links).await?;
        Ok(rows.len())
    }

    /// Looks through the chain, from a place that was looked at before or from its beginning; `known` is a place that must
    /// be in it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn verify(
        &self,
        conn: &mut PgConnection,
        from: Option<Head>,
        known: Option<Head>,
    ) -> sqlx::Result<Verified> {
        let waiting = store::waiting(conn).await?;
        let mut found = Verified { checked: 0, waiting, head: from, broken: None };
        // Places that were written down are looked at first: what is checked must be the same history.
        for head in from.into_iter().chain(known) {
            found.broken = self.at(conn, head).await?;
            if found.broken.is_some() {
                return Ok(found);
            }
        }
        let mut last = from.unwrap_or(Head::NONE);
        loop {
            let links = store::portion(conn, last.position, PORTION).await?;
            if links.is_empty() {
                return Ok(found);
            }
            for link in links {
                if self.next(&last, &link.row) != link.head {
                    found.broken = Some(self.broken(conn, &last, link).await?);
                    return Ok(found);
                }
                last = link.head;
                found.checked += 1;
                found.head = Some(last);
            }
        }
    }

    /// What is wrong with the first link that does not follow.
    async fn broken(&self, conn: &mut PgConnection, last: &Head, link: Link) -> sqlx::Result<Broken> {
        let position = last.position + 1;
        if link.head.position > position {
            return Ok(Broken { position, id: None, at: None, fault: Fault::Missing });
        }
        let fault = self.kind(conn, last, &link).await?;
        Ok(Broken { position, id: Some(link.row.id), at: Some(link.row.at), fault })
    }

    /// Whether a place that was written down is there and what it was.
    async fn at(&self, conn: &mut PgConnection, head: Head) -> sqlx::Result<Option<Broken>> {
        let row = store::at_position(conn, head.position).await?;
        let fault = match &row {
            None => Fault::CutOff,
            Some((_, _, mac)) if mac[..] != head.mac => Fault::Rewritten,
            Some(_) => return Ok(None),
        };
        let (id, at) = row.map(|(id, at, _)| (id, at)).unzip();
        Ok(Some(Broken { position: head.position, id, at, fault }))
    }

    /// What happened where the row after `last` does not fit: the signatures further on tell what once stood where.
    async fn kind(&self, conn: &mut PgConnection, last: &Head, wrong: &Link) -> sqlx::Result<Fault> {
        let fits = |before: Head, link: &Link| self.next(&before, &link.row).mac == link.head.mac;
        // Rows behind one that is gone, numbered anew, follow each other still by their former numbers.
        let formerly = Head { position: wrong.head.position + 1, mac: wrong.head.mac };
        let mut links = store::portion(conn, wrong.head.position, PORTION).await?;
        if links.first().is_some_and(|link| fits(formerly, link)) {
            return Ok(Fault::Missing);
        }
        let (mut belongs_further_on, mut comes_from_there) = (false, false);
        while let Some(end) = links.last().map(|link| link.head.position) {
            for link in &links {
                belongs_further_on |= fits(*last, link);
                // Where it came from, the others may have moved up by one.
                for position in [link.head.position - 1, link.head.position] {
                    comes_from_there |= fits(Head { position, mac: link.head.mac }, wrong);
                }
            }
            links = store::portion(conn, end, PORTION).await?;
        }
        Ok(match (belongs_further_on, comes_from_there) {
            (true, false) => Fault::Inserted,
            (_, true) => Fault::Reordered,
            (false, false) => Fault::Changed,
        })
    }

    /// The link of a row that follows this one.
    fn next(&self, before: &Head, row: &Row) -> Head {
        let position = before.position + 1;
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(before.mac);
        for number in [position, row.id, row.at.timestamp_micros()] {
            bytes.extend(number.to_be_bytes());
        }
        // A chat is there or not; each text says how long it is: no two rows are the same bytes.
        bytes.push(u8::from(row.chat_id.is_some()));
        bytes.extend(row.chat_id.unwrap_or_default().to_be_bytes());
        for text in [&row.actor_kind, &row.actor, &row.act, &row.subject, &row.outcome, &row.detail] {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        Head { position, mac: self.0.sign(&bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            id: 7,
            at: DateTime::from_timestamp(1_795_262_400, 123_456_000).expect("a valid time"),
            actor_kind: "person".to_owned(),
            actor: "101".to_owned(),
            act: "lead.take".to_owned(),
            subject: "lead:1".to_owned(),
            chat_id: Some(-5),
            outcome: "done".to_owned(),
            detail: "{}".to_owned(),
        }
    }

    fn chain() -> Chain {
        Chain::new(&MasterKey::parse(&MasterKey::generate()).expect("a fresh key"))
    }

    #[test]
    fn every_field_is_signed_and_none_flows_into_its_neighbour() {
        let chain = chain();
        let signed = |change: &dyn Fn(&mut Row)| {
            let mut row = row();
            change(&mut row);
            chain.next(&Head::NONE, &row).mac
        };
        let changes: [&dyn Fn(&mut Row); 12] = [
            &|_| {},
            &|row| row.id += 1,
            &|row| row.at += chrono::TimeDelta::microseconds(1),
            &|row| row.actor_kind.push('s'),
            &|row| row.actor.push('1'),
            &|row| row.act = "lead.reject".to_owned(),
            &|row| row.subject = "lead:2".to_owned(),
            &|row| row.chat_id = None,
            &|row| row.chat_id = Some(0),
            &|row| row.outcome = "refused".to_owned(),
            &|row| row.detail = "{\"to\": 1}".to_owned(),
            &|row| {
                row.actor = "10".to_owned();
                row.act = "1lead.take".to_owned();
            },
        ];
        let macs: std::collections::BTreeSet<[u8; 32]> = changes.iter().map(|change| signed(*change)).collect();
        assert_eq!(macs.len(), changes.len());
        let second = Head { position: 1, mac: ORIGIN };
        assert_ne!(chain.next(&second, &row()).mac, chain.next(&Head::NONE, &row()).mac, "the place is signed");
        assert_ne!(self::chain().next(&Head::NONE, &row()).mac, signed(&|_| {}), "another key signs otherwise");
    }

    #[test]
    fn a_head_is_read_as_it_is_written() {
        let head = chain().next(&Head { position: 41, mac: [9; 32] }, &row());
        assert_eq!(head.to_string().parse(), Ok(head));
        for text in ["", "42", "42:", ":00", "x:00", "0:00", "-1:aa", "42:zz", &format!("42:{}é", "0".repeat(62))] {
            assert_eq!(text.parse::<Head>(), Err(NoHead), "{text}");
        }
    }
}
