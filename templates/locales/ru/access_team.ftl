# Команда, и кто что сделал.

member-list-title = Команда
member-list-end = Больше никого нет.
member-list-owner = Откройте участника, чтобы сменить роль или удалить его.
member-list-others = Менять состав команды могут только владельцы.
member-role = { $role ->
    [owner] владелец
    [operator] оператор
   *[viewer] наблюдатель
}
member-id = Telegram ID:
member-since = В команде с { $at }
member-removed-at = Доступ закрыт { $at }
member-last-owner = Это последний владелец: его нельзя ни удалить, ни перевести на другую роль. Сначала назначьте владельцем кого-то ещё.
member-changed = С момента вопроса здесь что-то изменилось, поэтому ничего не сделано.
member-gone = Этого человека в команде уже нет.
member-done = Готово. Это действует с этой минуты.
member-already = Так уже и было.
member-removed = Доступ закрыт: права, меню и открытые вопросы прекращены сразу.
member-ask = { $to ->
    [owner] Назначить владельцем: { $name }?
    [operator] Назначить оператором: { $name }?
    [viewer] Назначить наблюдателем: { $name }?
   *[removed] Удалить из команды: { $name }?
}
member-ask-means = { $to ->
    [owner] Владелец может всё и меняет состав команды: он сможет удалить и вас.
    [operator] { $from ->
        [owner] Повседневная работа остаётся, команда и журнал действий – нет.
       *[viewer] Оператор работает с заявками, сайтами и инцидентами, может останавливать и стирать сайты.
    }
    [viewer] Наблюдатель видит заявки, сайты, инциденты и задачи, но ничего не меняет: кнопки и команды, которые что-то меняют, сразу перестают действовать.
   *[removed] Доступ закроется сразу: меню, кнопки, открытые вопросы. Сделанное останется в истории. Вернуться можно по новому приглашению.
}
member-ask-leads = Открытые заявки снова станут новыми, и их сможет взять кто-то другой.
member-invite-title = Кем будет новый участник?
member-may = { $role ->
    [owner] Владелец: всё, включая команду
    [operator] Оператор: заявки, сайты, инциденты
   *[viewer] Наблюдатель: видит заявки, сайты, инциденты и задачи, ничего не меняет
}
member-invite-how = Ссылка придёт в ваш личный чат со мной, её нужно переслать. Она действует один раз.
member-invited = Приглашение – в вашем личном чате со мной. Перешлите его.
member-invitation = { $role ->
    [owner] Вас приглашают в команду как владельца.
    [operator] Вас приглашают в команду как оператора.
   *[viewer] Вас приглашают в команду как наблюдателя.
} Откройте ссылку и нажмите «Начать»:
member-invitation-until = Она действует один раз, до { $at }.
member-told-role = Ваша роль изменилась.
member-told-removed = Вы больше не в команде. Спасибо за работу! Если это ошибка, попросите у владельца приглашение.
access-owners-only = Это могут только владельцы.
access-operators-only = Это могут делать только операторы и владельцы. Наблюдатель может всё смотреть, но ничего не меняет.
access-viewer-help = Список команд покажет /help.

audit-title = Кто что сделал
audit-asked = Только: { $asked }
audit-empty = Здесь ничего нет.
audit-terminal = терминал: { $login }
audit-hub = сам хаб
audit-outcome = { $outcome ->
    [refused] отказано
   *[failed] не получилось
}
audit-chat = { $chat ->
    [private] в личном чате
   *[group] в группе
}
## Действие, по слову хаба для него.
audit-act = { $act ->
    [access-enrol] принятие в команду
    [access-code_made] приглашение создано
    [access-role] роль изменена
    [access-revoke] удаление из команды
    [access-bind] выбран чат операторов
    [access-unbind] чат операторов потерян: бота удалили
    [alert-ack] инцидент взят в работу
    [alert-unack] инцидент возвращён
    [alert-silence] звук инцидента отключён
    [alert-unsilence] звук инцидента включён
    [alert-resolve] инцидент решён
    [alert-silence_tenant] звук всех инцидентов сайта отключён
    [client-help] клиент попросил о помощи
    [client-ask] вопрос клиенту
    [client-reply] ответ клиенту
    [client-write] написано клиенту
    [client-done] вопрос клиента решён
    [credentials-read] данные для входа прочитаны
    [dead_letter-retry] необработанное отправлено повторно
    [dead_letter-drop] необработанное отброшено
    [job-retry] задача повторена
    [job-undo] задача откачена
    [job-cancel] задача отменена
    [key-create] ключ создан
    [key-rotate] ключ заменён
    [key-revoke] ключ отозван
    [key-call_changed] подписанный вызов повторён с другим содержимым
    [lead-add] заявка внесена вручную
    [lead-take] заявка взята
    [lead-call_back] звонок отмечен
    [lead-qualify] заявка подходит
    [lead-reject] заявка отклонена
    [lead-onboard] подключение начато
    [lead-sent_in] анкета получена: подключение
    [lead-win] заявка успешная
    [lead-lose] заявка упущена
    [lead-reopen] заявка открыта снова
    [lead-release] заявка возвращена
    [lead-assign] заявка передана
    [lead-explain] причина записана
    [lead-note] заметка добавлена
    [lead-merge] заявки объединены
    [lead-mail] ссылка на анкету отправлена по почте
    [provisioning-confirm] план подтверждён
    [provisioning-again] сайт создаётся заново
    [provisioning-plan_cancelled] план отменён
    [provisioning-refuse] клиенту отказано
    [survey-open] анкета открыта
    [survey-begin] анкета начата
    [survey-submit] анкета отправлена
    [survey-cancel] анкета прервана
    [survey-correct] ответы исправлены
    [tenant-register] сайт внесён
    [tenant-state] состояние сайта изменилось
    [tenant-restart] перезапуск
    [tenant-stop] сайт остановлен
    [tenant-start] сайт запущен
    [tenant-delete] сайт удалён
    [tenant-restore] сайт возвращён
    [tenant-erase] стирание назначено
    [tenant-erased] сайт стёрт
   *[other] { $act }
}
