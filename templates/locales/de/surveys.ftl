# Was der Hub zu den Texten eines Fragebogens hinzufügt, die in dialogues/ stehen.

survey-button-back = Zurück
survey-button-skip = Überspringen
survey-button-cancel = Abbrechen
survey-button-keep = Für später behalten
survey-button-discard = Verwerfen
survey-button-resume = Weitermachen
survey-button-edit = Bearbeiten
survey-button-submit = Absenden
survey-button-done = Fertig

survey-example = Zum Beispiel: { $example }
# Ein Wert, für den ein Tipp genügt.
survey-offer-given = Behalten: { $value }
survey-offer-known = Aus Ihrer Anfrage: { $value }
survey-marked = { $origin ->
    [given] 👉 haben Sie vorhin gewählt.
   *[known] 👉 stammt aus Ihrer Anfrage.
}
survey-or-skip = Oder tippen Sie auf „{ survey-button-skip }“.
survey-leave = Aufhören und Ihre Antworten verwerfen?
survey-leave-or-keep = Das müssen Sie nicht: Wir können sie aufheben, und derselbe Link führt bis { $until } wieder an diese Stelle.
survey-kept = In Ordnung, wir machen hier eine Pause, und Ihre Antworten bleiben erhalten. „{ survey-button-resume }“ oder derselbe Link bringt Sie bis { $until } wieder hierher.
survey-pick = Was möchten Sie ändern?
survey-you-sent = Das haben Sie uns geschickt
survey-answers = Die Antworten
survey-no-answers = Noch gibt es keine Antworten.
survey-forgotten = Es wurde nichts abgeschickt, und Ihre Antworten sind gelöscht. Derselbe Link beginnt bis { $until } von vorn.
survey-share-how = Mit der Schaltfläche unten geben Sie die Nummer dieses Telefons weiter.
survey-share-phone = Meine Nummer teilen
survey-photo = ein Bild
survey-agreed = ja
survey-skipped = –

survey-unknown = Dieser Link führt nirgendwohin. Vielleicht wurde er beim Kopieren abgeschnitten: Bitte öffnen Sie ihn noch einmal aus der Nachricht, die Sie bekommen haben, oder bitten Sie dort um einen neuen.
survey-stranger = Diesen Link hat schon jemand anderes geöffnet, und er gilt nur für diese Person. Wenn er für Sie bestimmt war, bitten Sie um einen eigenen Link.
survey-expired = Die Zeit für diesen Link ist abgelaufen. Bitten Sie dort, wo Sie ihn bekommen haben, um einen neuen; das ist schnell gemacht.
survey-submitted = Sie haben uns Ihre Antworten schon geschickt, vielen Dank. Mehr ist nicht zu tun: Wir schreiben Ihnen hier, sobald es etwas Neues gibt.
survey-private-only = Bitte öffnen Sie den Link in einem privaten Chat mit mir: Ihre Antworten gehen sonst niemanden etwas an.
survey-nothing-to-cancel = Es gibt nichts abzubrechen: Sie beantworten gerade keine Fragen.
survey-already-answered = Das ist schon beantwortet. Die Nachricht zeigt, wo wir sind.
survey-over = Dieser Fragebogen ist abgeschlossen. Wenn Sie den Link noch haben, öffnen Sie ihn, um den Stand zu sehen.

## Warum eine Antwort nicht angenommen wurde, und was hilft.
survey-refused-empty = Da kamen keine Worte an. Bitte schreiben Sie Ihre Antwort als Nachricht.
survey-refused-too-short = Das ist etwas kurz. { $min ->
    [one] Bitte schreiben Sie mindestens ein Zeichen.
   *[other] Bitte schreiben Sie mindestens { $min } Zeichen.
}
survey-refused-too-long = Das ist hier zu lang. Bitte bleiben Sie bei höchstens { NUMBER($max) } Zeichen.
survey-refused-too-few-lines = { $min ->
    [one] Bitte schreiben Sie mindestens eine Zeile.
   *[other] Bitte schreiben Sie mindestens { $min } Zeilen, einen Eintrag pro Zeile.
}
survey-refused-too-many-lines = { $max ->
    [one] Bitte schreiben Sie nur eine Zeile.
   *[other] Bitte schreiben Sie höchstens { $max } Zeilen.
}
survey-refused-line-too-long = Zeile { $line } ist zu lang. Bitte bleiben Sie in jeder Zeile bei höchstens { NUMBER($max) } Zeichen.
survey-refused-not-a-number = Bitte schreiben Sie eine Zahl in Ziffern, zum Beispiel 12.
survey-refused-not-whole = Bitte schreiben Sie eine ganze Zahl ohne Nachkommastellen.
survey-refused-too-small = Das ist zu wenig: Mindestens { NUMBER($min) } geht hier.
survey-refused-too-large = Das ist zu viel: Höchstens { NUMBER($max) } geht hier.
survey-refused-not-a-phone = Das lässt sich nicht als Telefonnummer lesen. Bitte prüfen Sie die Ziffern und beginnen Sie mit + und dem Land, zum Beispiel +49 30 123456.
survey-refused-phone-needs-country = Zu welchem Land gehört diese Nummer? Bitte beginnen Sie mit + und dem Land, zum Beispiel +49 30 123456.
survey-refused-foreign-contact = Das ist der Kontakt von jemand anderem. Bitte teilen Sie Ihren eigenen, oder schreiben Sie die Nummer.
survey-refused-not-an-email = Das sieht nicht wie eine E-Mail-Adresse aus. Bitte schreiben Sie sie so: anna@example.com.
survey-refused-not-a-domain = Das sieht nicht wie eine Internetadresse aus. Bitte schreiben Sie sie so: salon-anna.de.
survey-refused-domain-is-address = Das ist die Nummer eines Rechners. Bitte schreiben Sie den Namen der Website, zum Beispiel salon-anna.de.
survey-refused-domain-has-port = Bitte lassen Sie den Doppelpunkt und die Zahl dahinter weg: salon-anna.de genügt.
survey-refused-domain-is-wildcard = Bitte schreiben Sie eine einzelne Adresse ohne Stern, zum Beispiel salon-anna.de.
survey-refused-domain-single-label = Es fehlt eine Endung wie .de oder .com. Bitte schreiben Sie die Adresse so: salon-anna.de.
survey-refused-not-a-date = Das lässt sich nicht als Tag lesen. Bitte schreiben Sie ihn so: 20.11.2026.
survey-refused-too-early = Das ist zu früh: Der erste mögliche Tag ist der { $earliest }.
survey-refused-too-late = Das ist zu spät: Der letzte mögliche Tag ist der { $latest }.
survey-refused-not-a-location = Diesen Ort finde ich nicht. Bitte teilen Sie ihn aus Telegram (📎, dann Standort), oder schreiben Sie zwei Zahlen wie 52.52, 13.405.
survey-refused-not-a-picture = Diese Datei ist kein Bild. Bitte schicken Sie ein Foto.
survey-refused-not-an-option = Bitte wählen Sie eine der Schaltflächen unten.
survey-refused-too-few-choices = { $min ->
    [one] Bitte wählen Sie mindestens eines.
   *[other] Bitte wählen Sie mindestens { $min }.
}
survey-refused-too-many-choices = { $max ->
    [one] Nur eines lässt sich wählen. Tippen Sie das gewählte noch einmal an, um es zurückzunehmen.
   *[other] Höchstens { $max } lassen sich wählen. Tippen Sie ein gewähltes noch einmal an, um es zurückzunehmen.
}
survey-refused-consent-needed = Ohne Ihr Einverständnis können wir nicht weitermachen. Ihre bisherigen Antworten bleiben hier, und niemand verwendet sie.
survey-refused-required = Diese Antwort brauchen wir, um weiterzumachen.
survey-refused-wrong-kind = { $expected ->
    [photo] Bitte schicken Sie hier ein Foto.
    [location] Bitte teilen Sie hier einen Ort, oder schreiben Sie zwei Zahlen wie 52.52, 13.405.
    [phone] Bitte teilen Sie hier Ihren Kontakt, oder schreiben Sie eine Telefonnummer.
    [number] Bitte schreiben Sie hier eine Zahl.
    [date] Bitte schreiben Sie hier einen Tag, zum Beispiel 20.11.2026.
    [email] Bitte schreiben Sie hier eine E-Mail-Adresse.
    [domain] Bitte schreiben Sie hier eine Internetadresse.
    [choice] Bitte wählen Sie eine der Schaltflächen unten.
    [multi] Bitte wählen Sie mit den Schaltflächen unten.
    [rating] Bitte wählen Sie mit den Schaltflächen unten.
    [consent] Bitte wählen Sie eine der Schaltflächen unten.
   *[other] Bitte antworten Sie hier mit Worten.
}

## Antworten, die Operatoren berichtigen.
survey-fix-which = Welche Antwort soll berichtigt werden?
survey-fix-done = Berichtigt. Der nächste Plan richtet sich danach.
survey-fix-same = Nichts wurde geändert.
survey-fix-closed = Das lässt sich nicht mehr berichtigen: Es wird schon gebaut oder ist entschieden.
