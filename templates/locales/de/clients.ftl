# Kunden: Leute, deren Website wir bauen oder betreiben.

## Was Kunden lesen.
client-stage = { $stage ->
    [received] 📬 Ihre Antworten sind da, wir sehen sie uns an.
    [building] 🛠 Ihre Website entsteht gerade. Wir sagen Bescheid, sobald sie fertig ist.
    [ready] ✅ Ihre Website ist online.
    [stopped] ⏸ Ihre Website ist im Moment abgeschaltet.
    [refused] Vielen Dank für Ihre Anfrage. Leider können wir Ihre Website nicht umsetzen. Der Grund:
    [gone] Diese Website gibt es nicht mehr.
   *[other] { $stage }
}
client-talks = Was Sie hier schreiben, geht an unser Team.
client-write-now = Wie können wir helfen? Was Sie jetzt hier schreiben, geht an unser Team, auch Bilder und Dateien.
client-passed-on = An unser Team weitergegeben. Die Antwort kommt hierher.
client-too-much = Unser Team hat alles bekommen und wird antworten. Bitte warten Sie das ab, bevor Sie mehr senden.
client-unsent = Das hat unser Team noch nicht bekommen:
client-unsent-how = Die Schaltfläche darunter gibt es weiter. /start zeigt, wie weit Ihre Website ist.
client-only-text = Leider lassen sich nur Texte, Bilder und Dateien weitergeben. Bitte beschreiben Sie es in Worten.
client-closed = Unser Team hat das als erledigt vermerkt. Wenn Sie uns wieder brauchen, schreiben Sie /start.
client-team = Unser Team
client-asks = Eine Frage von: { $house }
client-asks-how = Schreiben Sie Ihre Antwort einfach hierher.

## Was Operatoren lesen.
client-reminder = { $client } wartet auf Antwort
client-thread-state = { $state ->
    [waits] Wartet auf Antwort
    [answered] Beantwortet
    [closed] Erledigt
   *[other] { $state }
}
client-thread-left-out = { $count ->
    [one] { $count } frühere Nachricht
   *[other] { $count } frühere Nachrichten
  }
client-file = { $file ->
    [photo] 📷 ein Bild
   *[other] 📎 eine Datei
}
client-ask-what = Was soll der Kunde gefragt werden? Er liest es so, wie es hier steht, im Namen der Agentur.
client-reply-what = Was ist die Antwort? Der Kunde liest sie so, wie sie hier steht, im Namen der Agentur.
client-write-what = Was soll dem Kunden geschrieben werden? Er liest es so, wie es hier steht, im Namen der Agentur.
client-sent = Gesendet.
client-done = Erledigt. Der Kunde wird benachrichtigt.
client-out-of-reach = Nicht gesendet: Der Kunde hat den Bot blockiert. Vielleicht hilft Telefon oder E-Mail.
client-thread-closed = Das ist schon erledigt. „{ button-write-to-client }“ auf seiner Karte beginnt neu.
client-nobody = Hier gibt es noch keinen Kunden, dem man schreiben kann: Der Fragebogen ist noch nicht abgeschickt.
client-team-only-text = An Kunden lassen sich nur Texte, Bilder und Dateien senden.
