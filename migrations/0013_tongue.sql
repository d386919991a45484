-- How people want to be spoken to.

-- The time zone chosen here, as in the IANA database; without one the setting's.
alter table people add column timezone text;
-- What the command menu in the private chat was last made of: a digest, so that a change of language, of role or of the
-- words themselves is noticed. Null while only everybody's menu stands there.
alter table people add column menu text;
