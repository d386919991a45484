"""A small site for a local business: its page, its requests, its owner's bot.

Three processes share this package: `web` (pages and admin), `worker` (tells the owner) and `bot` (listens to the owner).
Each works on while Redis or the hub are away, and says what happened when they are back.
"""

VERSION = "1.0.0"
