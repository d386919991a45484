# Создание сайтов: планы, ход работы, доступы.

provisioning-plan-title = План: { $slug }
provisioning-plan-domain = Домен:
provisioning-plan-template = Шаблон: { $template } { $version }, размер { $size }
provisioning-plan-containers = { $count ->
    [one] { $count } контейнер
    [few] { $count } контейнера
   *[other] { $count } контейнеров
  }, не больше { NUMBER($memory) } МБ
provisioning-plan-container = { NUMBER($memory) } МБ, { $cpus } CPU
provisioning-plan-files = { $count ->
    [one] { NUMBER($count) } файл
    [few] { NUMBER($count) } файла
   *[other] { NUMBER($count) } файлов
  } в папке сайта
provisioning-plan-port = Порт:
provisioning-plan-networks = Сети:
provisioning-plan-volumes = Тома:
provisioning-plan-undo = Если какой-то шаг не удастся, всё сделанное до него будет отменено.
provisioning-plan-taken = { $wished } уже занято. В этом плане то, что свободно; ниже можно изменить.
provisioning-plan-changed = С тех пор кое-что изменилось. Посмотрите, пожалуйста, ещё раз и подтвердите.
provisioning-plan-closed = Этот план уже закрыт. Состояние показано на карточке.

provisioning-progress-running = Создаётся { $slug }
provisioning-progress-done = { $slug } работает
provisioning-progress-undoing = Откатывается { $slug }
provisioning-progress-undone = { $slug }: создать не удалось
provisioning-progress-stuck = { $slug }: нужно ваше решение
provisioning-kept-undone = Всё сделанное отменено, ответы клиента сохранены. Устраните причину и нажмите «{ button-retry }».
provisioning-kept-stuck = Часть ещё осталась. «{ button-retry }» продолжит отсюда, «{ button-undo }» уберёт остаток.

provisioning-step-reserve = занять имя и порт
provisioning-step-secrets = создать пароли
provisioning-step-files = записать файлы
provisioning-step-images = собрать программы
provisioning-step-telemetry = подключить отчёты для хаба
provisioning-step-networks = создать внутренние сети
provisioning-step-volumes = выделить место для данных
provisioning-step-containers = создать контейнеры
provisioning-step-start = запустить и дождаться готовности контейнеров
provisioning-step-migrate = подготовить базу данных
provisioning-step-route = подключить веб-адрес
provisioning-step-smoke = открыть сайт, как посетитель
provisioning-step-live = передать

provisioning-started = Подтверждено. Начинаем создавать.
provisioning-cancelled = План { $slug } ({ $domain }) отложен. Ничего не создано; вернуть его можно кнопкой «{ button-provision }» на карточке заявки.
provisioning-request-not-open = Это уже создаётся или готово.
provisioning-usage = Укажите, что создать, для кого и где:
provisioning-usage-templates = Шаблоны:
provisioning-wrong = сюда не подходит:
provisioning-no-plan = Создать не получится:
provisioning-nothing-changed = Ничего не изменилось. Исправьте и попробуйте ещё раз.
provisioning-ask-slug = Как назвать сайт? Строчные латинские буквы, цифры, _ и -, например new_salon.
provisioning-ask-domain = На каком домене? Например, new-salon.de.
provisioning-ask-refuse = Почему мы это не делаем? Напишите причину так, как её прочтёт клиент.
provisioning-refuse-sure = Это прочтёт клиент. Заявка после этого будет закрыта.
provisioning-refused = Отказ отправлен клиенту, заявка закрыта.

## Почему что-то не подходит; без точки в конце.
provisioning-why-slug-form = имя – это от 2 до 31 знака из a-z, 0-9, _ и -, первый знак – буква
provisioning-why-slug-reserved = имя { $what } зарезервировано
provisioning-why-slug-template = имя { $what } зарезервировано: так называется шаблон
provisioning-why-slug-taken = имя { $what } занято сайтом { $by }
provisioning-why-domain-taken = домен { $what } занят сайтом { $by }
provisioning-why-at-work = для { $what } сейчас выполняется другая задача; попробуйте, когда она закончится
provisioning-why-sealed = секрет этого плана не открывается этим главным ключом; начните заново
provisioning-why-no-port = в ports.range нет свободных портов; расширьте диапазон
provisioning-why-template = шаблона { $what } нет
provisioning-why-input-missing = не хватает: { $what }
provisioning-why-input-unfit = { $what } не подходит ({ $detail })
provisioning-why-input-unknown = в шаблоне нет поля { $what }
provisioning-why-domain = { $fault ->
    [empty] здесь пусто
    [too_long] больше 253 знаков
    [label_too_long] одна из частей длиннее 63 знаков
    [empty_label] одна из частей пустая
    [ip_address] это IP-адрес, а не имя
    [port] указан порт
    [wildcard] указана звёздочка
    [address] это целый адрес; уберите https:// и всё, что после имени
    [single_label] это одно слово, а в домене есть точка
    [hyphen] одна из частей начинается или кончается дефисом
    [top_level] такого окончания в интернете нет
   *[other] есть знак, которого в домене быть не может
}

provisioning-live = работает:
provisioning-hand-on = Имя пользователя и пароль для страницы управления, чтобы переслать владельцу. Прочитать их можно один раз:
provisioning-ready = Ваш сайт работает.
provisioning-ready-keys = Имя пользователя и пароль для страницы, куда приходят обращения, – по этой ссылке. Прочитать их можно один раз:
provisioning-keys-offer = Имя пользователя и пароль готовы. Они показываются один раз: подготовьте, куда их записать.
provisioning-keys-unknown = По этой ссылке нет имени пользователя и пароля. Попросите у нас новую, пожалуйста.
provisioning-keys-not-yours = Это имя пользователя и пароль для другого человека: он открыл ссылку первым.
provisioning-keys-gone = Имя пользователя и пароль уже показаны, второй раз ссылка их не покажет. Если нужны новые, напишите нам.
provisioning-keys-expired = Срок этой ссылки вышел. Попросите у нас новую, пожалуйста.
provisioning-keys-shown = Храните их в надёжном месте.
provisioning-keys-here = Имя пользователя и пароль – в отдельном сообщении.
provisioning-keys-username = Имя пользователя:
provisioning-keys-password = Пароль:
provisioning-keys-burn = { $minutes ->
    [one] Это сообщение удалится через { $minutes } минуту.
    [few] Это сообщение удалится через { $minutes } минуты.
   *[other] Это сообщение удалится через { $minutes } минут.
  }
