# Подписи кнопок. Две в ряд – до 20 знаков каждая, три – до 13.

button-take = Взять
button-call-back = Перезвонить
button-qualify = Подходит
button-reject = Отклонить
button-onboard = Подключить
button-provision = Создать сайт
button-answers = Ответы
button-reopen = Открыть снова
button-newest = К новым
button-older = Раньше
button-whole-message = Всё сообщение
button-show = Показать

button-ack = 👀 Взять
button-unack = Вернуть
button-silence = 🔕 Без звука
button-unsilence = 🔔 Со звуком
button-logs = 📜 Журнал
button-restart = 🔄 Рестарт
button-resolve = ✅ Решено
button-confirm = Подтвердить
button-cancel = Отмена
button-change-name = Сменить имя
button-change-domain = Сменить домен
button-retry = Повторить
button-undo = Откатить
button-stop = ⏸ Стоп
button-start = ▶️ Запустить
button-restore = ♻️ Вернуть
button-erase = 🧹 Стереть
button-drop = 🗑 Отбросить
button-more = Ещё
button-as-app = Как в приложении
