-- In the operators' group a viewer has a menu of their own, since the group's offers what operators may: in which group, and
-- what it was made of (CHAT:DIGEST).
alter table people add column group_menu text;
