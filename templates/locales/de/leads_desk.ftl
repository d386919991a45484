# Leads: bis zum Ende bearbeitet. Zusagen, Gründe, Übergaben, Verlauf, Erinnerungen, Fluten, Zahlen.

button-lose = Verloren
button-release = Zurückgeben
button-note = 📝 Notiz
button-history = Verlauf
button-hand-over = Übergeben
button-merge = Mit #{ $number } zusammenführen
button-only-new = Neue
button-only-mine = Meine
button-all = Alle
button-show-them = Zeigen

lead-card-call = 📞 Anrufen am { $at }
lead-card-why = Grund: { $why }
lead-card-twins = ⚠️ Vielleicht dieselbe Person: { $numbers }
lead-card-merged = Zusammengeführt mit Anfrage #{ $number }. Dort geht es weiter.

## Warum eine Anfrage geschlossen wurde.
lead-why-spam = Spam
lead-why-no-answer = Nicht erreichbar
lead-why-budget = Zu teuer
lead-why-not-ours = Nicht unser Angebot
lead-why-elsewhere = Anderer Anbieter
lead-why-left = die zuständige Person hat das Team verlassen

## Rückfragen.
lead-ask-when = Wann rufen Sie { $name } an? Wählen Sie eine Zeit oder schreiben Sie eine: 2h, 16:30, morgen um 9, 28.11. 14:00
lead-ask-why = Warum wurde die Anfrage von { $name } geschlossen? Wählen Sie einen Grund oder schreiben Sie ihn.
lead-ask-who = Wer übernimmt die Anfrage von { $name }?
lead-ask-note = Was soll zur Anfrage von { $name } notiert werden? Schreiben Sie es hier.
lead-ask-when-again = Diese Zeit ist nicht lesbar, vorbei oder mehr als ein Jahr entfernt. Schreiben Sie zum Beispiel 2h, 16:30, morgen um 9 oder 28.11. 14:00

lead-done-lose = Verloren. „{ button-reopen }“ holt die Anfrage zurück.
lead-done-release = Die Anfrage ist wieder frei.
lead-done-win = Gewonnen.
lead-done-noted = Notiert.
lead-done-call = Anruf am { $at }. Sie werden erinnert.
lead-done-why = Notiert: { $why }
lead-done-assign = { $who } ist jetzt zuständig.
lead-done-merge = Beide sind jetzt Anfrage #{ $number }.
lead-assign-already = { $who } ist schon zuständig.
lead-assign-closed = Die Anfrage ist geschlossen und lässt sich nicht übergeben.
lead-assign-nobody = Niemand im Team heißt so. Im Team sind: { $names }
lead-assign-several = So heißen mehrere im Team. Nennen Sie die Person mit ihrer Telegram-ID: { $ids }
lead-merge-already = Diese Anfragen sind schon zusammengeführt.
lead-merge-both = Zu beiden gibt es schon einen Fragebogen oder eine Website; es bleiben zwei Anfragen.
lead-unknown-verb = Was soll mit Anfrage #{ $number } geschehen? Zum Beispiel:

lead-list-words = mit „{ $words }“
lead-list-source = von { $source }
lead-list-mine = Ihre
lead-list-of = bei { $who }

## Verlauf.
lead-history-arrived = eingegangen
lead-history-moved = { $from } → { $to }
lead-history-promised = Anruf zugesagt
lead-history-noted = Notiz
lead-history-assigned = übergeben an { $who }
lead-history-freed = gehört niemandem
lead-history-merged = mit Anfrage #{ $number } zusammengeführt
lead-history-scored = Bewertung { $score }
lead-history-call = Anruf am { $at }
lead-history-hub = der Hub
lead-history-range = Einträge { $from } bis { $to } von { $count }, die neuesten zuerst

## Übergaben.
lead-handed-you = { $by ->
    [person] { $who } hat Ihnen eine Anfrage übergeben
   *[terminal] Am Terminal wurde Ihnen eine Anfrage übergeben
}
lead-handed-on = { $by ->
    [person] { $who } hat Ihre Anfrage an { $to } übergeben
   *[terminal] Am Terminal wurde Ihre Anfrage an { $to } übergeben
}

## Erinnerungen.
lead-reminder = { $cause ->
    [call] Sie haben einen Anruf zugesagt
    [idle] Sie haben diese Anfrage übernommen – wie steht es?
    [request] Der Fragebogen ist ausgefüllt, die Website baut noch niemand
   *[all] { $count ->
        [one] Eine Anfrage wartet
       *[other] { NUMBER($count) } Anfragen warten
    }
}
lead-reminder-more = { $count ->
    [one] Und eine weitere: /leads
   *[other] Und { NUMBER($count) } weitere: /leads
}

## Eine Quelle, die viele Anfragen auf einmal schickt.
lead-digest-count = { $count ->
    [one] Eine weitere Anfrage wurde zusammengefasst und hat keine eigene Karte.
   *[other] { NUMBER($count) } weitere Anfragen wurden zusammengefasst und haben keine eigenen Karten.
}
lead-digest-times = Vom { $since } bis { $last }.

## Zahlen.
lead-figures-title = Anfragen seit { $since }
lead-figures-empty = Es kam keine.
lead-figures-line = { $count ->
    [one] eine Anfrage
   *[other] { NUMBER($count) } Anfragen
}, { NUMBER($won) } gewonnen ({ $conversion } %)
lead-figures-touched = Erste Reaktion im Schnitt nach { $time }
lead-figures-sources = Nach Quelle
lead-figures-niches = Nach Branche
lead-figures-operators = Nach Zuständigen
lead-figures-none = nicht angegeben
lead-figures-nobody = niemand
lead-plot-came = Anfragen
lead-plot-won = gewonnen
lead-plot-beside = gewonnen · bearbeitet nach
lead-plot-share = { $conversion } %
lead-plot-others = andere
lead-plot-period = Vom { $since } bis { $until } ({ $zone })
lead-plot-made = Erstellt am { $at }
lead-refuse-first = Der Kunde wartet auf Antwort: „{ button-refuse }“ auf der Karte der Anfrage fragt nach dem Grund und teilt ihn mit.
lead-note-only-text = Nur Text lässt sich notieren.
lead-mail-subject = Ihre Website: ein paar Fragen
lead-done-mailed = Der Link geht per E-Mail an { $email }. Hier steht er auch zum Weiterleiten.
