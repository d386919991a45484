# Anfragen: wer eine Website möchte.

lead-state = { $state ->
    [new] Neu
    [taken] Übernommen
    [contacted] Kontaktiert
    [qualified] Qualifiziert
    [rejected] Abgelehnt
    [onboarding] Im Onboarding
    [won] Gewonnen
    [lost] Verloren
   *[other] { $state }
}

lead-card-number = Anfrage #{ $number }
lead-card-domain = Wunschdomain: { $domain }
lead-card-locale = Sprache: { $locale ->
    [de] Deutsch
    [en] Englisch
    [ru] Russisch
   *[other] { $locale }
}
lead-card-cut = Hier gekürzt: { NUMBER($letters) } Zeichen insgesamt, vollständig gespeichert.
lead-card-score = Bewertung: { $score } von 100
lead-card-received = Eingegangen: { $at }
lead-card-holder = bei
lead-card-request = Der Fragebogen ist ausgefüllt. Die Website kann gebaut werden.

lead-niche-beauty-salon = Kosmetik- oder Friseursalon
lead-niche-installers = Handwerk und Montage
lead-niche-shop = Laden

## Warum eine Anfrage ihre Punkte hat; eines für jede Regel in templates/leads/score.toml.
lead-score-field = { $field ->
    [name] Name
    [niche] Branche
    [phone] Telefon
    [email] E-Mail
    [telegram] Telegram
    [message] Nachricht
    [locale] Sprache
    [domain] Domain
    [marketing_consent] Werbung
   *[other] { $field }
}
lead-score-phone-given = ist telefonisch erreichbar
lead-score-niche-served = kennen wir
lead-score-domain-wished = weiß, welche Domain es sein soll
lead-score-business-email = eine eigene Adresse
lead-score-message-detailed = sagt, was gebraucht wird
lead-score-telegram-given = ist hier erreichbar
lead-score-locale-served = sprechen wir
lead-score-marketing-agreed = möchte von uns hören

lead-list-title = { $state ->
    [all] Anfragen, neueste zuerst
    [new] Anfragen, die noch niemand hat
    [taken] Übernommene Anfragen
    [contacted] Anfragen mit Erstkontakt
    [qualified] Qualifizierte Anfragen
    [rejected] Abgelehnte Anfragen
    [onboarding] Anfragen im Onboarding
    [won] Gewonnene Anfragen
    [lost] Verlorene Anfragen
   *[other] Anfragen
}
lead-list-empty = Hier gibt es keine.
lead-list-come = Anfragen kommen von selbst und erscheinen { $desk ->
    [here] in diesem Chat
    [group] in der Gruppe der Operatoren
   *[owner] im privaten Chat eines Inhabers
}.
lead-not-found = Eine Anfrage { $asked } gibt es nicht. /leads zeigt alle.
lead-unknown-state = Zu „{ $asked }“ wurde keine Anfrage gefunden. Nach Stand:

## Antworten auf Schaltflächen.
lead-done-take = Sie haben die Anfrage übernommen.
lead-done-call-back = Notiert: zurückrufen.
lead-done-qualify = Qualifiziert.
lead-done-reject = Abgelehnt. „{ button-reopen }“ holt sie zurück.
lead-done-reopen = Wieder offen.
lead-done-onboard = Hier ist der Link zum Weiterleiten.
lead-standing-free = Nichts wurde geändert. Stand: { $state }.
lead-standing-held = Die Anfrage ist bei { $who }. Stand: { $state }.
lead-standing-yours = Die Anfrage haben Sie bereits. Stand: { $state }.
lead-gone = Diese Anfrage gibt es nicht mehr.
lead-message-follows = Die ganze Nachricht folgt.

## Die Nachricht, die an die Kundin oder den Kunden weitergeleitet wird.
lead-invitation-hello = Guten Tag { $name },
lead-invitation-why = vielen Dank für Ihre Anfrage. Bitte beantworten Sie ein paar Fragen zu Ihrem Betrieb – das dauert etwa fünf Minuten, und Sie können jederzeit unterbrechen und später weitermachen:
lead-invitation-until = Der Link ist nur für Sie bestimmt und gilt bis { $until }.
