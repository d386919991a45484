# Заявки: до самого конца. Обещания, причины, передача, история, напоминания, потоки, цифры.

button-lose = Упущена
button-release = Вернуть
button-note = 📝 Заметка
button-history = История
button-hand-over = Передать
button-merge = Объединить с #{ $number }
button-only-new = Новые
button-only-mine = Мои
button-all = Все
button-show-them = Показать

lead-card-call = 📞 Позвонить { $at }
lead-card-why = Причина: { $why }
lead-card-twins = ⚠️ Возможно, тот же человек: { $numbers }
lead-card-merged = Объединена с заявкой #{ $number }; работа продолжается там.

## Почему заявка закрыта.
lead-why-spam = Спам
lead-why-no-answer = Не отвечает
lead-why-budget = Слишком дорого
lead-why-not-ours = Не наш профиль
lead-why-elsewhere = Выбрали других
lead-why-left = сотрудник покинул команду

## Уточнения.
lead-ask-when = Клиент: { $name }. Когда вы позвоните? Выберите время или напишите: 2ч, 16:30, завтра в 9, 28.11. 14:00
lead-ask-why = Почему закрыта заявка «{ $name }»? Выберите причину или напишите свою.
lead-ask-who = Кому передать заявку «{ $name }»?
lead-ask-note = Что записать к заявке «{ $name }»? Напишите здесь.
lead-ask-when-again = Это время не удалось понять, или оно прошло, или до него больше года. Напишите, например, 2ч, 16:30, завтра в 9 или 28.11. 14:00

lead-done-lose = Упущена. Кнопка «{ button-reopen }» вернёт её.
lead-done-release = Теперь она снова ничья.
lead-done-win = Отмечена как успешная.
lead-done-noted = Записано.
lead-done-call = Звонок { $at }. Вам придёт напоминание.
lead-done-why = Записано: { $why }
lead-done-assign = Теперь заявку ведёт { $who }.
lead-done-merge = Обе заявки объединены в #{ $number }.
lead-assign-already = Заявку уже ведёт { $who }.
lead-assign-closed = Заявка закрыта, передать её нельзя.
lead-assign-nobody = В команде нет такого человека. Есть: { $names }
lead-assign-several = В команде несколько человек с таким именем. Укажите Telegram ID нужного: { $ids }
lead-merge-already = Они уже объединены.
lead-merge-both = У обеих уже есть своя анкета или свой сайт, поэтому это две разные заявки.
lead-unknown-verb = Что сделать с заявкой #{ $number }? Например:

lead-list-words = со словами «{ $words }»
lead-list-source = от { $source }
lead-list-mine = ваши
lead-list-of = ведёт { $who }

## История.
lead-history-arrived = поступила
lead-history-moved = { $from } → { $to }
lead-history-promised = обещан звонок
lead-history-noted = заметка
lead-history-assigned = передана: { $who }
lead-history-freed = теперь ничья
lead-history-merged = с этой объединена заявка #{ $number }
lead-history-scored = оценка { $score }
lead-history-call = звонок { $at }
lead-history-hub = система
lead-history-range = Записи с { $from } по { $to }, всего { $count }, сначала новые

## Передача.
lead-handed-you = { $by ->
    [person] Вам передали заявку ({ $who })
   *[terminal] Вам передали заявку через терминал
}
lead-handed-on = { $by ->
    [person] Вашу заявку передали ({ $who }). Теперь её ведёт { $to }
   *[terminal] Вашу заявку передали через терминал. Теперь её ведёт { $to }
}

## Напоминания.
lead-reminder = { $cause ->
    [call] Вы обещали позвонить
    [idle] Вы взяли заявку – что по ней нового?
    [request] Анкета заполнена, а сайт никто не создаёт
   *[all] { $count ->
        [one] { NUMBER($count) } заявка ждёт
        [few] { NUMBER($count) } заявки ждут
       *[other] { NUMBER($count) } заявок ждут
    }
}
lead-reminder-more = { $count ->
    [one] И ещё { NUMBER($count) }: /leads
   *[other] И ещё { NUMBER($count) }: /leads
}

## Источник, который прислал много заявок сразу.
lead-digest-count = { $count ->
    [one] Ещё { NUMBER($count) } заявка пришла потоком, отдельной карточки у неё нет.
    [few] Ещё { NUMBER($count) } заявки пришли потоком, отдельных карточек у них нет.
   *[other] Ещё { NUMBER($count) } заявок пришло потоком, отдельных карточек у них нет.
}
lead-digest-times = С { $since } до { $last }.

## Цифры.
lead-figures-title = Заявки с { $since }
lead-figures-empty = Не было ни одной.
lead-figures-line = { $count ->
    [one] { NUMBER($count) } заявка
    [few] { NUMBER($count) } заявки
   *[other] { NUMBER($count) } заявок
}, успешных: { NUMBER($won) } ({ $conversion } %)
lead-figures-touched = Первая реакция в среднем через { $time }
lead-figures-sources = По источникам
lead-figures-niches = По видам бизнеса
lead-figures-operators = По сотрудникам
lead-figures-none = не указано
lead-figures-nobody = никто
lead-plot-came = заявки
lead-plot-won = выиграно
lead-plot-beside = выиграно · до начала работы
lead-plot-share = { $conversion } %
lead-plot-others = остальные
lead-plot-period = С { $since } до { $until } ({ $zone })
lead-plot-made = Составлено { $at }
lead-refuse-first = Клиент ждёт ответа: «{ button-refuse }» на карточке заявки спросит причину и сообщит её.
lead-note-only-text = Заметкой может быть только текст.
lead-mail-subject = Ваш сайт: несколько вопросов
lead-done-mailed = Ссылка отправлена по почте на { $email }. Вот она же, чтобы переслать.
