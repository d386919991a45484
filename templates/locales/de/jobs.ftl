# Vorgänge: woran gearbeitet wird.

job-title = { $kind ->
    [provision] 🏗 { $subject } wird gebaut
    [tenant_restart] 🔄 { $subject } wird neu gestartet
    [tenant_stop] ⏸ { $subject } wird gestoppt
    [tenant_start] ▶️ { $subject } wird gestartet
    [tenant_delete] 🗑 { $subject } wird gelöscht
    [tenant_restore] ♻️ { $subject } wird zurückgeholt
    [tenant_erase] 🧹 { $subject } wird endgültig gelöscht
    [tenant_logs] 📜 Logs von { $subject } werden gelesen
   *[other] { $kind }: { $subject }
}

## Dasselbe, wenn es getan ist.
job-title-done = { $kind ->
    [provision] { $subject } wurde gebaut
    [tenant_restart] { $subject } wurde neu gestartet
    [tenant_stop] { $subject } wurde gestoppt
    [tenant_start] { $subject } wurde gestartet
    [tenant_delete] { $subject } wurde gelöscht
    [tenant_restore] { $subject } wurde zurückgeholt
    [tenant_erase] { $subject } wurde endgültig gelöscht
    [tenant_logs] Logs von { $subject } wurden gelesen
   *[other] { $kind }: { $subject }
}

## Schritte aller Vorgänge, bei den Namen, die die Vorgänge ihnen geben. Das Bauen hat eigene Worte dafür.
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
        [tenant_erase] Programme entfernen
       *[other] { provisioning-step-images }
    }
    [networks] { $kind ->
        [tenant_erase] private Netze entfernen
       *[other] { provisioning-step-networks }
    }
    [volumes] { $kind ->
        [tenant_erase] alle Daten entfernen
       *[other] { provisioning-step-volumes }
    }
    [containers] { $kind ->
        [tenant_erase] Container entfernen
       *[other] { provisioning-step-containers }
    }
    [restart] Container neu starten
    [stop] Container stoppen
    [healthy] warten, bis alle Container in Ordnung sind
    [state] { $kind ->
        [tenant_stop] als gestoppt vermerken
        [tenant_start] als laufend vermerken
        [tenant_restore] als zurückgeholt vermerken
       *[other] als gelöscht vermerken
    }
    [site] { $kind ->
        [tenant_restore] Internetadresse verbinden
       *[other] Internetadresse trennen
    }
    [user] Zugang zum Hub entziehen
    [folder] Dateien und Passwörter entfernen
    [leftovers] prüfen, dass nichts übrig ist
    [records] Name, Domain und Port freigeben
    [fetch] letzte Zeilen lesen
   *[other] { $step }
}

job-state = { $state ->
    [queued] Wartet
    [running] In Arbeit
    [undoing] Wird rückgängig gemacht
    [done] Fertig
    [undone] Rückgängig gemacht
    [stuck] Steckt fest: Entscheidung nötig
    [cancelled] Abgebrochen
    [retry] Geht gleich weiter
    [undo] Wird gleich rückgängig gemacht
    [cancel] Wird gleich abgebrochen
   *[other] { $state }
}
job-step-state = { $state ->
    [pending] steht aus
    [running] läuft
    [done] fertig
    [failed] fehlgeschlagen
    [undoing] wird rückgängig gemacht
    [undone] rückgängig gemacht
    [undo_failed] konnte nicht rückgängig gemacht werden
    [skipped] übersprungen
   *[other] { $state }
}
job-attempts = { $n ->
    [one] { $n } Versuch
   *[other] { $n } Versuche
}
job-list-title = Vorgänge, neueste zuerst
job-list-empty = Noch gab es nichts zu tun.
job-not-found = Einen Vorgang „{ $asked }“ gibt es nicht. /jobs zeigt die neuesten.
job-gone = Diesen Vorgang gibt es nicht mehr.
job-wish-taken = { $wish ->
    [retry] Es geht weiter.
    [undo] Es wird rückgängig gemacht.
   *[cancel] Es wird abgebrochen.
}
job-wish-refused = Nichts wurde geändert. Stand des Vorgangs: { $state ->
    [done] fertig
    [undone] rückgängig gemacht
    [cancelled] abgebrochen
    [undoing] wird rückgängig gemacht
    [stuck] steckt fest
   *[other] in Arbeit
}.
