# Worum sich jemand kümmern muss.

## Titel.
alerts-container-exited = { $service } wurde beendet (Exit-Code { $code })
alerts-container-ended = { $service } wurde beendet
alerts-container-unhealthy = { $service } besteht die Gesundheitsprüfung nicht
alerts-container-missing = der Container von { $service } ist verschwunden
alerts-heartbeat-missed = kein Lebenszeichen von { $service } seit { $silent }

## Die Karte.
alerts-since = { $severity ->
    [critical] Kritisch
    [warning] Warnung
   *[info] Zur Kenntnis
} seit { $at }
alerts-count = { $count ->
    [one] einmal gemeldet
   *[other] { NUMBER($count) }-mal gemeldet
}
alerts-state-firing = Noch kümmert sich niemand darum.
alerts-state-acked = Bei { $by } seit { $at }
alerts-until = (bis { $until })
alerts-state-silenced = Stummgeschaltet von { $by } bis { $until }
alerts-state-resolved = Erledigt nach { $duration }
alerts-left-out = { $count ->
    [one] (ein früherer Eintrag ist ausgelassen)
   *[other] ({ $count } frühere Einträge sind ausgelassen)
}

## Ihr Verlauf.
alerts-event-opened = gemeldet
alerts-event-acked = von { $actor } übernommen
alerts-event-unacked = von { $actor } abgegeben
alerts-event-ack-expired = die Zeit, sich zu kümmern, ist abgelaufen
alerts-event-silenced = von { $actor } stummgeschaltet
alerts-event-unsilenced = Stummschaltung von { $actor } beendet
alerts-event-silence-expired = die Stummschaltung ist abgelaufen
alerts-event-restart-asked = Neustart von { $actor } veranlasst
alerts-event-resolved = wieder in Ordnung
alerts-event-resolved-by = von { $actor } als erledigt markiert
alerts-event-note = geändert

## Antworten auf Schaltflächen, eine Zeile.
alerts-did-ack = Übernommen, bis { $until }.
alerts-did-unack = Wieder frei für alle.
alerts-did-silence = Stumm bis { $until }.
alerts-did-unsilence = Meldet sich wieder.
alerts-did-resolve = Erledigt.
alerts-refused-resolved = Das ist bereits erledigt. Nichts wurde geändert.
alerts-refused-acked-by = { $by } kümmert sich bereits. Nichts wurde geändert.
alerts-refused-not-acked = Niemand hatte das übernommen. Nichts wurde geändert.
alerts-refused-not-silenced = Das war nicht stummgeschaltet. Nichts wurde geändert.
alerts-refused-yours = Das haben Sie bereits übernommen. Nichts wurde geändert.
alerts-refused-silenced = Das ist bereits stummgeschaltet. Nichts wurde geändert.
alerts-redis-away = Redis ist nicht erreichbar: neue Anfragen warten dort, und von keiner Website ist etwas zu hören
alerts-page-waits = Eine dringende Nachricht wartet zu lange auf den Versand
alerts-route-title = { $count ->
    [one] Ein kritischer Alarm, den Telegram nicht zeigen kann
   *[other] { $count } kritische Alarme, die Telegram nicht zeigen kann
}
alerts-route-text = Telegram ist nicht erreichbar. Darum muss sich jemand kümmern, und es steht auf keinem Bildschirm:
alerts-pages = { $count ->
    [one] Ein weiterer Alarm braucht jemanden
   *[other] { $count } weitere Alarme brauchen jemanden
}
alerts-pages-how = /alerts holt die Karten.
alerts-refused-past = Diese Zeit ist schon vorbei. Nichts wurde geändert.
alerts-gone = Diesen Alarm gibt es nicht mehr.

## Listen und Befehle.
alerts-none-open = Soweit bekannt, ist alles in Ordnung.
alerts-open = { $count ->
    [one] Ein Alarm ist offen:
   *[other] { $count } Alarme sind offen:
}
alerts-more = Es gibt weitere: „hub alert list“ zeigt alle.
alerts-status-firing = noch niemand
alerts-status-acked = bei { $by }
alerts-status-silenced = stummgeschaltet von { $by }
alerts-status-resolved = erledigt
alerts-open-again = 🔔 Um Alarm #{ $number } kümmert sich niemand mehr, und er ist nicht vorbei:
alerts-not-found = Einen Alarm „{ $name }“ gibt es nicht. /alerts zeigt, was offen ist.
alerts-tenant-not-found = Eine Website „{ $name }“ gibt es nicht. /tenants zeigt alle.
alerts-silence-usage = Welche Website, wie lange (30m, 2h, 1d), und wenn Sie mögen, warum:
alerts-silence-press = Oder tippen Sie auf eine Website, um sie für die übliche Zeit stummzuschalten:
alerts-silence-example = Umzug auf einen anderen Server
alerts-tenant-silenced = keine Alarme bis { $until }
alerts-tenant-silenced-open = { $count ->
    [0] Dort ist gerade nichts offen.
    [one] Ein offener Alarm ist mit stummgeschaltet.
   *[other] { $count } offene Alarme sind mit stummgeschaltet.
}
