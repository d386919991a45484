# Clients: people whose site we build or run.

## What clients read.
client-stage = { $stage ->
    [received] 📬 We have your answers and are looking at them.
    [building] 🛠 Your site is being built. We will tell you when it is ready.
    [ready] ✅ Your site is live.
    [stopped] ⏸ Your site is switched off at the moment.
    [refused] Thank you for asking us. Unfortunately we cannot build this site:
    [gone] This site is not there any more.
   *[other] { $stage }
}
client-talks = What you write here goes to our team.
client-write-now = How can we help? Whatever you write here now goes to our team, pictures and files too.
client-passed-on = Passed on to our team. The answer comes here.
client-unsent = Our team has not got this yet:
client-unsent-how = Press the button to pass it on. /start shows how far your site is.
client-too-much = Our team has all of it so far and will answer. Please wait for that before you send more.
client-only-text = Sorry, only text, pictures and files can be passed on. Please put it in words.
client-closed = Our team marked this as settled. If you need us again, write /start.
client-team = Our team
client-asks = { $house } has a question
client-asks-how = Just write your answer here.

## What operators read.
client-reminder = { $client } waits for an answer
client-thread-state = { $state ->
    [waits] Waits for an answer
    [answered] Answered
    [closed] Settled
   *[other] { $state }
}
client-thread-left-out = { $count ->
    [one] { $count } earlier message
   *[other] { $count } earlier messages
  }
client-file = { $file ->
    [photo] 📷 a picture
   *[other] 📎 a file
}
client-ask-what = What do you want to ask the client? They read it as you write it, under the house’s name.
client-reply-what = What do you answer? The client reads it as you write it, under the house’s name.
client-write-what = What do you write to the client? They read it as you write it, under the house’s name.
client-sent = Sent.
client-done = Settled. The client is told.
client-out-of-reach = Not sent: the client blocked the bot. Try the phone or e-mail.
client-thread-closed = This is settled already. “{ button-write-to-client }” on its card begins anew.
client-nobody = There is no client to write to here yet: the survey has not been sent in.
client-team-only-text = Only text, pictures and files can be sent to a client.
