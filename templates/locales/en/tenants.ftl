# Tenants: the sites that run.

tenant-state = { $state ->
    [registered] runs elsewhere
    [planned] planned
    [provisioning] being built
    [live] live
    [stopped] stopped
    [suspended] suspended
    [deleted] deleted
    [failed] could not be built
    [stuck] stuck
   *[other] { $state }
}
tenant-health = { $health ->
    [up] up
    [degraded] degraded
    [down] down
   *[unknown] not seen yet
}
container-state = { $state ->
    [running] running
    [starting] starting
    [healthy] healthy
    [unhealthy] not healthy
    [exited] ended
    [missing] missing
   *[other] { $state }
}

tenant-beat = Last heartbeat
tenant-no-beat = No heartbeat yet
tenant-messages = Messages: { NUMBER($received) } received, { NUMBER($rejected) } refused, { NUMBER($lost) } lost
tenant-unknown-since = Whether more was lost is not known since { $at }
tenant-erase-after = Its data is kept until { $at }
tenant-erased = Erased. Its history and audit are kept.
tenant-gone = This site is not here any more.

## What processes report of themselves; the value stands in its unit already.
tenant-figure = { $name ->
    [memory_bytes] memory { $value }
    [response_ms_p50] p50 { $value }
    [response_ms_p95] p95 { $value }
    [requests_total] requests { $value }
    [requests_failed] failed { $value }
    [requests_open] at work { $value }
    [requests_told] told to the owner { $value }
    [updates_total] messages read { $value }
   *[other] { $name } { $value }
}
tenant-in-unit = { $unit ->
    [gib] { $value } GiB
    [mib] { $value } MiB
    [kib] { $value } KiB
    [ms] { $value } ms
   *[byte] { $value } B
}

tenant-list-title = Sites, by name
tenant-list-empty = No site yet. /provision builds one.
tenant-list-end = That was all of them.
tenant-unknown = There is no site “{ $asked }”.
tenant-which = Which site?
tenant-which-written = Press it, or write:
tenant-written = It is written like this:
tenant-near = Perhaps you meant:
tenant-all = /tenants lists them all.

status-title = How everything is doing
status-up = { NUMBER($n) } { $n ->
    [one] site is up
   *[other] sites are up
}
status-degraded = { NUMBER($n) } degraded
status-down = { NUMBER($n) } down
status-unknown = { NUMBER($n) } not seen yet
status-count = { $what ->
    [alerts] Open alerts
    [leads] New leads
    [lead-queue] Leads in the queue
    [outbox] Messages waiting to be sent
    [outbox-oldest] Seconds that the oldest of them waits
    [inbox] Messages waiting to be handled
    [dead-letters] Dead letters
    [jobs] Jobs at work
    [jobs-stuck] Jobs that are stuck
   *[other] { $what }
}

tenant-logs-coming = The last lines follow.
tenant-logs-empty = No lines there.
tenant-logs-no-container = It has no such container to read from.
tenant-logs-unreadable = Its logs cannot be read now. Nothing was changed; ask again in a moment.

## What a wish is answered with.
tenant-begun = It begins. The message shows how far it is.
tenant-busy = Nothing was begun: another job is at work on { $slug }, see its message.
tenant-already = Nothing to do: { $slug } is { $state ->
    [stopped] stopped
    [live] live
    [deleted] deleted
   *[other] { $state }
} already.
tenant-refused = Nothing was changed: { $slug } is { $state ->
    [registered] only listened to, it runs elsewhere
    [planned] planned and not built yet
    [provisioning] still being built
    [live] live
    [stopped] stopped: /up { $slug } starts it
    [suspended] suspended
    [deleted] deleted: /restore { $slug } brings it back
    [failed] not built: /erase { $slug } clears away what is left
    [stuck] stuck: its job in /jobs says why
   *[other] { $state }
}.
tenant-changed = { $slug } has changed since this was shown, so nothing was done. Ask again to see how it stands.
tenant-not-ours = { $slug } runs elsewhere; the hub only listens to it.
tenant-no-service = { $slug } has no such service. It has: { $services }.

## Questions.
tenant-ask-delete = Delete { $slug }?
tenant-ask-delete-site = { $domain } stops answering, and all its containers are stopped.
tenant-ask-delete-data = Its data and files are kept until { $until }.
tenant-ask-delete-back = Until then this brings it back:
tenant-ask-erase = Erase { $slug } now?
tenant-ask-erase-final = Everything below goes, at once and for good.
tenant-goes-domain = Domain
tenant-goes-port = Port
tenant-goes-containers = Containers
tenant-goes-volumes = Volumes with all data
tenant-goes-networks = Networks
tenant-goes-images = Images
tenant-goes-by-label = Everything in Docker that carries its name
tenant-goes-files = Its files and passwords
tenant-goes-user = Its access to the hub
tenant-stays = What stays: the history and the audit.
tenant-answered = { $job ->
    [tenant_delete] Delete { $slug }?
    [tenant_erase] Erase { $slug }?
   *[other] { $slug }
}
tenant-answered-yes = ✅ Confirmed by { $who }. The job’s message shows how far it is.
tenant-answered-no = Cancelled by { $who }. Nothing was changed.
