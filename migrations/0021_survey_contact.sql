-- The button that shares one's phone number comes with the question each time: going back and on used to bring the
-- question without it.
alter table survey_sessions drop column contact_asked;
