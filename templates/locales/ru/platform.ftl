# Числа и время так, как их читает человек. Числа приходят уже разбитыми на разряды.

## Числа: разделитель разрядов и дробной части.
number-thousands = { "\u00A0" }
number-decimal = { "," }
money = { $amount }{ "\u00A0" }{ $currency }

## Время, по strftime из chrono.
time-date = %d.%m.%Y
time-date-time = %d.%m.%Y, %H:%M
time-clock = %H:%M:%S
time-minute = %H:%M

## Длительность: две самые крупные единицы или одна.
duration-days = { $n } дн.
duration-hours = { $n } ч
duration-minutes = { $n } мин
duration-seconds = { $n } с
duration-two = { $large } { $small }

ago-now = только что
ago-past = { $duration } назад
ago-future = через { $duration }
