-- What the hub's own alerts say, as kind and values (src/alerts/title.rs): each reader is told in their language. A title that
-- came from outside stays a text, and so do those that were written before this.
alter table alerts add column own_title jsonb check (own_title is null or (own_title ? 'kind' and title = ''));
