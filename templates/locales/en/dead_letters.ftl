# What could not be handled.

dead-letters-none = Everything could be handled. Nothing waits here.
dead-letters-title = { $count ->
    [one] One thing could not be handled
   *[other] { NUMBER($count) } things could not be handled
}
dead-letters-older = { $count ->
    [one] One older is not shown.
   *[other] { NUMBER($count) } older ones are not shown.
}
dead-letters-how = Each is kept whole. A button brings it as a file; “hub dead-letter show” prints it at the server.
dead-letter-source = { $source ->
    [lead] lead
    [update] message to the bot
    [message] message
    [telemetry] report of a site
    [alert] alert
    [job] job
   *[other] { $source }
}
dead-letter-gone = It is not here any more.
dead-letter-notice = { $source ->
    [lead] A lead came in that could not be read ({ $reason }).
    [telemetry] A report of a site could not be read ({ $reason }).
    [message] A message could not be brought to whom it was for ({ $reason }).
    [alert] An alert came in that could not be read ({ $reason }).
   *[other] Something could not be handled ({ $reason }).
}
dead-letter-kept = { $count ->
    [one] It is kept whole; nothing else is held up. /deadletters shows it.
   *[other] It is kept whole; nothing else is held up. /deadletters shows all { NUMBER($count) }.
}
dead-letter-tried = { $count ->
    [one] tried once
   *[other] tried { $count } times
}
dead-letter-retried = It is handed in again.
dead-letter-dropped = Nobody will hand it in again. Its content is kept.
dead-letter-decided = That was decided already. Nothing was changed.
dead-letter-refused = It was not taken: { $reason }
