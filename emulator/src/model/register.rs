//! Accounts, chats and files coming into being.

use super::Telegram;
use super::bot::Bot;
use super::chat::{Group, GroupKind, Place, Standing};
use super::file::{StoredFile, picture_size, random_id};
use super::forum::General;
use super::message::{Content, Document, PhotoSize};
use super::person::{Person, User};
use super::service::Service;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// Ids of people begin here when none is given.
const FIRST_PERSON: i64 = 1_000_001;
/// Ids of supergroups lie below this.
const SUPERGROUPS: i64 = -1_002_000_000_000;
/// Ids of basic groups lie below this.
const GROUPS: i64 = -4_000_000;
/// The side to which Telegram scales the middle size of a photo.
const MIDDLE_SIDE: u32 = 320;
/// Dimensions claimed for a picture whose header cannot be read.
const UNKNOWN_SIZE: (u32, u32) = (1280, 720);

impl Telegram {
    /// The bot of a token, made by its first call. `None` when another token owns the id.
    pub(crate) fn bot_of_token(&mut self, id: i64, token: &str) -> Option<&mut Bot> {
        let bot = self.store.bots.entry(id).or_insert_with(|| {
            let user = User {
                id,
                is_bot: true,
                first_name: format!("Bot {id}"),
                last_name: None,
                username: Some(format!("emulated_{id}_bot")),
                language_code: None,
            };
            Bot::new(user, token.to_owned())
        });
        (bot.token == token).then_some(bot)
    }

    /// The bot with that username, case-insensitive, with or without `@`.
    pub(crate) fn bot_named(&self, name: &str) -> Option<&Bot> {
        let name = name.trim_start_matches('@');
        self.store.bots.values().find(|b| b.username().eq_ignore_ascii_case(name))
    }

    /// Whether an account other than `but` has the username.
    pub(crate) fn is_username_taken(&self, name: &str, but: i64) -> bool {
        let people = self.store.people.values().map(|p| &p.user);
        let bots = self.store.bots.values().map(|b| &b.user);
        people.chain(bots).any(|user| {
            user.id != but && user.username.as_deref().is_some_and(|taken| taken.eq_ignore_ascii_case(name))
        })
    }

    /// The next free id for a person.
    pub(crate) fn free_person_id(&self) -> i64 {
        (FIRST_PERSON..).find(|id| self.user(*id).is_none()).unwrap_or(FIRST_PERSON)
    }

    pub(crate) fn add_person(&mut self, person: Person) {
        self.store.people.insert(person.user.id, person);
    }

    /// Makes a group; its bots are told that they were added.
    pub(crate) fn add_group(
        &mut self,
        kind: GroupKind,
        title: String,
        is_forum: bool,
        members: BTreeMap<i64, Standing>,
    ) -> Place {
        let bots: Vec<(i64, Standing)> =
            members.iter().filter(|(id, _)| self.store.bots.contains_key(id)).map(|(id, s)| (*id, *s)).collect();
        let place = self.found_group(kind, title, is_forum, members);
        let creator = self.creator(place.chat_id());
        for (bot, standing) in bots {
            self.queue_membership(bot, creator, place, Standing::Left, standing);
        }
        self.post(place, creator, Content::Service(Service::GroupCreated), Default::default());
        self.emit("chat", place, None, Some(self.chat_json(place)));
        place
    }

    /// A group that nobody has been told of yet.
    pub(crate) fn found_group(
        &mut self,
        kind: GroupKind,
        title: String,
        is_forum: bool,
        members: BTreeMap<i64, Standing>,
    ) -> Place {
        let count = i64::try_from(self.store.groups.len()).unwrap_or(i64::MAX / 2);
        let base = match kind {
            GroupKind::Group => GROUPS,
            GroupKind::Supergroup => SUPERGROUPS,
        };
        let id = base - 1 - count;
        let group = Group {
            id,
            kind,
            title,
            is_forum,
            members,
            next_message_id: 1,
            messages: BTreeMap::new(),
            topics: BTreeMap::new(),
            general: General::default(),
            ended: None,
        };
        self.store.groups.insert(id, group);
        Place::Group { group: id }
    }

    /// Stores bytes and returns the new `file_id` with its unique id.
    fn store_file(
        &mut self,
        folder: &str,
        extension: &str,
        (name, mime_type): (Option<String>, Option<String>),
        content: Bytes,
        bots: &BTreeSet<i64>,
    ) -> (String, String) {
        let number = self.store.next_file;
        self.store.next_file += 1;
        let prefix = if folder == "photos" { "AgACAgIAAxkB" } else { "BQACAgIAAxkB" };
        let file_id = format!("{prefix}{}", random_id(36));
        let unique_id = format!("AQAD{}", random_id(9));
        self.store.files.insert(
            file_id.clone(),
            StoredFile {
                unique_id: unique_id.clone(),
                path: format!("{folder}/file_{number}{extension}"),
                content,
                mime_type,
                name,
                bots: bots.clone(),
            },
        );
        (file_id, unique_id)
    }

    /// Stores a picture in two sizes that share its bytes.
    pub(crate) fn store_photo(&mut self, content: Bytes, bots: &BTreeSet<i64>) -> Vec<PhotoSize> {
        let (width, height) = picture_size(&content).unwrap_or(UNKNOWN_SIZE);
        let longest = width.max(height);
        let mut sizes = Vec::new();
        if longest > MIDDLE_SIDE {
            let scale = |side: u32| (side * MIDDLE_SIDE / longest).max(1);
            sizes.push((scale(width), scale(height)));
        }
        sizes.push((width, height));
        sizes
            .into_iter()
            .map(|(width, height)| {
                let mime = Some("image/jpeg".to_owned());
                let (file_id, file_unique_id) = self.store_file("photos", ".jpg", (None, mime), content.clone(), bots);
                PhotoSize { file_id, file_unique_id, file_size: content.len(), width, height }
            })
            .collect()
    }

    /// Stores a document under its own extension.
    pub(crate) fn store_document(
        &mut self,
        file_name: Option<String>,
        mime_type: Option<String>,
        content: Bytes,
        bots: &BTreeSet<i64>,
    ) -> Document {
        let extension = file_name
            .as_deref()
            .and_then(|name| name.rsplit_once('.'))
            .map(|(_, ext)| ext)
            .filter(|ext| ext.len() <= 8 && ext.chars().all(|c| c.is_ascii_alphanumeric()))
            .map_or_else(String::new, |ext| format!(".{ext}"));
        let file_size = content.len();
        let (file_id, file_unique_id) =
            self.store_file("documents", &extension, (file_name.clone(), mime_type.clone()), content, bots);
        Document { file_id, file_unique_id, file_size, file_name, mime_type }
    }

    /// Bots that read a place.
    pub(crate) fn bots_in(&self, place: Place) -> BTreeSet<i64> {
        match place {
            Place::Private { bot, .. } => BTreeSet::from([bot]),
            Place::Group { group } => self
                .store
                .groups
                .get(&group)
                .into_iter()
                .flat_map(|g| &g.members)
                .filter(|(id, s)| s.is_inside() && self.store.bots.contains_key(id))
                .map(|(id, _)| *id)
                .collect(),
        }
    }
}
