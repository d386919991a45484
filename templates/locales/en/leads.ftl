# Leads: people who want a site.

lead-state = { $state ->
    [new] New
    [taken] Taken
    [contacted] Contacted
    [qualified] Qualified
    [rejected] Rejected
    [onboarding] Onboarding
    [won] Won
    [lost] Lost
   *[other] { $state }
}

lead-card-number = Lead #{ $number }
lead-card-domain = wishes { $domain }
lead-card-locale = language: { $locale ->
    [de] German
    [en] English
    [ru] Russian
   *[other] { $locale }
}
lead-card-cut = Cut here: { NUMBER($letters) } characters in all, kept whole.
lead-card-score = Score { $score } of 100
lead-card-received = Received { $at }
lead-card-holder = with
lead-card-request = The survey is filled in. The site can be built.

lead-niche-beauty-salon = Beauty salon
lead-niche-installers = Trades and installation
lead-niche-shop = Shop

## Why a lead has its points; one for each rule of templates/leads/score.toml.
lead-score-field = { $field ->
    [marketing_consent] marketing
   *[other] { $field }
}
lead-score-phone-given = can be called
lead-score-niche-served = a trade we know
lead-score-domain-wished = knows which domain
lead-score-business-email = an address of their own
lead-score-message-detailed = says what they need
lead-score-telegram-given = can be written to here
lead-score-locale-served = a language we speak
lead-score-marketing-agreed = wants to hear from us

lead-list-title = { $state ->
    [all] Leads, newest first
    [new] Leads that nobody has yet
    [taken] Leads that somebody has taken
    [contacted] Contacted leads
    [qualified] Qualified leads
    [rejected] Rejected leads
    [onboarding] Leads in onboarding
    [won] Leads that became clients
    [lost] Lost leads
   *[other] Leads
}
lead-list-empty = None here.
lead-list-come = Leads come in by themselves and show up { $desk ->
    [here] in this chat
    [group] in the operators’ group
   *[owner] in an owner’s private chat
}.
lead-not-found = There is no lead { $asked }. /leads lists them all.
lead-unknown-state = Nothing is found with “{ $asked }”. Leads of one state:

## What a press is answered with.
lead-done-take = It is yours.
lead-done-call-back = Noted: to call back.
lead-done-qualify = Qualified.
lead-done-reject = Rejected. “{ button-reopen }” brings it back.
lead-done-reopen = Open again.
lead-done-onboard = Here is the link to forward.
lead-standing-free = Nothing changed. It stands at: { $state }.
lead-standing-held = { $who } has it. It stands at: { $state }.
lead-standing-yours = You have it already. It stands at: { $state }.
lead-gone = This lead is not here any more.
lead-message-follows = The whole message follows.

## The message that an operator forwards to the client.
lead-invitation-hello = Hello { $name },
lead-invitation-why = thank you for asking us about a website. Please answer a few questions about your business – it takes about five minutes, and you can stop and go on whenever you like:
lead-invitation-until = The link is meant for you alone and works until { $until }.
