# What stands on buttons. The contract names the labels; an emoji may stand before them.

button-ack = 👀 Ack
button-unack = Unack
button-silence = 🔕 Silence
button-unsilence = 🔔 Unsilence
button-logs = 📜 Logs
button-restart = 🔄 Restart
button-resolve = ✅ Resolve
