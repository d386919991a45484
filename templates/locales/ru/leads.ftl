# Заявки: кто хочет сайт.

lead-state = { $state ->
    [new] Новая
    [taken] Взята
    [contacted] Связались
    [qualified] Подходит
    [rejected] Отклонена
    [onboarding] Подключение
    [won] Успешная
    [lost] Упущена
   *[other] { $state }
}

lead-card-number = Заявка #{ $number }
lead-card-domain = желаемый домен: { $domain }
lead-card-locale = язык: { $locale ->
    [de] немецкий
    [en] английский
    [ru] русский
   *[other] { $locale }
}
lead-card-cut = Здесь сокращено: всего { NUMBER($letters) } { $letters ->
    [one] знак
    [few] знака
   *[other] знаков
}, сохранено целиком.
lead-card-score = Оценка: { $score } из 100
lead-card-received = Получена { $at }
lead-card-holder = ведёт
lead-card-request = Анкета заполнена. Можно создавать сайт.

lead-niche-beauty-salon = Салон красоты
lead-niche-installers = Монтаж и ремонт
lead-niche-shop = Магазин

## За что заявка получила баллы; по одной строке на правило из templates/leads/score.toml.
lead-score-field = { $field ->
    [name] имя
    [niche] отрасль
    [phone] телефон
    [email] почта
    [telegram] Telegram
    [message] сообщение
    [locale] язык
    [domain] домен
    [marketing_consent] рассылка
   *[other] { $field }
}
lead-score-phone-given = можно позвонить
lead-score-niche-served = нам знакома
lead-score-domain-wished = знает, какой нужен домен
lead-score-business-email = свой почтовый адрес
lead-score-message-detailed = пишет, что нужно
lead-score-telegram-given = можно написать сюда
lead-score-locale-served = мы на нём говорим
lead-score-marketing-agreed = хочет получать от нас новости

lead-list-title = { $state ->
    [all] Заявки, сначала новые
    [new] Заявки, которые никто не взял
    [taken] Взятые заявки
    [contacted] Заявки, по которым уже связались с клиентом
    [qualified] Подходящие заявки
    [rejected] Отклонённые заявки
    [onboarding] Заявки на подключении
    [won] Успешные заявки
    [lost] Упущенные заявки
   *[other] Заявки
}
lead-list-empty = Здесь пусто.
lead-list-come = Заявки приходят сами и появляются { $desk ->
    [here] в этом чате
    [group] в группе операторов
   *[owner] в личном чате владельца
}.
lead-not-found = Заявки { $asked } нет. Все покажет /leads.
lead-unknown-state = По запросу «{ $asked }» заявок нет. По состоянию:

## Ответы на нажатия.
lead-done-take = Теперь заявка у вас.
lead-done-call-back = Записано: перезвонить.
lead-done-qualify = Отмечено: подходит.
lead-done-reject = Отклонена. Вернуть её можно кнопкой «{ button-reopen }».
lead-done-reopen = Снова открыта.
lead-done-onboard = Вот ссылка, чтобы переслать клиенту.
lead-standing-free = Ничего не изменилось. Состояние: { $state }.
lead-standing-held = Заявкой занимается { $who }. Состояние: { $state }.
lead-standing-yours = Заявка уже у вас. Состояние: { $state }.
lead-gone = Этой заявки больше нет.
lead-message-follows = Сейчас придёт сообщение целиком.

## Сообщение, которое оператор пересылает клиенту.
lead-invitation-hello = Здравствуйте, { $name }!
lead-invitation-why = Спасибо, что обратились к нам за сайтом. Ответьте, пожалуйста, на несколько вопросов о вашем деле – это займёт минут пять, прерваться и продолжить можно в любой момент:
lead-invitation-until = Ссылка только для вас, она действует до { $until }.
