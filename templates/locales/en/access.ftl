# Who may do what, and what everybody is told.

access-welcome = Welcome, { $name }. You are in.
access-role = Role: { $role ->
    [owner] owner
    [operator] operator
    [viewer] viewer
   *[other] none – you are a guest here
}
access-id = Your Telegram ID is
access-what-next = { $role ->
    [viewer] You can look at leads, sites, alerts and jobs, and change none of them.
   *[other] { $desk ->
        [here] New leads and alerts come to this chat by themselves.
        [group] New leads and alerts come to the operators’ group.
       *[owner] New leads and alerts go to an owner’s private chat; here you can ask for them.
    }
} /help lists what you can ask for.
access-code-not-valid = This invitation does not work: it was used already or has run out. Ask for a new one – nothing else is lost.
access-stranger = Hello { $name }. This is the service desk of a web agency. If you were sent a link, open it once more and we will go on from there. Otherwise there is nothing to do here.
access-written = And, with what you mean behind it:
access-not-understood = I did not understand that. Here is what you can ask for:
access-unknown-command = There is no command /{ $asked }. Did you mean:
access-out-of-reach = { $name } cannot be reached here any more: the bot was blocked, or the account is gone. What is for them waits until they write /start again.
access-put-out = The bot was taken out of the operators’ group. From now on messages come here.
access-card-elsewhere = This stands in another message of this chat, and is kept up to date there.
access-card-go = Go there
access-not-enrolled = This is for the agency's team. If you belong to it, ask the owner for an invitation.

## Language and time zone.
language-name = English
access-language-title = Language and time
access-language-now = I speak English with you, { $by ->
    [chosen] as you chose.
    [app] as your app does.
   *[house] until you choose another language.
}
access-zone-now = Times are those of { $zone }. It is { $time } there now.
access-zone-other = Another time zone can be written like this:
access-language-set = In English from now on.
access-zone-set = Times are those of { $zone } now.
access-language-unknown = I know no language and no time zone called “{ $asked }”.

zone-london = London
zone-berlin = Berlin
zone-kyiv = Kyiv
zone-moscow = Moscow
zone-yekaterinburg = Yekaterinburg

not-for-you = This button is not for you.
press-stale = This has moved on. The message shows how it stands now.
press-foreign = This button does not work here.
turn-failed = Something went wrong on our side, and your message could not be handled. It is kept, and the team knows. Please try again in a moment.

command-start = begin
command-help = what you can ask for
command-language = your language and time zone
command-whoami = who you are to me
command-leads = who wants a site
command-tenants = the sites that run
command-status = how everything is doing
command-alerts = what needs somebody
command-jobs = what is being worked on
command-report = how many leads came, and what became of them
command-provision = build a site
command-deadletters = what could not be handled
command-cancel = end the questions you are answering
command-lead = one of them
command-tenant = one site: its containers and figures
command-logs = the last lines of a service
command-alert = one alert
command-silence = no alerts from a site for a while
command-job = one piece of work, step by step
command-delete = stop a site and keep its data
command-erase = remove a site for good
command-members = who works here
command-audit = who did what
command-restart = restart a site or one of its services
command-down = stop a site
command-up = start a stopped site
command-restore = bring a deleted site back
access-replied = This message takes no replies: nothing was sent or changed. Use buttons or a command (/help lists them). A reply to a lead’s card is a note; a reply to a client’s message goes to the client.
