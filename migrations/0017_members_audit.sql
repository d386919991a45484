-- The team is looked after in the chat, and the audit is a chain.

-- Who made a code; null: somebody at the terminal. A code of somebody who is no owner any more lets nobody in.
alter table enrol_codes add column made_by bigint references people (id);

-- Rows are written without these two, in the transaction of the act. Later one writer at a time numbers them and signs each
-- together with the signature before it, so that nobody waits for anybody to be audited.
alter table audit
    add column position bigint constraint audit_position unique,
    add column mac bytea check (octet_length(mac) = 32),
    add check (position > 0),
    add check ((position is null) = (mac is null));
create index audit_unlinked on audit (id) where position is null;
create index audit_actor on audit (actor, id);

-- What is written stays: even the application's own role gets an error. Only linking, once, is no change.
drop trigger audit_is_append_only on audit;
create trigger audit_is_append_only before delete or truncate on audit
    for each statement execute function audit_is_append_only();
create function audit_is_only_linked() returns trigger language plpgsql as $$
begin
    if old.position is not null or new.position is null
       or (new.id, new.at, new.actor_kind, new.actor, new.act, new.subject, new.chat_id, new.outcome, new.detail)
          is distinct from
          (old.id, old.at, old.actor_kind, old.actor, old.act, old.subject, old.chat_id, old.outcome, old.detail) then
        raise exception 'audit rows are never changed or removed';
    end if;
    return new;
end $$;
create trigger audit_is_only_linked before update on audit
    for each row execute function audit_is_only_linked();
