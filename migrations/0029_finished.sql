-- What is finished is looked for by its time when it is tidied and when a sender takes over. Rows do not lie in the order in
-- which they were finished: each update puts a row's new version wherever there is room, so that after some days of tidying
-- every range of pages had old and new ones in it, and an index of ranges led through the whole table each time. These hold
-- finished rows only, and what is finished now comes at their end.
drop index inbox_finished;
create index inbox_finished on inbox (finished_at) where finished_at is not null;
drop index outbox_finished;
create index outbox_finished on outbox (finished_at) where finished_at is not null;
drop index card_traces_left;
create index card_traces_left on card_traces (left_at);
