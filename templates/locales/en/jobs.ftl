# Jobs: what is being worked on.

job-title = { $kind ->
    [provision] 🏗 Building { $subject }
    [tenant_restart] 🔄 Restarting { $subject }
    [tenant_stop] ⏸ Stopping { $subject }
    [tenant_start] ▶️ Starting { $subject }
    [tenant_delete] 🗑 Deleting { $subject }
    [tenant_restore] ♻️ Bringing { $subject } back
    [tenant_erase] 🧹 Erasing { $subject }
    [tenant_logs] 📜 Reading the logs of { $subject }
   *[other] { $kind } of { $subject }
}

## Steps of all jobs, by the names that the jobs give them.
job-step = { $step ->
    [reserve] name, domain and port
    [secrets] passwords
    [files] files
    [images] images
    [telemetry] way to the hub
    [networks] networks
    [volumes] volumes
    [containers] containers
    [start] start, until all are healthy
    [migrate] database schema
    [route] route at the edge
    [smoke] look at the site
    [live] live
    [restart] restart
    [healthy] until all are healthy
    [state] state
    [site] route at the edge
    [user] Redis user
    [folder] files
    [leftovers] look for leftovers
    [records] name, domain, port and passwords
    [stop] stop the containers
    [fetch] fetch
   *[other] { $step }
}

job-state = { $state ->
    [queued] Waiting its turn
    [running] At work
    [undoing] Taking it back
    [done] Done
    [undone] Taken back
    [stuck] Stuck: you decide
    [cancelled] Cancelled
    [retry] Going on in a moment
    [undo] Being taken back in a moment
    [cancel] Being cancelled in a moment
   *[other] { $state }
}
job-attempts = { $n } attempts
job-list-title = Jobs, newest first
job-list-empty = Nothing was worked on yet.
job-not-found = There is no job “{ $asked }”. /jobs lists the newest.
job-gone = This job is not here any more.
job-wish-taken = { $wish ->
    [retry] It goes on.
    [undo] It is being taken back.
   *[cancel] It is being cancelled.
}
job-wish-refused = Nothing changed. The job stands at: { $state ->
    [done] done
    [undone] taken back
    [cancelled] cancelled
    [undoing] being taken back
    [stuck] stuck
   *[other] at work
}.
