# Das Team, und wer was getan hat.

member-list-title = Team
member-list-end = Das waren alle.
member-list-owner = Person öffnen, um ihre Rolle zu ändern oder sie zu entfernen.
member-list-others = Nur Inhaber ändern das Team.
member-role = { $role ->
    [owner] Inhaber
    [operator] Operator
   *[viewer] Beobachter
}
member-id = Telegram-ID:
member-since = Im Team seit { $at }
member-removed-at = Entfernt am { $at }
member-last-owner = Das ist der letzte Inhaber; er kann weder entfernt werden noch eine andere Rolle bekommen. Erst muss jemand anderes Inhaber werden.
member-changed = Seit der Frage hat sich hier etwas geändert, deshalb wurde nichts getan.
member-gone = Diese Person ist nicht mehr im Team.
member-done = Erledigt. Das gilt ab jetzt.
member-already = Das war schon so.
member-removed = Entfernt. Rechte, Menü und offene Fragen endeten sofort.
member-ask = { $to ->
    [owner] { $name } zum Inhaber machen?
    [operator] { $name } zum Operator machen?
    [viewer] { $name } zum Beobachter machen?
   *[removed] { $name } aus dem Team entfernen?
}
member-ask-means = { $to ->
    [owner] Inhaber dürfen alles und ändern auch das Team: Auch Sie können von ihnen entfernt werden.
    [operator] { $from ->
        [owner] Die tägliche Arbeit bleibt, das Team und das Protokoll nicht.
       *[viewer] Operatoren bearbeiten Anfragen, Websites und Alarme und können Websites stoppen und endgültig löschen.
    }
    [viewer] Beobachter sehen Anfragen, Websites, Alarme und Vorgänge, ändern aber nichts: Schaltflächen und Befehle, die etwas ändern, gelten ab sofort nicht mehr.
   *[removed] Der Zugang endet sofort: Menü, Schaltflächen, offene Fragen. Was getan wurde, bleibt im Verlauf. Mit einer neuen Einladung kann die Person zurückkommen.
}
member-ask-leads = Die offenen Anfragen werden wieder neu, damit andere sie übernehmen.
member-invite-title = Welche Rolle bekommt das neue Mitglied?
member-may = { $role ->
    [owner] Inhaber: alles, auch das Team
    [operator] Operator: Anfragen, Websites, Alarme
   *[viewer] Beobachter: sieht Anfragen, Websites, Alarme und Vorgänge, ändert nichts
}
member-invite-how = Der Link kommt in Ihren privaten Chat mit mir, zum Weiterleiten. Er gilt einmal.
member-invited = Die Einladung steht in Ihrem privaten Chat mit mir. Leiten Sie sie weiter.
member-invitation = { $role ->
    [owner] Sie sind ins Team eingeladen, als Inhaber.
    [operator] Sie sind ins Team eingeladen, als Operator.
   *[viewer] Sie sind ins Team eingeladen, als Beobachter.
} Öffnen Sie diesen Link und drücken Sie auf „Starten“:
member-invitation-until = Er gilt einmal, bis { $at }.
member-told-role = Ihre Rolle hat sich geändert.
member-told-removed = Sie gehören nicht mehr zum Team. Danke für Ihre Arbeit. Wenn das ein Irrtum ist, bitten Sie einen Inhaber um eine Einladung.
access-owners-only = Das dürfen nur Inhaber.
access-operators-only = Das dürfen nur Operatoren und Inhaber. Als Beobachter können Sie alles ansehen, aber nichts ändern.
access-viewer-help = /help zeigt, was Sie abrufen können.

audit-title = Wer was getan hat
audit-asked = Nur: { $asked }
audit-empty = Nichts vorhanden.
audit-terminal = Terminal: { $login }
audit-hub = der Hub selbst
audit-outcome = { $outcome ->
    [refused] abgelehnt
   *[failed] fehlgeschlagen
}
audit-chat = { $chat ->
    [private] privat
   *[group] in einer Gruppe
}
## Eine Tat, nach dem Wort des Hubs dafür.
audit-act = { $act ->
    [access-enrol] ins Team aufgenommen
    [access-code_made] Einladung erstellt
    [access-role] Rolle geändert
    [access-revoke] aus dem Team entfernt
    [access-bind] Chat der Operatoren festgelegt
    [access-unbind] Chat der Operatoren verloren: Bot wurde entfernt
    [alert-ack] Alarm übernommen
    [alert-unack] Alarm abgegeben
    [alert-silence] Alarm stummgeschaltet
    [alert-unsilence] Alarm meldet wieder
    [alert-resolve] Alarm erledigt
    [alert-silence_tenant] alle Alarme der Website stummgeschaltet
    [client-help] Kunde bat um Hilfe
    [client-ask] Kunde gefragt
    [client-reply] Kunden geantwortet
    [client-write] Kunden geschrieben
    [client-done] Frage des Kunden erledigt
    [credentials-read] Zugangsdaten gelesen
    [dead_letter-retry] nicht Verarbeitetes erneut eingereicht
    [dead_letter-drop] nicht Verarbeitetes verworfen
    [job-retry] Vorgang wiederholt
    [job-undo] Vorgang rückgängig gemacht
    [job-cancel] Vorgang abgebrochen
    [key-create] Schlüssel erstellt
    [key-rotate] Schlüssel ersetzt
    [key-revoke] Schlüssel entzogen
    [key-call_changed] signierter Aufruf mit anderem Inhalt wiederholt
    [lead-add] Anfrage von Hand eingetragen
    [lead-take] Anfrage übernommen
    [lead-call_back] Rückruf vermerkt
    [lead-qualify] Anfrage qualifiziert
    [lead-reject] Anfrage abgelehnt
    [lead-onboard] Onboarding begonnen
    [lead-sent_in] Fragebogen eingegangen: Onboarding
    [lead-win] Anfrage gewonnen
    [lead-lose] Anfrage verloren
    [lead-reopen] Anfrage wieder geöffnet
    [lead-release] Anfrage zurückgegeben
    [lead-assign] Anfrage übergeben
    [lead-explain] Grund vermerkt
    [lead-note] Notiz geschrieben
    [lead-merge] Anfragen zusammengeführt
    [lead-mail] Link zum Fragebogen per E-Mail gesendet
    [provisioning-confirm] Plan bestätigt
    [provisioning-again] Website erneut gebaut
    [provisioning-plan_cancelled] Plan verworfen
    [provisioning-refuse] Anfrage abgesagt
    [survey-open] Fragebogen geöffnet
    [survey-begin] Fragebogen begonnen
    [survey-submit] Fragebogen abgesendet
    [survey-cancel] Fragebogen abgebrochen
    [survey-correct] Antworten berichtigt
    [tenant-register] Website eingetragen
    [tenant-state] Zustand der Website geändert
    [tenant-restart] Neustart
    [tenant-stop] Website gestoppt
    [tenant-start] Website gestartet
    [tenant-delete] Website gelöscht
    [tenant-restore] Website zurückgeholt
    [tenant-erase] endgültiges Löschen angeordnet
    [tenant-erased] Website endgültig gelöscht
   *[other] { $act }
}
