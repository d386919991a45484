# Figures and times as a person reads them. The numbers arrive as text that is already grouped.

## Numbers: what stands between thousands, and before the fraction.
number-thousands = { "," }
number-decimal = { "." }
money = { $currency }{ $amount }

## Times, by chrono's strftime.
time-date = %-d %b %Y
time-date-time = %-d %b %Y, %H:%M
time-clock = %H:%M:%S
time-minute = %H:%M

## Durations: the two largest units, or one.
duration-days = { $n } d
duration-hours = { $n } h
duration-minutes = { $n } min
duration-seconds = { $n } s
duration-two = { $large } { $small }

ago-now = just now
ago-past = { $duration } ago
ago-future = in { $duration }
