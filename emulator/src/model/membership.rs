//! Who is in a group, and what becomes of groups: migration and deletion.

use super::Telegram;
use super::chat::{GroupKind, Place, Standing};
use super::message::Content;
use super::service::Service;
use super::update::UpdateKind;
use serde_json::json;

impl Telegram {
    /// Who made a group; 0 when nobody did.
    pub(crate) fn creator(&self, group: i64) -> i64 {
        let members = self.store.groups.get(&group).into_iter().flat_map(|g| &g.members);
        members.into_iter().find(|(_, standing)| **standing == Standing::Creator).map_or(0, |(id, _)| *id)
    }

    /// Tells a bot that its own standing changed.
    pub(crate) fn queue_membership(&mut self, bot: i64, actor: i64, place: Place, old: Standing, new: Standing) {
        self.queue_member_change(bot, UpdateKind::MyChatMember, bot, actor, place, (old, new));
    }

    fn queue_member_change(
        &mut self,
        reader: i64,
        kind: UpdateKind,
        member: i64,
        actor: i64,
        place: Place,
        (old, new): (Standing, Standing),
    ) {
        let body = json!({
            "chat": self.chat_json(place),
            "from": self.user_json(actor),
            "date": self.now(),
            "old_chat_member": self.member_json(member, old),
            "new_chat_member": self.member_json(member, new),
        });
        self.queue_update(reader, kind, &body);
    }

    /// Gives an account another standing in a group; everybody concerned is told. Says whether that changed anything.
    pub(crate) fn set_standing(&mut self, group: i64, actor: i64, member: i64, new: Standing) -> bool {
        let Some(entry) = self.store.groups.get_mut(&group) else {
            return false;
        };
        let old = entry.standing(member);
        if old == new {
            return false;
        }
        let place = Place::Group { group };
        // Whoever is put out still reads that; whoever comes in reads it already.
        if old.is_inside() && !new.is_inside() {
            self.post(place, actor, Content::Service(Service::Gone(member)), Default::default());
        }
        if let Some(entry) = self.store.groups.get_mut(&group) {
            entry.members.insert(member, new);
        }
        if self.store.bots.contains_key(&member) {
            self.queue_membership(member, actor, place, old, new);
        }
        let admins: Vec<i64> = self.bots_in(place).into_iter().filter(|&b| b != member).collect();
        for bot in admins {
            if self.store.groups.get(&group).is_some_and(|g| g.standing(bot).is_admin()) {
                self.queue_member_change(bot, UpdateKind::ChatMember, member, actor, place, (old, new));
            }
        }
        if new.is_inside() && !old.is_inside() {
            self.post(place, actor, Content::Service(Service::Joined(vec![member])), Default::default());
        }
        self.emit("chat", place, None, Some(json!({"member": member, "status": new.name()})));
        true
    }

    /// Turns a basic group into a supergroup with another id and the same people; `None` when it is no basic group.
    pub(crate) fn migrate(&mut self, group: i64, is_forum: bool) -> Option<Place> {
        let old = self.store.groups.get(&group)?;
        if old.kind != GroupKind::Group || old.ended.is_some() {
            return None;
        }
        let (title, members) = (old.title.clone(), old.members.clone());
        let creator = self.creator(group);
        let new = self.found_group(GroupKind::Supergroup, title, is_forum, members);
        self.post(
            Place::Group { group },
            creator,
            Content::Service(Service::MigratedTo(new.chat_id())),
            Default::default(),
        );
        self.post(new, creator, Content::Service(Service::MigratedFrom(group)), Default::default());
        self.store.groups.get_mut(&group)?.ended = Some(super::chat::End::MigratedTo(new.chat_id()));
        self.emit("chat", new, None, Some(self.chat_json(new)));
        Some(new)
    }

    /// Deletes a group for everybody in it.
    pub(crate) fn delete_group(&mut self, group: i64) {
        let (actor, place) = (self.creator(group), Place::Group { group });
        for bot in self.bots_in(place) {
            let old = self.store.groups.get(&group).map_or(Standing::Left, |g| g.standing(bot));
            self.queue_membership(bot, actor, place, old, Standing::Left);
        }
        if let Some(entry) = self.store.groups.get_mut(&group) {
            entry.ended = Some(super::chat::End::Deleted);
            entry.members.values_mut().for_each(|standing| *standing = Standing::Left);
        }
        self.emit("chat", place, None, None);
    }
}
