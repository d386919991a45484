# Работающие сайты.

tenant-state = { $state ->
    [registered] работает в другом месте
    [planned] в планах
    [provisioning] создаётся
    [live] работает
    [stopped] остановлен
    [suspended] приостановлен
    [deleted] удалён
    [failed] не удалось создать
    [stuck] нужно решение
   *[other] { $state }
}
tenant-health = { $health ->
    [up] в порядке
    [degraded] с перебоями
    [down] недоступен
   *[unknown] данных ещё нет
}
container-state = { $state ->
    [running] работает
    [starting] запускается
    [healthy] в порядке
    [unhealthy] не в порядке
    [exited] остановился
    [missing] пропал
   *[other] { $state }
}

tenant-beat = Последний сигнал
tenant-no-beat = Сигналов ещё не было
tenant-messages = Сообщения: получено { NUMBER($received) }, отклонено { NUMBER($rejected) }, потеряно { NUMBER($lost) }
tenant-unknown-since = Потеряно ли больше, неизвестно с { $at }
tenant-erase-after = Данные хранятся до { $at }
tenant-erased = Стёрто навсегда. История и журнал действий сохранены.
tenant-gone = Этого сайта больше нет.

## Что процессы сообщают о себе; значение уже с единицей.
tenant-figure = { $name ->
    [memory_bytes] память { $value }
    [response_ms_p50] p50 { $value }
    [response_ms_p95] p95 { $value }
    [requests_total] запросы { $value }
    [requests_failed] с ошибкой { $value }
    [requests_open] в работе { $value }
    [requests_told] передано владельцу { $value }
    [updates_total] сообщений прочитано { $value }
   *[other] { $name } { $value }
}
tenant-in-unit = { $unit ->
    [gib] { $value } ГиБ
    [mib] { $value } МиБ
    [kib] { $value } КиБ
    [ms] { $value } мс
   *[byte] { $value } Б
}

tenant-list-title = Сайты по именам
tenant-list-empty = Сайтов пока нет. Создать: /provision.
tenant-list-end = Это все сайты.
tenant-unknown = Сайта «{ $asked }» нет.
tenant-which = Какой сайт?
tenant-which-written = Нажмите или напишите так:
tenant-written = Пишется так:
tenant-near = Возможно, вы имели в виду:
tenant-all = Все сайты покажет /tenants.

status-title = Общее состояние
status-up = { NUMBER($n) } { $n ->
    [one] сайт в порядке
    [few] сайта в порядке
   *[other] сайтов в порядке
}
status-degraded = { NUMBER($n) } с перебоями
status-down = { NUMBER($n) } недоступно
status-unknown = { NUMBER($n) } без данных
status-count = { $what ->
    [alerts] Открытые инциденты
    [leads] Новые заявки
    [lead-queue] Заявки в очереди
    [outbox] Сообщения, ждущие отправки
    [outbox-oldest] Сколько секунд ждёт самое старое
    [inbox] Сообщения, ждущие обработки
    [dead-letters] Не удалось обработать
    [jobs] Задачи в работе
    [jobs-stuck] Задачи, ждущие решения
   *[other] { $what }
}

tenant-logs-coming = Сейчас придут последние строки.
tenant-logs-empty = Там нет строк.
tenant-logs-no-container = Такого контейнера там нет.
tenant-logs-unreadable = Журнал сейчас не прочитать. Ничего не изменилось; попробуйте чуть позже.

## Ответы на пожелания.
tenant-begun = Начинаем. Ход работы виден в сообщении.
tenant-busy = Ничего не начато: для { $slug } уже выполняется другая задача, см. её сообщение.
tenant-already = Делать нечего: { $slug } уже { $state ->
    [stopped] остановлен
    [live] работает
    [deleted] удалён
   *[other] { $state }
}.
tenant-refused = Ничего не изменилось: { $slug } { $state ->
    [registered] работает в другом месте, здесь только отчёты
    [planned] в планах и ещё не создан
    [provisioning] ещё создаётся
    [live] работает
    [stopped] остановлен: запустить – /up { $slug }
    [suspended] приостановлен
    [deleted] удалён: вернуть – /restore { $slug }
    [failed] не создан: убрать остатки – /erase { $slug }
    [stuck] ждёт решения: причина в его задаче, /jobs
   *[other] – { $state }
}.
tenant-changed = С тех пор { $slug } изменился, поэтому ничего не сделано. Спросите ещё раз, чтобы увидеть состояние.
tenant-not-ours = { $slug } работает в другом месте; хаб только принимает отчёты.
tenant-no-service = У { $slug } нет такого сервиса. Есть: { $services }.

## Вопросы.
tenant-ask-delete = Удалить { $slug }?
tenant-ask-delete-site = { $domain } перестанет отвечать, все контейнеры будут остановлены.
tenant-ask-delete-data = Данные и файлы сохранятся до { $until }.
tenant-ask-delete-back = До этого дня всё вернёт команда:
tenant-ask-erase = Стереть { $slug } сейчас?
tenant-ask-erase-final = Всё, что ниже, исчезнет сразу и навсегда.
tenant-goes-domain = Домен
tenant-goes-port = Порт
tenant-goes-containers = Контейнеры
tenant-goes-volumes = Тома со всеми данными
tenant-goes-networks = Сети
tenant-goes-images = Образы
tenant-goes-by-label = Всё в Docker с этим именем
tenant-goes-files = Файлы и пароли
tenant-goes-user = Доступ к хабу
tenant-stays = Останутся: история и журнал действий.
tenant-answered = { $job ->
    [tenant_delete] Удалить { $slug }?
    [tenant_erase] Стереть { $slug }?
   *[other] { $slug }
}
tenant-answered-yes = ✅ Подтверждено ({ $who }). Ход работы виден в сообщении задачи.
tenant-answered-no = Отменено ({ $who }). Ничего не изменилось.
