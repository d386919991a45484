# Что требует внимания.

## Заголовки.
alerts-container-exited = { $service } остановился (код выхода { $code })
alerts-container-ended = { $service } остановился
alerts-container-unhealthy = { $service } не проходит проверку состояния
alerts-container-missing = контейнер { $service } пропал
alerts-heartbeat-missed = нет сигнала от { $service } уже { $silent }

## Карточка.
alerts-since = { $severity ->
    [critical] Критично
    [warning] Предупреждение
   *[info] К сведению
}, с { $at }
alerts-count = { $count ->
    [one] сообщено { NUMBER($count) } раз
    [few] сообщено { NUMBER($count) } раза
   *[other] сообщено { NUMBER($count) } раз
}
alerts-state-firing = Пока никто этим не занимается.
alerts-state-acked = В работе у { $by } с { $at }
alerts-until = до { $until }
alerts-state-silenced = Без звука до { $until } ({ $by })
alerts-state-resolved = Решено за { $duration }
alerts-left-out = { $count ->
    [one] (ещё { $count } более ранняя запись)
    [few] (ещё { $count } более ранние записи)
   *[other] (ещё { $count } более ранних записей)
}

## Ход событий.
alerts-event-opened = замечено
alerts-event-acked = в работе у { $actor }
alerts-event-unacked = { $actor }: больше не в работе
alerts-event-ack-expired = время на разбор вышло
alerts-event-silenced = { $actor }: звук отключён
alerts-event-unsilenced = { $actor }: звук включён
alerts-event-silence-expired = звук снова включён, время вышло
alerts-event-restart-asked = { $actor }: запрошен перезапуск
alerts-event-resolved = снова в порядке
alerts-event-resolved-by = { $actor }: отмечено как решённое
alerts-event-note = изменено

## Ответы на нажатия, одна строка.
alerts-did-ack = Теперь это у вас, до { $until }.
alerts-did-unack = Теперь это может взять любой.
alerts-did-silence = Без звука до { $until }.
alerts-did-unsilence = Снова со звуком.
alerts-did-resolve = Решено.
alerts-refused-resolved = Это уже решено. Ничего не изменилось.
alerts-refused-acked-by = Этим уже занимается { $by }. Ничего не изменилось.
alerts-refused-not-acked = Этим никто не занимался. Ничего не изменилось.
alerts-refused-not-silenced = Звук и так был включён. Ничего не изменилось.
alerts-refused-yours = Это уже у вас. Ничего не изменилось.
alerts-refused-silenced = Звук уже отключён. Ничего не изменилось.
alerts-redis-away = Redis недоступен: новые заявки ждут там, и ни один сайт не слышно
alerts-page-waits = Срочное сообщение слишком долго ждёт отправки
alerts-route-title = { $count ->
    [one] { $count } критический инцидент, который Telegram не может показать
    [few] { $count } критических инцидента, которые Telegram не может показать
   *[other] { $count } критических инцидентов, которые Telegram не может показать
}
alerts-route-text = Telegram недоступен. Это требует внимания, и этого ни у кого нет на экране:
alerts-pages = { $count ->
    [one] Внимания требует ещё { $count } инцидент
    [few] Внимания требуют ещё { $count } инцидента
   *[other] Внимания требуют ещё { $count } инцидентов
}
alerts-pages-how = Карточки покажет /alerts.
alerts-refused-past = Это время уже прошло. Ничего не изменилось.
alerts-gone = Этого инцидента больше нет.

## Списки и команды.
alerts-none-open = Насколько известно, всё в порядке.
alerts-open = { $count ->
    [one] Открыт { $count } инцидент:
    [few] Открыто { $count } инцидента:
   *[other] Открыто { $count } инцидентов:
}
alerts-more = Есть и другие: все покажет «hub alert list».
alerts-status-firing = пока ничей
alerts-status-acked = в работе у { $by }
alerts-status-silenced = без звука ({ $by })
alerts-status-resolved = решено
alerts-open-again = 🔔 Инцидентом #{ $number } больше никто не занимается, а он не закрыт:
alerts-not-found = Инцидента «{ $name }» нет. Открытые покажет /alerts.
alerts-tenant-not-found = Сайта «{ $name }» нет. Все сайты покажет /tenants.
alerts-silence-usage = Укажите сайт, срок (30m, 2h, 1d) и, если хотите, причину:
alerts-silence-press = Или нажмите на сайт, чтобы отключить его звук на обычное время:
alerts-silence-example = переезд на другой сервер
alerts-tenant-silenced = инциденты без звука до { $until }
alerts-tenant-silenced-open = { $count ->
    [0] Сейчас там ничего не открыто.
    [one] Вместе с этим отключён звук у { $count } открытого инцидента.
   *[other] Вместе с этим отключён звук у { $count } открытых инцидентов.
}
