# Leads: working them to the end. Promises, reasons, hands, history, reminders, floods, figures.

button-lose = Lost
button-release = Give back
button-note = 📝 Note
button-history = History
button-hand-over = Hand over
button-merge = Merge with #{ $number }
button-only-new = New
button-only-mine = Mine
button-all = All
button-show-them = Show them

lead-card-call = 📞 To call on { $at }
lead-card-why = Why: { $why }
lead-card-twins = ⚠️ Possibly the same person: { $numbers }
lead-card-merged = Turned out to be lead #{ $number }. Everything goes on there.

## Why a lead was closed.
lead-why-spam = Spam
lead-why-no-answer = Does not answer
lead-why-budget = Too expensive
lead-why-not-ours = Not what we do
lead-why-elsewhere = Went elsewhere
lead-why-left = its operator left the team

## What is asked back.
lead-ask-when = When will you call { $name }? Press a time, or write one: 2h, 16:30, tomorrow at 9, 28.11. 14:00
lead-ask-why = Why was the lead of { $name } closed? Press a reason, or write one.
lead-ask-who = Who takes over the lead of { $name }?
lead-ask-note = What is to be noted of the lead of { $name }? Write it here.
lead-ask-when-again = That is no time in the coming year. Write it like 2h, 16:30, tomorrow at 9 or 28.11. 14:00

lead-done-lose = Lost. “{ button-reopen }” brings it back.
lead-done-release = It is nobody's again.
lead-done-win = Won.
lead-done-noted = Noted.
lead-done-call = To call on { $at }. You will be reminded.
lead-done-why = Noted: { $why }
lead-done-assign = { $who } has it now.
lead-done-merge = Both are lead #{ $number } now.
lead-assign-already = { $who } has it already.
lead-assign-closed = Nobody works on it any more.
lead-assign-nobody = There is no operator of that name. These are in the team: { $names }
lead-assign-several = Several in the team are called so. Say which one by their id: { $ids }
lead-merge-already = They are one already.
lead-merge-both = Both have a survey or a site of their own; they stay two leads.
lead-unknown-verb = What is to be done with lead #{ $number }? For example:

lead-list-words = with “{ $words }”
lead-list-source = from { $source }
lead-list-mine = yours
lead-list-of = with { $who }

## History.
lead-history-arrived = came in
lead-history-moved = { $from } → { $to }
lead-history-promised = promised a call
lead-history-noted = note
lead-history-assigned = handed to { $who }
lead-history-freed = is nobody's
lead-history-merged = lead #{ $number } turned out to be this one
lead-history-scored = score { $score }
lead-history-call = call on { $at }
lead-history-hub = the hub
lead-history-range = Entries { $from } to { $to } of { $count }, newest first

## Hands.
lead-handed-you = { $by ->
    [person] { $who } handed you a lead
   *[terminal] A lead was handed to you at the terminal
}
lead-handed-on = { $by ->
    [person] { $who } handed your lead on to { $to }
   *[terminal] Your lead was handed on to { $to } at the terminal
}

## Reminders.
lead-reminder = { $cause ->
    [call] You promised to call
    [idle] You took it; how does it stand?
    [request] The survey is in, and nobody builds the site
   *[all] { $count ->
        [one] A lead waits for somebody
       *[other] { NUMBER($count) } leads wait for somebody
    }
}
lead-reminder-more = { $count ->
    [one] And one more: /leads
   *[other] And { NUMBER($count) } more: /leads
}

## A source that sends many leads at once.
lead-digest-count = { $count ->
    [one] One more lead came in a flood and has no card of its own.
   *[other] { NUMBER($count) } more leads came in a flood and have no cards of their own.
}
lead-digest-times = From { $since } to { $last }.

## Figures.
lead-figures-title = Leads since { $since }
lead-figures-empty = None came.
lead-figures-line = { $count ->
    [one] one lead
   *[other] { NUMBER($count) } leads
}, { NUMBER($won) } won ({ $conversion } %)
lead-figures-touched = On average taken up after { $time }
lead-figures-sources = By source
lead-figures-niches = By kind of business
lead-figures-operators = By operator
lead-figures-none = not said
lead-figures-nobody = nobody
lead-plot-came = leads
lead-plot-won = won
lead-plot-beside = won · first touch
lead-plot-share = { $conversion } %
lead-plot-others = others
lead-plot-period = From { $since } to { $until } ({ $zone })
lead-plot-made = Made on { $at }
lead-refuse-first = The client waits for an answer: “{ button-refuse }” on the card of the lead asks for the reason and tells it.
lead-note-only-text = Only text can be noted.
lead-mail-subject = Your website: a few questions
lead-done-mailed = The link goes to { $email } by e-mail. Here it is to forward as well.
