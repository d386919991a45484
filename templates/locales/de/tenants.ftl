# Die laufenden Websites.

tenant-state = { $state ->
    [registered] läuft woanders
    [planned] geplant
    [provisioning] wird gebaut
    [live] online
    [stopped] gestoppt
    [suspended] gesperrt
    [deleted] gelöscht
    [failed] konnte nicht gebaut werden
    [stuck] steckt fest
   *[other] { $state }
}
tenant-health = { $health ->
    [up] in Ordnung
    [degraded] eingeschränkt
    [down] ausgefallen
   *[unknown] noch nicht gesehen
}
container-state = { $state ->
    [running] läuft
    [starting] startet
    [healthy] in Ordnung
    [unhealthy] nicht in Ordnung
    [exited] beendet
    [missing] fehlt
   *[other] { $state }
}

tenant-beat = Letztes Lebenszeichen
tenant-no-beat = Noch kein Lebenszeichen
tenant-messages = Meldungen: { NUMBER($received) } empfangen, { NUMBER($rejected) } abgelehnt, { NUMBER($lost) } verloren
tenant-unknown-since = Ob mehr verloren ging, ist seit { $at } nicht bekannt
tenant-erase-after = Die Daten bleiben bis { $at }
tenant-erased = Endgültig gelöscht. Verlauf und Protokoll bleiben.
tenant-gone = Diese Website gibt es nicht mehr.

## Was die Prozesse von sich berichten; der Wert steht schon in seiner Einheit.
tenant-figure = { $name ->
    [memory_bytes] Speicher { $value }
    [response_ms_p50] p50 { $value }
    [response_ms_p95] p95 { $value }
    [requests_total] Aufrufe { $value }
    [requests_failed] fehlgeschlagen { $value }
    [requests_open] in Arbeit { $value }
    [requests_told] dem Inhaber gemeldet { $value }
    [updates_total] Nachrichten gelesen { $value }
   *[other] { $name } { $value }
}
tenant-in-unit = { $unit ->
    [gib] { $value } GiB
    [mib] { $value } MiB
    [kib] { $value } KiB
    [ms] { $value } ms
   *[byte] { $value } B
}

tenant-list-title = Websites nach Namen
tenant-list-empty = Noch keine Website. /provision baut eine.
tenant-list-end = Das waren alle.
tenant-unknown = Eine Website „{ $asked }“ gibt es nicht.
tenant-which = Welche Website?
tenant-which-written = Tippen Sie auf eine oder schreiben Sie:
tenant-written = So wird es geschrieben:
tenant-near = Vielleicht meinten Sie:
tenant-all = /tenants zeigt alle.

status-title = Wie es um alles steht
status-up = { NUMBER($n) } { $n ->
    [one] Website in Ordnung
   *[other] Websites in Ordnung
}
status-degraded = { NUMBER($n) } eingeschränkt
status-down = { NUMBER($n) } ausgefallen
status-unknown = { NUMBER($n) } noch nicht gesehen
status-count = { $what ->
    [alerts] Offene Alarme
    [leads] Neue Anfragen
    [lead-queue] Anfragen in der Warteschlange
    [outbox] Nachrichten, die auf den Versand warten
    [outbox-oldest] Sekunden, die die älteste davon wartet
    [inbox] Nachrichten, die auf Bearbeitung warten
    [dead-letters] Nicht verarbeitet
    [jobs] Laufende Vorgänge
    [jobs-stuck] Vorgänge, die feststecken
   *[other] { $what }
}

tenant-logs-coming = Die letzten Zeilen folgen.
tenant-logs-empty = Dort stehen keine Zeilen.
tenant-logs-no-container = Einen solchen Container gibt es dort nicht.
tenant-logs-unreadable = Die Logs lassen sich gerade nicht lesen. Nichts wurde geändert; fragen Sie gleich noch einmal.

## Antworten auf einen Wunsch.
tenant-begun = Es geht los. Die Nachricht zeigt, wie weit es ist.
tenant-busy = Nichts wurde begonnen: An { $slug } arbeitet schon ein Vorgang, siehe dessen Nachricht.
tenant-already = Nichts zu tun: { $slug } ist schon { $state ->
    [stopped] gestoppt
    [live] online
    [deleted] gelöscht
   *[other] { $state }
}.
tenant-refused = Nichts wurde geändert: { $slug } { $state ->
    [registered] läuft woanders, hier wird nur zugehört
    [planned] ist geplant und noch nicht gebaut
    [provisioning] wird noch gebaut
    [live] ist online
    [stopped] ist gestoppt: /up { $slug } startet
    [suspended] ist gesperrt
    [deleted] ist gelöscht: /restore { $slug } holt sie zurück
    [failed] wurde nicht gebaut: /erase { $slug } räumt die Reste weg
    [stuck] steckt fest: Der Vorgang in /jobs sagt, warum
   *[other] ist { $state }
}.
tenant-changed = { $slug } hat sich seit dieser Anzeige geändert, deshalb wurde nichts getan. Fragen Sie noch einmal, um den Stand zu sehen.
tenant-not-ours = { $slug } läuft woanders; der Hub hört nur zu.
tenant-no-service = { $slug } hat keinen solchen Dienst. Es gibt: { $services }.

## Rückfragen.
tenant-ask-delete = { $slug } löschen?
tenant-ask-delete-site = { $domain } antwortet dann nicht mehr, und alle Container werden gestoppt.
tenant-ask-delete-data = Daten und Dateien bleiben bis { $until }.
tenant-ask-delete-back = Bis dahin lässt sie sich so zurückholen:
tenant-ask-erase = { $slug } jetzt endgültig löschen?
tenant-ask-erase-final = Alles, was hier steht, wird sofort und unwiderruflich entfernt.
tenant-goes-domain = Domain
tenant-goes-port = Port
tenant-goes-containers = Container
tenant-goes-volumes = Volumes mit allen Daten
tenant-goes-networks = Netze
tenant-goes-images = Images
tenant-goes-by-label = Alles in Docker, das diesen Namen trägt
tenant-goes-files = Dateien und Passwörter
tenant-goes-user = Der Zugang zum Hub
tenant-stays = Es bleiben: Verlauf und Protokoll.
tenant-answered = { $job ->
    [tenant_delete] { $slug } löschen?
    [tenant_erase] { $slug } endgültig löschen?
   *[other] { $slug }
}
tenant-answered-yes = ✅ Bestätigt von { $who }. Die Nachricht des Vorgangs zeigt, wie weit er ist.
tenant-answered-no = Abgebrochen von { $who }. Nichts wurde geändert.
