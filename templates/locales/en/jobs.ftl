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

## The same once it is done.
job-title-done = { $kind ->
    [provision] Built { $subject }
    [tenant_restart] Restarted { $subject }
    [tenant_stop] Stopped { $subject }
    [tenant_start] Started { $subject }
    [tenant_delete] Deleted { $subject }
    [tenant_restore] Brought { $subject } back
    [tenant_erase] Erased { $subject }
    [tenant_logs] Read the logs of { $subject }
   *[other] { $kind } of { $subject }
}

## Steps of all jobs, by the names that the jobs give them. Building says them with its own words.
job-step = { $step ->
    [reserve] { provisioning-step-reserve }
    [secrets] { provisioning-step-secrets }
    [files] { provisioning-step-files }
    [telemetry] { provisioning-step-telemetry }
    [start] { provisioning-step-start }
    [migrate] { provisioning-step-migrate }
    [route] { provisioning-step-route }
    [smoke] { provisioning-step-smoke }
    [live] { provisioning-step-live }
    [images] { $kind ->
        [tenant_erase] remove the programs
       *[other] { provisioning-step-images }
    }
    [networks] { $kind ->
        [tenant_erase] remove its private networks
       *[other] { provisioning-step-networks }
    }
    [volumes] { $kind ->
        [tenant_erase] remove all its data
       *[other] { provisioning-step-volumes }
    }
    [containers] { $kind ->
        [tenant_erase] remove its containers
       *[other] { provisioning-step-containers }
    }
    [restart] restart its containers
    [stop] stop its containers
    [healthy] wait until every container is well
    [state] { $kind ->
        [tenant_stop] write down that it is stopped
        [tenant_start] write down that it runs
        [tenant_restore] write down that it is back
       *[other] write down that it is deleted
    }
    [site] { $kind ->
        [tenant_restore] connect its web address
       *[other] disconnect its web address
    }
    [user] take away its access to the hub
    [folder] remove its files and passwords
    [leftovers] check that nothing is left
    [records] free its name, domain and port
    [fetch] read the last lines
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
job-step-state = { $state ->
    [pending] to come
    [running] at work
    [done] done
    [failed] failed
    [undoing] being taken back
    [undone] taken back
    [undo_failed] could not be taken back
    [skipped] skipped
   *[other] { $state }
}
job-attempts = { $n ->
    [one] { $n } attempt
   *[other] { $n } attempts
}
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
