-- Leads that were worked on before it was kept when that began: their history knows it.
update leads set touched_at = first.at
from (select lead_id, min(at) as at from lead_events where from_state is not null group by lead_id) first
where first.lead_id = leads.id and leads.touched_at is null;
