# What the hub adds to the texts of a survey, which stand in dialogues/.

survey-button-back = Back
survey-button-skip = Skip
survey-button-cancel = Cancel
survey-button-keep = Keep for later
survey-button-discard = Throw away
survey-button-resume = Go on
survey-button-edit = Edit
survey-button-submit = Submit
survey-button-done = Done

survey-example = For example: { $example }
# A value that one tap takes.
survey-offer-given = Keep: { $value }
survey-offer-known = From your enquiry: { $value }
survey-marked = { $origin ->
    [given] 👉 is what you chose before.
   *[known] 👉 is from your enquiry.
}
survey-or-skip = Or press { survey-button-skip }.
survey-leave = Stop and throw away your answers?
survey-leave-or-keep = You need not: they can be kept, and the same link goes on from here until { $until }.
survey-kept = All right, we stop here, and your answers are kept. “{ survey-button-resume }” or the same link brings you back to this place until { $until }.
survey-pick = What would you like to change?
survey-you-sent = What you sent us
survey-answers = The answers
survey-no-answers = There are no answers yet.
survey-forgotten = Nothing was sent, and your answers are not kept. The same link begins afresh until { $until }.
survey-share-how = To give the number of this phone, use the button below.
survey-share-phone = Share my phone number
survey-photo = a picture
survey-agreed = yes
survey-skipped = –

survey-unknown = This link does not lead anywhere. Perhaps it was cut when it was copied: please open it once more from the message you got, or ask for a new one there.
survey-stranger = This link was opened by somebody else already and belongs to them alone. If it was meant for you, ask whoever sent it for a link of your own.
survey-expired = The time for this link is over. Ask whoever sent it for a new one; it takes them one tap.
survey-submitted = You have sent us your answers already, thank you. There is nothing more to do: we write to you here as soon as there is news.
survey-private-only = Please open the link in a private chat with me: your answers are nobody else's business.
survey-nothing-to-cancel = There is nothing to cancel: you are not answering anything at the moment.
survey-already-answered = This was answered already. The message shows where we are.
survey-over = This is closed. If you have the link still, open it to see how things stand.

## Why an answer was not taken, and how to mend it.
survey-refused-empty = I did not get any words. Please write your answer as a message.
survey-refused-too-short = That is a little short. { $min ->
    [one] Please write at least one character.
   *[other] Please write at least { $min } characters.
}
survey-refused-too-long = That is too long for this place. Please keep it to { NUMBER($max) } characters.
survey-refused-too-few-lines = { $min ->
    [one] Please write at least one line.
   *[other] Please write at least { $min } lines, one entry a line.
}
survey-refused-too-many-lines = { $max ->
    [one] Please write one line only.
   *[other] Please write at most { $max } lines.
}
survey-refused-line-too-long = Line { $line } is too long. Please keep each line to { NUMBER($max) } characters.
survey-refused-not-a-number = Please write a number in figures, such as 12.
survey-refused-not-whole = Please write a whole number, without a fraction.
survey-refused-too-small = That is too little: the least is { NUMBER($min) }.
survey-refused-too-large = That is too much: the most is { NUMBER($max) }.
survey-refused-not-a-phone = I cannot read this as a phone number. Please check the figures and begin with + and the country, such as +49 30 123456.
survey-refused-phone-needs-country = Which country is this number in? Please begin with + and the country, such as +49 30 123456.
survey-refused-foreign-contact = This is somebody else's contact. Please share your own, or write the number.
survey-refused-not-an-email = This does not look like an e-mail address. Please write it like anna@example.com.
survey-refused-not-a-domain = This does not look like a web address. Please write it like salon-anna.de.
survey-refused-domain-is-address = This is the number of a machine. Please write the name of the website, such as salon-anna.de.
survey-refused-domain-has-port = Please leave out the colon and the number behind it: salon-anna.de is enough.
survey-refused-domain-is-wildcard = Please write one address without a star, such as salon-anna.de.
survey-refused-domain-single-label = An ending is missing, such as .de or .com. Please write it like salon-anna.de.
survey-refused-not-a-date = I cannot read this as a day. Please write it like 20.11.2026.
survey-refused-too-early = That is too early: the first possible day is { $earliest }.
survey-refused-too-late = That is too late: the last possible day is { $latest }.
survey-refused-not-a-location = I cannot find this place. Please share it from Telegram (📎, then Location), or write two numbers such as 52.52, 13.405.
survey-refused-not-a-picture = This file is no picture. Please send a photo.
survey-refused-not-an-option = Please choose one of the buttons below.
survey-refused-too-few-choices = { $min ->
    [one] Please choose at least one.
   *[other] Please choose at least { $min }.
}
survey-refused-too-many-choices = { $max ->
    [one] Only one can be chosen. Tap the chosen one again to take it back.
   *[other] At most { $max } can be chosen. Tap a chosen one again to take it back.
}
survey-refused-consent-needed = We cannot go on without your agreement. Your answers so far stay here, and nobody uses them.
survey-refused-required = We need an answer to this one to go on.
survey-refused-wrong-kind = { $expected ->
    [photo] Please send a photo here.
    [location] Please share a place here, or write two numbers such as 52.52, 13.405.
    [phone] Please share your contact here, or write a phone number.
    [number] Please write a number here.
    [date] Please write a day here, such as 20.11.2026.
    [email] Please write an e-mail address here.
    [domain] Please write a web address here.
    [choice] Please choose one of the buttons below.
    [multi] Please choose from the buttons below.
    [rating] Please choose from the buttons below.
    [consent] Please choose one of the buttons below.
   *[other] Please answer in words here.
}

## Answers that operators correct.
survey-fix-which = Which answer do you want to correct?
survey-fix-done = Corrected. The next plan uses it.
survey-fix-same = Nothing was changed.
survey-fix-closed = This cannot be corrected any more: it is being built, or settled.
