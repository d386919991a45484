# What needs somebody.

## Titles.
alerts-container-exited = { $service } stopped (exit code { $code })
alerts-container-ended = { $service } stopped
alerts-container-unhealthy = { $service } fails its health check
alerts-container-missing = the container of { $service } is gone
alerts-heartbeat-missed = no heartbeat from { $service } for { $silent }

## The card.
alerts-since = { $severity ->
    [critical] Critical
    [warning] Warning
   *[info] To know
} since { $at }
alerts-count = { $count ->
    [one] reported once
   *[other] reported { NUMBER($count) } times
}
alerts-state-firing = Nobody has it yet.
alerts-state-acked = { $by } has it since { $at }
alerts-until = until { $until }
alerts-state-silenced = Silenced by { $by } until { $until }
alerts-state-resolved = Resolved after { $duration }
alerts-left-out = { $count ->
    [one] (one earlier entry is left out)
   *[other] ({ $count } earlier entries are left out)
}

## Its timeline.
alerts-event-opened = reported
alerts-event-acked = { $actor } took it
alerts-event-unacked = { $actor } gave it back
alerts-event-ack-expired = the time to look after it ran out
alerts-event-silenced = { $actor } silenced it
alerts-event-unsilenced = { $actor } ended the silence
alerts-event-silence-expired = the silence is over
alerts-event-restart-asked = { $actor } asked for a restart
alerts-event-resolved = well again
alerts-event-resolved-by = { $actor } resolved it
alerts-event-note = changed

## Presses, answered in a line.
alerts-did-ack = It is yours until { $until }.
alerts-did-unack = It is open for anybody again.
alerts-did-silence = Silenced until { $until }.
alerts-did-unsilence = It may disturb again.
alerts-did-resolve = Resolved.
alerts-refused-resolved = It is resolved already. Nothing was changed.
alerts-refused-acked-by = { $by } has it already. Nothing was changed.
alerts-refused-not-acked = Nobody had it. Nothing was changed.
alerts-refused-not-silenced = It was not silenced. Nothing was changed.
alerts-refused-yours = You have it already. Nothing was changed.
alerts-refused-silenced = It is silenced already. Nothing was changed.
alerts-redis-away = Redis cannot be reached: new leads wait there, and no site can be heard
alerts-page-waits = A page has been waiting to be sent for too long
alerts-route-title = { $count ->
    [one] A critical alert that Telegram cannot show
   *[other] { $count } critical alerts that Telegram cannot show
}
alerts-route-text = Telegram cannot be reached. What needs somebody, and stands on no screen:
alerts-pages = { $count ->
    [one] One more needs somebody
   *[other] { $count } more need somebody
}
alerts-pages-how = /alerts brings their cards.
alerts-refused-past = That time is over already. Nothing was changed.
alerts-gone = This alert is not kept any more.

## Lists and commands.
alerts-none-open = Nothing is wrong as far as I know.
alerts-open = { $count ->
    [one] One alert is open:
   *[other] { $count } alerts are open:
}
alerts-more = There are more: “hub alert list” shows them all.
alerts-status-firing = nobody has it
alerts-status-acked = { $by } has it
alerts-status-silenced = silenced by { $by }
alerts-status-resolved = resolved
alerts-open-again = 🔔 Nobody has alert #{ $number } any more, and it is not over:
alerts-not-found = There is no alert “{ $name }”. /alerts lists what is open.
alerts-tenant-not-found = There is no tenant “{ $name }”. /tenants lists them all.
alerts-silence-usage = Tell me whom, how long (30m, 2h, 1d), and why if you like:
alerts-silence-press = Or press a site, to silence it for the usual time:
alerts-silence-example = moving to another server
alerts-tenant-silenced = no alert disturbs until { $until }
alerts-tenant-silenced-open = { $count ->
    [0] Nothing is open there now.
    [one] One open alert is silenced with it.
   *[other] { $count } open alerts are silenced with it.
}
