# Что не удалось обработать.

dead-letters-none = Всё обработано. Здесь ничего не ждёт.
dead-letters-title = { $count ->
    [one] Не удалось обработать { NUMBER($count) } сообщение
    [few] Не удалось обработать { NUMBER($count) } сообщения
   *[other] Не удалось обработать { NUMBER($count) } сообщений
}
dead-letters-older = { $count ->
    [one] Ещё { NUMBER($count) } более старое не показано.
   *[other] Ещё { NUMBER($count) } более старых не показано.
}
dead-letters-how = Каждое сохранено целиком. Кнопка пришлёт его файлом; на сервере его покажет «hub dead-letter show».
dead-letter-source = { $source ->
    [lead] заявка
    [update] сообщение боту
    [message] сообщение
    [telemetry] отчёт сайта
    [alert] инцидент
    [job] задача
   *[other] { $source }
}
dead-letter-gone = Этого здесь больше нет.
dead-letter-notice = { $source ->
    [lead] Пришла заявка, которую не удалось прочитать ({ $reason }).
    [telemetry] Не удалось прочитать отчёт сайта ({ $reason }).
    [message] Не удалось доставить сообщение ({ $reason }).
    [alert] Пришёл инцидент, который не удалось прочитать ({ $reason }).
   *[other] Что-то не удалось обработать ({ $reason }).
}
dead-letter-kept = { $count ->
    [1] Всё сохранено целиком и ничего не задерживает. Показать: /deadletters.
   *[other] Всё сохранено целиком и ничего не задерживает. Показать все ({ NUMBER($count) }): /deadletters.
}
dead-letter-tried = { $count ->
    [one] { $count } попытка
    [few] { $count } попытки
   *[other] { $count } попыток
}
dead-letter-retried = Передано на обработку ещё раз.
dead-letter-dropped = Больше обрабатываться не будет. Содержимое сохранено.
dead-letter-decided = Это уже решено. Ничего не изменилось.
dead-letter-refused = Не принято: { $reason }
