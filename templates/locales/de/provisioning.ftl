# Websites bauen: Pläne, Fortschritt, Zugangsdaten.

provisioning-plan-title = Plan für { $slug }
provisioning-plan-domain = Domain:
provisioning-plan-template = Vorlage: { $template } { $version }, Größe { $size }
provisioning-plan-containers = { $count ->
    [one] { $count } Container
   *[other] { $count } Container
  }, höchstens { NUMBER($memory) } MB
provisioning-plan-container = { NUMBER($memory) } MB, { $cpus } CPU
provisioning-plan-files = { $count ->
    [one] { NUMBER($count) } Datei
   *[other] { NUMBER($count) } Dateien
  } im Ordner der Website
provisioning-plan-port = Port:
provisioning-plan-networks = Netze:
provisioning-plan-volumes = Volumes:
provisioning-plan-undo = Wenn ein Schritt misslingt, wird alles bis dahin rückgängig gemacht.
provisioning-plan-taken = { $wished } ist schon vergeben. Dieser Plan schlägt vor, was frei ist; unten können Sie es ändern.
provisioning-plan-changed = Seit dieser Anzeige hat sich etwas geändert. Bitte sehen Sie es noch einmal durch und bestätigen Sie.
provisioning-plan-closed = Dieser Plan ist schon abgeschlossen. Die Karte zeigt den Stand.

provisioning-progress-running = { $slug } wird gebaut
provisioning-progress-done = { $slug } ist online
provisioning-progress-undoing = { $slug } wird rückgängig gemacht
provisioning-progress-undone = { $slug } konnte nicht gebaut werden
provisioning-progress-stuck = { $slug } braucht Ihre Entscheidung
provisioning-kept-undone = Alles bis dahin wurde rückgängig gemacht; die Antworten des Kunden sind noch da. Beheben Sie die Ursache und drücken Sie „{ button-retry }“.
provisioning-kept-stuck = Ein Teil ist noch da. „{ button-retry }“ macht von hier aus weiter, „{ button-undo }“ räumt den Rest weg.

provisioning-step-reserve = Name und Port reservieren
provisioning-step-secrets = Passwörter erzeugen
provisioning-step-files = Dateien schreiben
provisioning-step-images = Programme bauen
provisioning-step-telemetry = Berichte an den Hub ermöglichen
provisioning-step-networks = private Netze anlegen
provisioning-step-volumes = Platz für die Daten schaffen
provisioning-step-containers = Container anlegen
provisioning-step-start = starten und warten, bis alle Container in Ordnung sind
provisioning-step-migrate = Datenbank vorbereiten
provisioning-step-route = Internetadresse verbinden
provisioning-step-smoke = die Website wie ein Besucher öffnen
provisioning-step-live = übergeben

provisioning-started = Bestätigt. Der Bau beginnt.
provisioning-cancelled = Der Plan für { $slug } ({ $domain }) wurde verworfen. Nichts wurde angelegt; „{ button-provision }“ auf der Karte der Anfrage holt ihn zurück.
provisioning-request-not-open = Das wird schon gebaut oder ist fertig.
provisioning-usage = Was soll gebaut werden, für wen und wo:
provisioning-usage-templates = Vorlagen:
provisioning-wrong = geht hier nicht:
provisioning-no-plan = Das kann nicht gebaut werden:
provisioning-nothing-changed = Nichts wurde geändert. Bitte korrigieren und noch einmal versuchen.
provisioning-ask-slug = Wie soll die Website heißen? Kleinbuchstaben, Ziffern, _ und -, zum Beispiel new_salon.
provisioning-ask-domain = Unter welcher Domain? Zum Beispiel new-salon.de.
provisioning-ask-refuse = Warum bauen wir das nicht? Bitte den Grund so schreiben, wie ihn der Kunde lesen soll.
provisioning-refuse-sure = Das liest der Kunde. Die Anfrage wird damit geschlossen.
provisioning-refused = Die Absage geht an den Kunden, die Anfrage ist geschlossen.

## Warum etwas nicht geht; ohne Punkt am Ende.
provisioning-why-slug-form = ein Name hat 2 bis 31 Zeichen aus a-z, 0-9, _ und - und beginnt mit einem Buchstaben
provisioning-why-slug-reserved = der Name { $what } ist reserviert
provisioning-why-slug-template = der Name { $what } ist reserviert: So heißt eine Vorlage
provisioning-why-slug-taken = der Name { $what } ist durch { $by } vergeben
provisioning-why-domain-taken = die Domain { $what } ist durch { $by } vergeben
provisioning-why-at-work = an { $what } arbeitet gerade ein anderer Vorgang; warten Sie, bis er fertig ist
provisioning-why-sealed = ein Geheimnis dieses Plans lässt sich mit diesem Hauptschlüssel nicht öffnen; beginnen Sie neu
provisioning-why-no-port = kein Port aus ports.range ist frei; erweitern Sie den Bereich
provisioning-why-template = eine Vorlage { $what } gibt es nicht
provisioning-why-input-missing = es fehlt: { $what }
provisioning-why-input-unfit = { $what } passt nicht ({ $detail })
provisioning-why-input-unknown = die Vorlage kennt { $what } nicht
provisioning-why-domain = { $fault ->
    [empty] da steht nichts
    [too_long] mehr als 253 Zeichen
    [label_too_long] ein Teil hat mehr als 63 Zeichen
    [empty_label] ein Teil ist leer
    [ip_address] das ist eine IP-Adresse, kein Name
    [port] da steht ein Port
    [wildcard] da steht ein Stern
    [address] das ist eine ganze Adresse; lassen Sie https:// und alles hinter dem Namen weg
    [single_label] das ist nur ein Wort; eine Domain hat einen Punkt
    [hyphen] ein Teil beginnt oder endet mit einem Bindestrich
    [top_level] diese Endung gibt es im Internet nicht
   *[other] da steht ein Zeichen, das in einer Domain nicht vorkommen darf
}

provisioning-live = ist online:
provisioning-hand-on = Benutzername und Passwort für die Verwaltungsseite, zum Weiterleiten an den Kunden. Sie lassen sich nur einmal lesen:
provisioning-ready = Ihre Website ist online.
provisioning-ready-keys = Ihr Benutzername und Ihr Passwort für die Seite, auf der Anfragen eingehen, liegen hinter diesem Link. Sie lassen sich nur einmal lesen:
provisioning-keys-offer = Ihr Benutzername und Ihr Passwort liegen bereit. Sie werden nur einmal gezeigt; halten Sie bitte etwas bereit, um sie aufzubewahren.
provisioning-keys-unknown = Hinter diesem Link gibt es keine Zugangsdaten. Bitte fragen Sie uns nach einem neuen.
provisioning-keys-not-yours = Diese Zugangsdaten gehören jemand anderem, der den Link zuerst geöffnet hat.
provisioning-keys-gone = Diese Zugangsdaten wurden schon gezeigt, und der Link zeigt sie nicht noch einmal. Wenn Sie neue brauchen, fragen Sie uns.
provisioning-keys-expired = Dieser Link ist abgelaufen. Bitte fragen Sie uns nach einem neuen.
provisioning-keys-shown = Bewahren Sie sie sicher auf.
provisioning-keys-here = Ihr Benutzername und Ihr Passwort stehen in einer eigenen Nachricht.
provisioning-keys-username = Benutzername:
provisioning-keys-password = Passwort:
provisioning-keys-burn = { $minutes ->
    [one] Diese Nachricht löscht sich in { $minutes } Minute von selbst.
   *[other] Diese Nachricht löscht sich in { $minutes } Minuten von selbst.
  }
