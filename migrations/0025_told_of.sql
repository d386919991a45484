-- Who was told of what, and when: so that it is neither forgotten nor told again and again.

-- Leads further on of which nobody is reminded otherwise: nobody has them, or what their survey asked for waits to be built.
create index leads_to_remind_late on leads (updated_at) where state in ('qualified', 'onboarding') and reminded < 2;

-- When the operators were last reminded of a client who waits in it for an answer.
alter table client_threads add column reminded_at timestamptz;

-- When the operators were last told that somebody cannot be reached.
alter table people add column lost_told_at timestamptz;
-- Whether somebody has to do with us.
create index survey_sessions_opened on survey_sessions (person_id) where person_id is not null;
