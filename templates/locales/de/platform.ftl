# Zahlen und Zeiten, wie ein Mensch sie liest. Die Zahlen kommen schon gegliedert an.

## Zahlen: was zwischen Tausendern und vor den Nachkommastellen steht.
number-thousands = { "." }
number-decimal = { "," }
money = { $amount }{ "\u00A0" }{ $currency }

## Zeiten, nach strftime von chrono.
time-date = %d.%m.%Y
time-date-time = %d.%m.%Y, %H:%M
time-clock = %H:%M:%S
time-minute = %H:%M

## Dauern: die zwei größten Einheiten, oder eine. Abgekürzt, damit kein Fall sie beugt.
duration-days = { $n } Tg.
duration-hours = { $n } Std.
duration-minutes = { $n } Min.
duration-seconds = { $n } Sek.
duration-two = { $large } { $small }

ago-now = gerade eben
ago-past = vor { $duration }
ago-future = in { $duration }
