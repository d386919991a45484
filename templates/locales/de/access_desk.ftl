# Der Chat der Operatoren: wo er ist, seine Themen, wer dort etwas zu sagen hat.

access-topic-leads = Anfragen
access-topic-platform = Plattform
access-platform-topic = Hierher kommen Vorgänge, Alarme der Plattform selbst und was nicht verarbeitet werden konnte.
access-bound = Das ist jetzt der Chat der Operatoren. Neue Anfragen, Alarme und Vorgänge kommen hierher.
access-bound-already = Das ist schon der Chat der Operatoren. Was hier fehlte, kommt noch einmal.
access-bound-topics = Jede Website bekommt ein eigenes Thema, dazu gibt es eines für Anfragen und eines für die Plattform. Sie öffnen sich von selbst, sobald es etwas zu sagen gibt.
access-bound-members = Befehle und Schaltflächen gelten nur für Mitglieder des Teams, wer auch immer sonst in dieser Gruppe ist.
access-bind-not-owner = Den Chat der Operatoren kann nur ein Inhaber festlegen.
access-anonymous = Diese Nachricht kam im Namen der Gruppe, daher ist nicht zu erkennen, von wem. Bitte in den Admin-Rechten „Anonym bleiben“ ausschalten und sie noch einmal senden.
access-moved-to = Ab jetzt kommen Nachrichten in „{ $title }“ an.
access-moved-private = Ab jetzt kommen Nachrichten in den privaten Chat des Inhabers.
access-moved-stays = Alles hier bleibt stehen und funktioniert weiter.
access-moved-ends = Was hier steht, wird nicht mehr aktualisiert, und die Schaltflächen bewirken nichts mehr.
access-let-in-again = Der Bot ist wieder in „{ $title }“. Nachrichten kommen weiter hierher, bis dort /bind gesendet wird.
access-no-topic-rights = Hier darf ich keine Themen öffnen, daher kommt alles nach „General“. Mit dem Admin-Recht „Themen verwalten“ öffnen sich die Themen von selbst.
access-no-topic-closed = Das Thema „{ $title }“ ist geschlossen, und ich darf es nicht öffnen; was dorthin gehört, kommt nach „General“. Bitte wieder öffnen oder mir das Admin-Recht „Themen verwalten“ geben.
access-reply-here = Bitte auf diese Nachricht antworten.
access-question-ended = { $question ->
    [client-ask] Abgebrochen. Der Kunde wird nichts gefragt.
    [client-reply] Abgebrochen. Dem Kunden wurde nichts gesendet.
    [client-write] Abgebrochen. Dem Kunden wurde nichts gesendet.
    [provision-refuse] Abgebrochen. Es wird nicht abgesagt, und der Kunde erfährt nichts.
    [plan-slug] Abgebrochen. Der Name bleibt.
    [plan-domain] Abgebrochen. Die Domain bleibt.
    [lead-when] Abgebrochen. Für den Anruf ist keine Zeit notiert.
    [lead-why] Abgebrochen. Kein Grund ist notiert.
    [lead-note] Abgebrochen. Nichts ist notiert.
    [survey-fix] Abgebrochen. Die Antwort bleibt, wie sie ist.
   *[other] Abgebrochen.
}

press-moved = Der Chat der Operatoren ist jetzt woanders. Von hier aus wird nichts mehr geändert.
command-bind = das hier zum Chat der Operatoren machen
