# Was nicht verarbeitet werden konnte.

dead-letters-none = Alles konnte verarbeitet werden. Hier wartet nichts.
dead-letters-title = { $count ->
    [one] Ein Eingang konnte nicht verarbeitet werden
   *[other] { NUMBER($count) } Eingänge konnten nicht verarbeitet werden
}
dead-letters-older = { $count ->
    [one] Ein älterer wird nicht gezeigt.
   *[other] { NUMBER($count) } ältere werden nicht gezeigt.
}
dead-letters-how = Jeder ist vollständig gespeichert. Eine Schaltfläche bringt ihn als Datei; „hub dead-letter show“ zeigt ihn am Server.
dead-letter-source = { $source ->
    [lead] Anfrage
    [update] Nachricht an den Bot
    [message] Nachricht
    [telemetry] Bericht einer Website
    [alert] Alarm
    [job] Vorgang
   *[other] { $source }
}
dead-letter-gone = Das gibt es hier nicht mehr.
dead-letter-notice = { $source ->
    [lead] Eine Anfrage kam an, die nicht lesbar ist ({ $reason }).
    [telemetry] Der Bericht einer Website ist nicht lesbar ({ $reason }).
    [message] Eine Nachricht konnte nicht zugestellt werden ({ $reason }).
    [alert] Ein Alarm kam an, der nicht lesbar ist ({ $reason }).
   *[other] Etwas konnte nicht verarbeitet werden ({ $reason }).
}
dead-letter-kept = { $count ->
    [one] Es ist vollständig gespeichert; sonst hält es nichts auf. /deadletters zeigt es.
   *[other] Es ist vollständig gespeichert; sonst hält es nichts auf. /deadletters zeigt alle { NUMBER($count) }.
}
dead-letter-tried = { $count ->
    [one] einmal versucht
   *[other] { $count }-mal versucht
}
dead-letter-retried = Wird noch einmal eingereicht.
dead-letter-dropped = Wird nicht mehr eingereicht. Der Inhalt bleibt gespeichert.
dead-letter-decided = Darüber wurde schon entschieden. Nichts wurde geändert.
dead-letter-refused = Nicht angenommen: { $reason }
