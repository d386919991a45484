# Кто что может, и что читают все.

access-welcome = Добро пожаловать, { $name }. Теперь вы в команде.
access-role = Роль: { $role ->
    [owner] владелец
    [operator] оператор
    [viewer] наблюдатель
   *[other] нет – вы здесь в гостях
}
access-id = Ваш Telegram ID:
access-what-next = Новые заявки и инциденты будут приходить в этот чат сами. Что ещё можно спросить, покажет /help.
access-code-not-valid = Это приглашение не действует: оно уже использовано или его срок вышел. Попросите новое – больше ничего не потеряно.
access-stranger = Здравствуйте, { $name }! Это служба поддержки веб-агентства. Если вам прислали ссылку, откройте её ещё раз, и мы продолжим оттуда. Больше здесь ничего делать не нужно.
access-written = И с уточнением после команды:
access-not-understood = Не удалось это понять. Вот что можно спросить:
access-unknown-command = Команды /{ $asked } нет. Может быть, имелось в виду:
access-out-of-reach = Сообщения больше не доходят до адресата: { $name }. Бот заблокирован, или аккаунта больше нет. Всё подождёт до нового /start.
access-put-out = Бота удалили из группы операторов. Теперь сообщения приходят сюда.
access-card-elsewhere = Это есть в другом сообщении этого чата, и там оно обновляется.
access-card-go = Перейти
access-not-enrolled = Это только для команды агентства. Если вы в ней, попросите у владельца приглашение.

## Язык и часовой пояс.
language-name = Русский
access-language-title = Язык и время
access-language-now = Говорим по-русски { $by ->
    [chosen] – так вы выбрали.
    [app] – как в вашем приложении.
   *[house] – пока вы не выберете другой язык.
}
access-zone-now = Часовой пояс: { $zone }. Сейчас там { $time }.
access-zone-other = Другой часовой пояс можно указать так:
access-language-set = Теперь по-русски.
access-zone-set = Часовой пояс теперь: { $zone }.
access-language-unknown = Язык или часовой пояс «{ $asked }» не найден.

zone-london = Лондон
zone-berlin = Берлин
zone-kyiv = Киев
zone-moscow = Москва
zone-yekaterinburg = Екатеринбург

not-for-you = Эта кнопка не для вас.
press-stale = Здесь уже всё изменилось. В сообщении видно, как обстоит дело сейчас.
press-foreign = Эта кнопка здесь не действует.
turn-failed = У нас что-то сломалось, и ваше сообщение не обработано. Оно сохранено, и команда об этом знает. Попробуйте, пожалуйста, ещё раз чуть позже.

command-start = начать
command-help = что можно спросить
command-language = язык и часовой пояс
command-whoami = кто вы для меня
command-leads = кто хочет сайт
command-tenants = работающие сайты
command-status = как дела в целом
command-alerts = что требует внимания
command-jobs = над чем идёт работа
command-provision = создать сайт
command-deadletters = что не удалось обработать
command-cancel = прервать опрос
command-lead = одна заявка
command-tenant = один сайт: контейнеры и показатели
command-logs = последние строки журнала сервиса
command-alert = один инцидент
command-silence = на время отключить уведомления об инцидентах сайта
command-job = одна задача, шаг за шагом
command-delete = остановить сайт, данные сохранить
command-erase = удалить сайт навсегда
command-members = кто здесь работает
command-audit = кто что сделал
command-restart = перезапустить сайт или его сервис
command-down = остановить сайт
command-up = запустить остановленный сайт
command-restore = вернуть удалённый сайт
