# The team, and who did what.

member-list-title = Team
member-list-end = That was everybody.
member-list-owner = Open somebody to change their role or to remove them.
member-list-others = Only owners change the team.
member-role = { $role ->
    [owner] owner
    [operator] operator
   *[viewer] viewer
}
member-id = Telegram ID:
member-since = In the team since { $at }
member-removed-at = Removed on { $at }
member-last-owner = This is the last owner, who can be neither removed nor given another role. Make somebody else an owner first.
member-changed = This member has changed since the question was asked, so nothing was done.
member-gone = This person is not in the team any more.
member-done = Done. It counts from now on.
member-already = It was so already.
member-removed = Removed. Rights, menu and open questions ended at once.
member-ask = { $to ->
    [owner] Make { $name } an owner?
    [operator] Make { $name } an operator?
    [viewer] Make { $name } a viewer?
   *[removed] Remove { $name } from the team?
}
member-ask-means = { $to ->
    [owner] Owners may do everything, and change the team: you too can be removed by them.
    [operator] { $from ->
        [owner] The daily work stays open; the team and the audit do not.
       *[viewer] Operators work on leads, sites and alerts, and can stop and erase sites.
    }
    [viewer] Viewers see leads, sites, alerts and jobs, and change nothing: buttons and commands that change something end at once.
   *[removed] Access ends at once: menu, buttons, open questions. What was done stays in the history. A new invitation lets them in again.
}
member-ask-leads = Their open leads become new again, for somebody else to take.
member-invite-title = What will the new member be?
member-may = { $role ->
    [owner] Owner: everything, the team too
    [operator] Operator: leads, sites, alerts
   *[viewer] Viewer: sees leads, sites, alerts and jobs, changes nothing
}
member-invite-how = A link comes to our private chat, for you to forward. It works once.
member-invited = The invitation is in our private chat. Forward it.
member-invitation = { $role ->
    [owner] You are invited to the team, as owner.
    [operator] You are invited to the team, as operator.
   *[viewer] You are invited to the team, as viewer.
} Open this link and press Start:
member-invitation-until = It works once, until { $at }.
member-told-role = Your role has changed.
member-told-removed = You are no longer in the team. Thank you for your work. If this is a mistake, ask an owner for an invitation.
access-owners-only = Only owners may do this.
access-operators-only = Only operators and owners may do this. As a viewer you can look at everything and change nothing.
access-viewer-help = /help lists what you can ask for.

audit-title = Who did what
audit-asked = Only: { $asked }
audit-empty = Nothing there.
audit-terminal = terminal: { $login }
audit-hub = the hub itself
audit-outcome = { $outcome ->
    [refused] refused
   *[failed] went wrong
}
audit-chat = { $chat ->
    [private] in private
   *[group] in a group
}
## An act, by the hub's word for it.
audit-act = { $act ->
    [access-enrol] let into the team
    [access-code_made] invitation made
    [access-role] role changed
    [access-revoke] taken out of the team
    [access-bind] operators’ chat chosen
    [access-unbind] operators’ chat lost: the bot was put out
    [alert-ack] alert acknowledged
    [alert-unack] alert given back
    [alert-silence] alert silenced
    [alert-unsilence] alert may disturb again
    [alert-resolve] alert resolved
    [alert-silence_tenant] all alerts of the site silenced
    [client-help] client asked for help
    [client-ask] client asked
    [client-reply] client answered
    [client-write] written to a client
    [client-done] client’s question settled
    [credentials-read] site’s passwords read
    [dead_letter-retry] dead letter handed in again
    [dead_letter-drop] dead letter dropped
    [job-retry] job tried again
    [job-undo] job undone
    [job-cancel] job cancelled
    [key-create] key made
    [key-rotate] key replaced
    [key-revoke] key withdrawn
    [key-call_changed] signed call repeated with another content
    [lead-add] lead written in by hand
    [lead-take] lead taken
    [lead-call_back] call back noted
    [lead-qualify] lead qualified
    [lead-reject] lead rejected
    [lead-onboard] onboarding begun
    [lead-sent_in] survey sent in: onboarding
    [lead-win] lead won
    [lead-lose] lead lost
    [lead-reopen] lead reopened
    [lead-release] lead given back
    [lead-assign] lead handed over
    [lead-explain] reason noted
    [lead-note] note written
    [lead-merge] leads merged
    [lead-mail] survey link sent by e-mail
    [provisioning-confirm] plan confirmed
    [provisioning-again] site built anew
    [provisioning-plan_cancelled] plan cancelled
    [provisioning-refuse] request refused
    [survey-open] survey opened
    [survey-begin] survey begun
    [survey-submit] survey submitted
    [survey-cancel] survey ended early
    [survey-correct] answers corrected
    [tenant-register] site registered
    [tenant-state] site’s state changed
    [tenant-restart] restart
    [tenant-stop] site stopped
    [tenant-start] site started
    [tenant-delete] site deleted
    [tenant-restore] site brought back
    [tenant-erase] erasing ordered
    [tenant-erased] site erased for good
   *[other] { $act }
}
