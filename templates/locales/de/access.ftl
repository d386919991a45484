# Wer was darf, und was alle zu lesen bekommen.

access-welcome = Willkommen, { $name }. Sie gehören jetzt dazu.
access-role = Rolle: { $role ->
    [owner] Inhaber
    [operator] Operator
    [viewer] Beobachter
   *[other] keine – Sie sind hier zu Gast
}
access-id = Ihre Telegram-ID:
access-what-next = { $role ->
    [viewer] Sie können Anfragen, Websites, Alarme und Vorgänge ansehen, aber nichts daran ändern.
   *[other] { $desk ->
        [here] Neue Anfragen und Alarme kommen von selbst in diesen Chat.
        [group] Neue Anfragen und Alarme kommen in die Gruppe der Operatoren.
       *[owner] Neue Anfragen und Alarme gehen in den privaten Chat eines Inhabers; hier können Sie sie abrufen.
    }
} /help zeigt, was Sie abrufen können.
access-code-not-valid = Diese Einladung gilt nicht: Sie wurde schon benutzt oder ist abgelaufen. Bitten Sie um eine neue – sonst ist nichts verloren.
access-stranger = Hallo { $name }, hier ist der Kundendienst einer Webagentur. Wenn Sie einen Link bekommen haben, öffnen Sie ihn bitte noch einmal, dann geht es dort weiter. Sonst gibt es hier nichts zu tun.
access-written = Und mit einer Angabe dahinter:
access-not-understood = Das habe ich nicht verstanden. Das können Sie abrufen:
access-unknown-command = Einen Befehl /{ $asked } gibt es nicht. Meinten Sie:
access-out-of-reach = { $name } ist hier nicht mehr erreichbar: Der Bot wurde blockiert, oder das Konto gibt es nicht mehr. Was ansteht, wartet, bis die Person wieder /start sendet.
access-put-out = Der Bot wurde aus der Gruppe der Operatoren entfernt. Ab jetzt kommen Nachrichten hierher.
access-card-elsewhere = Das steht in einer anderen Nachricht dieses Chats und wird dort aktuell gehalten.
access-card-go = Zur Nachricht
access-not-enrolled = Das ist dem Team der Agentur vorbehalten. Wenn Sie dazugehören, bitten Sie den Inhaber um eine Einladung.

## Sprache und Zeitzone.
language-name = Deutsch
access-language-title = Sprache und Uhrzeit
access-language-now = Ich spreche Deutsch mit Ihnen, { $by ->
    [chosen] so haben Sie es gewählt.
    [app] wie Ihre App.
   *[house] solange Sie nichts anderes wählen.
}
access-zone-now = Uhrzeiten gelten für { $zone }. Dort ist es jetzt { $time }.
access-zone-other = Eine andere Zeitzone schreiben Sie so:
access-language-set = Ab jetzt auf Deutsch.
access-zone-set = Uhrzeiten gelten jetzt für { $zone }.
access-language-unknown = Eine Sprache oder Zeitzone „{ $asked }“ kenne ich nicht.

zone-london = London
zone-berlin = Berlin
zone-kyiv = Kyjiw
zone-moscow = Moskau
zone-yekaterinburg = Jekaterinburg

not-for-you = Diese Schaltfläche ist nicht für Sie.
press-stale = Das hat sich inzwischen geändert. Die Nachricht zeigt den jetzigen Stand.
press-foreign = Diese Schaltfläche gilt hier nicht.
turn-failed = Bei uns ist etwas schiefgegangen, und Ihre Nachricht konnte nicht bearbeitet werden. Sie ist gespeichert, und das Team weiß Bescheid. Bitte versuchen Sie es gleich noch einmal.

command-start = anfangen
command-help = was Sie hier abrufen können
command-language = Sprache und Zeitzone
command-whoami = Ihre Rolle und Telegram-ID
command-leads = wer eine Website möchte
command-tenants = die laufenden Websites
command-status = wie es um alles steht
command-alerts = worum sich jemand kümmern muss
command-jobs = woran gearbeitet wird
command-report = wie viele Anfragen kamen, was aus ihnen wurde
command-provision = eine Website bauen
command-deadletters = was nicht verarbeitet werden konnte
command-cancel = den laufenden Fragebogen abbrechen
command-lead = eine Anfrage
command-tenant = eine Website: Container und Zahlen
command-logs = die letzten Zeilen eines Dienstes
command-alert = ein Alarm
command-silence = eine Zeit lang keine Alarme einer Website
command-job = ein Vorgang, Schritt für Schritt
command-delete = eine Website stoppen, Daten behalten
command-erase = eine Website endgültig entfernen
command-members = wer hier arbeitet
command-audit = wer was getan hat
command-restart = eine Website oder einen Dienst neu starten
command-down = eine Website stoppen
command-up = eine gestoppte Website starten
command-restore = eine gelöschte Website zurückholen
access-replied = Auf diese Nachricht lässt sich nicht antworten: Nichts wurde gesendet oder geändert. Nutzen Sie die Schaltflächen oder einen Befehl (/help zeigt alle). Eine Antwort auf die Karte einer Anfrage ist eine Notiz; eine Antwort auf die Nachricht eines Kunden geht an den Kunden.
