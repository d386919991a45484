# Labels of buttons. In English as the contract has them. Two in a row: at most 20 characters each, three: 13.

button-take = Take
button-call-back = Call back
button-qualify = Qualify
button-reject = Reject
button-onboard = Onboard
button-provision = Provision
button-answers = Answers
button-reopen = Reopen
button-newest = Newest
button-older = Older
button-whole-message = Whole message
button-show = Show

button-ack = 👀 Ack
button-unack = Unack
button-silence = 🔕 Silence
button-unsilence = 🔔 Unsilence
button-logs = 📜 Logs
button-restart = 🔄 Restart
button-resolve = ✅ Resolve
button-confirm = Confirm
button-cancel = Cancel
button-change-name = Change name
button-change-domain = Change domain
button-retry = Retry
button-undo = Undo
button-stop = ⏸ Stop
button-start = ▶️ Start
button-restore = ♻️ Restore
button-erase = 🧹 Erase
button-drop = 🗑 Drop
button-more = More
button-as-app = As in my app
