# Beschriftungen der Tasten. Zwei nebeneinander: je höchstens 20 Zeichen, drei: je 13.

button-take = Übernehmen
button-call-back = Zurückrufen
button-qualify = Qualifizieren
button-reject = Ablehnen
button-onboard = Onboarding
button-provision = Website bauen
button-answers = Antworten
button-reopen = Wieder öffnen
button-newest = Neueste
button-older = Ältere
button-whole-message = Ganze Nachricht
button-show = Zeigen

button-ack = 👀 Übernehmen
button-unack = Abgeben
button-silence = 🔕 Stummschalten
button-unsilence = 🔔 Wieder melden
button-logs = 📜 Logs
button-restart = 🔄 Neustart
button-resolve = ✅ Erledigt
button-confirm = Bestätigen
button-cancel = Abbrechen
button-change-name = Name ändern
button-change-domain = Domain ändern
button-retry = Wiederholen
button-undo = Rückgängig
button-stop = ⏸ Stoppen
button-start = ▶️ Starten
button-restore = ♻️ Zurückholen
button-erase = 🧹 Endgültig löschen
button-drop = 🗑 Verwerfen
button-more = Mehr
button-as-app = Wie in der App
