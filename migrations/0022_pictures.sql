-- Pictures that wait to be sent, beside the row that sends them: whoever looks through the outbox does not carry them along.
-- A picture goes with its row.
create table outbox_pictures (
    outbox_id bigint primary key references outbox (id) on delete cascade,
    png       bytea not null
);
-- A PNG is packed already.
alter table outbox_pictures alter column png set storage external;
