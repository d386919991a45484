-- The operators' desk: promises, reasons, reminders, merged leads, floods, and what search and figures look through.
alter table leads
    -- When somebody promised to call; only while it is contacted.
    add column call_at timestamptz,
    -- Why it was rejected or lost: one of the reasons that the chat offers, or somebody's own words.
    add column closed_why text,
    -- When an operator first did something with it.
    add column touched_at timestamptz,
    -- How often somebody was reminded of it where it stands now: 0 nobody, 1 its holder, 2 all.
    add column reminded smallint not null default 0 check (reminded between 0 and 2),
    add column reminded_at timestamptz,
    -- The lead that it turned out to be; it is shown nowhere by itself any more.
    add column merged_into uuid references leads (id),
    -- The last digits of the telephone number: the same number is written with and without its country.
    add column phone_end text generated always as (
        case when length(regexp_replace(phone, '\D', '', 'g')) >= 7
             then right(regexp_replace(phone, '\D', '', 'g'), 8) end) stored,
    -- What search looks through: words as they are written, in any language; addresses in their parts; telephone numbers as
    -- bare digits, from the beginning and from where the country ends.
    add column words tsvector generated always as (
        to_tsvector('simple'::regconfig, translate(
            left(name, 1000) || ' ' || left(coalesce(message, ''), 20000) || ' ' || coalesce(email, '') || ' ' ||
            coalesce(telegram, '') || ' ' || coalesce(domain, '') || ' ' || coalesce(niche, '') || ' ' || source,
            '@./_-+', '      ') || ' ' ||
            coalesce(ltrim(regexp_replace(phone, '\D', '', 'g'), '0'), '') || ' ' ||
            coalesce(right(regexp_replace(phone, '\D', '', 'g'), 8), ''))) stored,
    add check (merged_into <> id),
    add check (call_at is null or state = 'contacted');

drop index leads_phone;
create index leads_phone_end on leads (phone_end) where phone_end is not null;
create index leads_merged on leads (merged_into) where merged_into is not null;
create index leads_words on leads using gin (words);
-- Whoever is to be reminded: few rows, since each is reminded of twice at most.
create index leads_to_remind on leads (state, updated_at) where state in ('new', 'taken', 'contacted') and reminded < 2;
create index leads_held on leads (assignee) where assignee is not null and state in ('taken', 'contacted', 'qualified', 'onboarding');
-- Figures are counted from this index alone.
create index leads_figures on leads (received_at) include (source, niche, assignee, state, touched_at) where merged_into is null;

-- Beside moves, the history tells of notes, promises, changes of hands, merges and new scores.
alter table lead_events
    add column what text not null default 'moved'
               check (what in ('moved', 'noted', 'promised', 'assigned', 'merged', 'scored')),
    -- Who, when it was no person: 'terminal:LOGIN' or 'system:PART'.
    add column actor text,
    -- {"call_at"}, {"to": person}, {"lead": number}, {"score": n}
    add column detail jsonb not null default '{}';

-- A source that sends many leads at once: a few get cards, the others one digest.
create table lead_floods (
    source     text primary key,
    -- When it began and when its last lead was told of; it ends when nothing came for a while.
    began_at   timestamptz not null,
    last_at    timestamptz not null,
    carded     int not null,
    digested   int not null
);
