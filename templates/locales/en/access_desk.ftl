# The operators’ chat: where it is, its topics, who may speak there.

access-topic-leads = Leads
access-topic-platform = Platform
access-platform-topic = Jobs, alerts of the hub itself and what could not be handled come here.
access-bound = This is the operators’ chat now. New leads, alerts and jobs come here.
access-bound-already = This is the operators’ chat already. What was missing here comes again.
access-bound-topics = Each site gets a topic of its own, and there is one for leads and one for the platform. They open by themselves as soon as there is something to say.
access-bound-members = Commands and buttons work for members of the team only, whoever else is in this group.
access-bind-not-owner = Only an owner can choose the operators’ chat.
access-anonymous = You write in the name of the group, so nobody can know who you are. Switch off “Remain anonymous” in your admin rights and send it again.
access-moved-to = From now on messages come to “{ $title }”.
access-moved-private = From now on messages come to the owner’s private chat.
access-moved-stays = What stands here stays, and its buttons go on working.
access-moved-ends = What stands here is not kept up to date any more, and its buttons change nothing.
access-let-in-again = The bot is in “{ $title }” again. Messages go on coming here until you send /bind there.
access-no-topic-rights = I may not open topics here, so everything comes to General. Make me an admin with the right “Manage topics”: then the topics open by themselves.
access-no-topic-closed = The topic “{ $title }” is closed and I may not open it, so what belongs there comes to General. Reopen it, or give me the admin right “Manage topics”.
access-reply-here = Answer by a reply to this message.
access-question-ended = { $question ->
    [client-ask] Cancelled. The client is asked nothing.
    [client-reply] Cancelled. Nothing was sent to the client.
    [client-write] Cancelled. Nothing was sent to the client.
    [provision-refuse] Cancelled. The request is not refused, and the client is told nothing.
    [plan-slug] Cancelled. The name stays.
    [plan-domain] Cancelled. The domain stays.
    [lead-when] Cancelled. No time for the call was noted.
    [lead-why] Cancelled. No reason was noted.
    [lead-note] Cancelled. Nothing was noted.
    [survey-fix] Cancelled. The answer stays as it is.
   *[other] Cancelled.
}

press-moved = The operators’ chat is elsewhere now. Nothing is changed from here any more.
command-bind = make this the operators’ chat
