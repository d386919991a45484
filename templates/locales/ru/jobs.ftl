# Задачи: над чем идёт работа.

job-title = { $kind ->
    [provision] 🏗 Создаётся сайт { $subject }
    [tenant_restart] 🔄 Перезапускается { $subject }
    [tenant_stop] ⏸ Останавливается { $subject }
    [tenant_start] ▶️ Запускается { $subject }
    [tenant_delete] 🗑 Удаляется { $subject }
    [tenant_restore] ♻️ Возвращается { $subject }
    [tenant_erase] 🧹 Стирается { $subject }
    [tenant_logs] 📜 Читается журнал { $subject }
   *[other] { $kind }: { $subject }
}

## То же, когда всё сделано.
job-title-done = { $kind ->
    [provision] Сайт { $subject } создан
    [tenant_restart] Сайт { $subject } перезапущен
    [tenant_stop] Сайт { $subject } остановлен
    [tenant_start] Сайт { $subject } запущен
    [tenant_delete] Сайт { $subject } удалён
    [tenant_restore] Сайт { $subject } возвращён
    [tenant_erase] Сайт { $subject } стёрт
    [tenant_logs] Журнал { $subject } прочитан
   *[other] { $kind }: { $subject }
}

## Шаги всех задач по именам, которые им дают задачи. У создания сайта свои слова для них.
job-step = { $step ->
    [reserve] { provisioning-step-reserve }
    [secrets] { provisioning-step-secrets }
    [files] { provisioning-step-files }
    [telemetry] { provisioning-step-telemetry }
    [start] { provisioning-step-start }
    [migrate] { provisioning-step-migrate }
    [route] { provisioning-step-route }
    [smoke] { provisioning-step-smoke }
    [live] { provisioning-step-live }
    [images] { $kind ->
        [tenant_erase] удалить программы
       *[other] { provisioning-step-images }
    }
    [networks] { $kind ->
        [tenant_erase] удалить внутренние сети
       *[other] { provisioning-step-networks }
    }
    [volumes] { $kind ->
        [tenant_erase] удалить все данные
       *[other] { provisioning-step-volumes }
    }
    [containers] { $kind ->
        [tenant_erase] удалить контейнеры
       *[other] { provisioning-step-containers }
    }
    [restart] перезапустить контейнеры
    [stop] остановить контейнеры
    [healthy] дождаться, пока все контейнеры будут в порядке
    [state] { $kind ->
        [tenant_stop] записать, что сайт остановлен
        [tenant_start] записать, что сайт работает
        [tenant_restore] записать, что сайт возвращён
       *[other] записать, что сайт удалён
    }
    [site] { $kind ->
        [tenant_restore] подключить веб-адрес
       *[other] отключить веб-адрес
    }
    [user] закрыть доступ к хабу
    [folder] удалить файлы и пароли
    [leftovers] проверить, что ничего не осталось
    [records] освободить имя, домен и порт
    [fetch] прочитать последние строки
   *[other] { $step }
}

job-state = { $state ->
    [queued] Ждёт очереди
    [running] В работе
    [undoing] Откатывается
    [done] Готово
    [undone] Откат выполнен
    [stuck] Остановилось: нужно ваше решение
    [cancelled] Отменено
    [retry] Сейчас продолжится
    [undo] Сейчас начнётся откат
    [cancel] Сейчас будет отменено
   *[other] { $state }
}
job-step-state = { $state ->
    [pending] впереди
    [running] выполняется
    [done] готово
    [failed] ошибка
    [undoing] откатывается
    [undone] откат выполнен
    [undo_failed] откат не удался
    [skipped] пропущено
   *[other] { $state }
}
job-attempts = { $n ->
    [one] { $n } попытка
    [few] { $n } попытки
   *[other] { $n } попыток
}
job-list-title = Задачи, сначала новые
job-list-empty = Пока задач не было.
job-not-found = Задачи «{ $asked }» нет. Последние покажет /jobs.
job-gone = Этой задачи больше нет.
job-wish-taken = { $wish ->
    [retry] Продолжаем.
    [undo] Начинаем откат.
   *[cancel] Отменяем.
}
job-wish-refused = Ничего не изменилось. Состояние задачи: { $state ->
    [done] готово
    [undone] откат выполнен
    [cancelled] отменено
    [undoing] откатывается
    [stuck] остановилось
   *[other] в работе
}.
