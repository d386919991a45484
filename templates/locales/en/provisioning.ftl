# Building sites: plans, progress, credentials.

provisioning-plan-title = Plan for { $slug }
provisioning-plan-domain = Domain:
provisioning-plan-template = Template: { $template } { $version }, size { $size }
provisioning-plan-containers = { $count ->
    [one] { $count } container
   *[other] { $count } containers
  }, at most { NUMBER($memory) } MB
provisioning-plan-container = { NUMBER($memory) } MB, { $cpus } CPU
provisioning-plan-files = { $count ->
    [one] { NUMBER($count) } file
   *[other] { NUMBER($count) } files
  } in the tenant's folder
provisioning-plan-port = Port:
provisioning-plan-networks = Networks:
provisioning-plan-volumes = Volumes:
provisioning-plan-undo = If a step fails, everything made so far is taken back.
provisioning-plan-taken = { $wished } belongs to somebody else. This plan proposes what is free; change it below if you like.
provisioning-plan-changed = Something changed since this was shown. Please look at it once more and confirm.
provisioning-plan-closed = This plan is closed already. The card shows how it stands.

provisioning-progress-running = Building { $slug }
provisioning-progress-done = { $slug } is live
provisioning-progress-undoing = Taking { $slug } back
provisioning-progress-undone = { $slug } could not be built
provisioning-progress-stuck = { $slug } needs you
provisioning-kept-undone = Everything made so far was taken back; the client's answers are kept. Mend the cause and press “{ button-retry }”.
provisioning-kept-stuck = Some of it is still there. “{ button-retry }” goes on from here, “{ button-undo }” takes back what is left.

provisioning-step-reserve = reserve name and port
provisioning-step-secrets = make passwords
provisioning-step-files = write files
provisioning-step-images = build the programs
provisioning-step-telemetry = let it report to the hub
provisioning-step-networks = make private networks
provisioning-step-volumes = make room for its data
provisioning-step-containers = make containers
provisioning-step-start = start, wait until every container is well
provisioning-step-migrate = prepare the database
provisioning-step-route = connect the web address
provisioning-step-smoke = open the site as a visitor would
provisioning-step-live = hand over

provisioning-started = Confirmed. Building begins.
provisioning-cancelled = The plan for { $slug } ({ $domain }) was put aside. Nothing was made; “{ button-provision }” on the lead's card brings it back.
provisioning-request-not-open = This one is being built already, or is done.
provisioning-usage = Tell me what to build, for whom and where:
provisioning-usage-templates = Templates:
provisioning-wrong = does not work here:
provisioning-no-plan = This cannot be built:
provisioning-nothing-changed = Nothing was changed. Correct it and try again.
provisioning-ask-slug = What should it be called? Small letters, digits, _ and -, for example new_salon.
provisioning-ask-domain = Under which domain? For example new-salon.de.
provisioning-ask-refuse = Why do we not build it? Write the reason as the client shall read it.
provisioning-refuse-sure = This is what the client reads. The lead is lost with it.
provisioning-refused = Refused. The client is told, and the lead is lost.

## Why something does not work; without a full stop.
provisioning-why-slug-form = a name is 2 to 31 of a-z, 0-9, _ and -, and begins with a letter
provisioning-why-slug-reserved = the name { $what } is reserved
provisioning-why-slug-template = the name { $what } is reserved: a template is called so
provisioning-why-slug-taken = the name { $what } is taken by { $by }
provisioning-why-domain-taken = the domain { $what } is taken by { $by }
provisioning-why-at-work = another job is at work on { $what }; wait until it has ended
provisioning-why-sealed = a secret of this plan cannot be opened with this master key; begin anew
provisioning-why-no-port = no port of ports.range is free; widen it
provisioning-why-template = there is no template { $what }
provisioning-why-input-missing = { $what } is needed
provisioning-why-input-unfit = { $what } does not fit ({ $detail })
provisioning-why-input-unknown = the template has no input { $what }
provisioning-why-domain = { $fault ->
    [empty] it is empty
    [too_long] it is longer than 253 characters
    [label_too_long] a part of it is longer than 63 characters
    [empty_label] a part of it is empty
    [ip_address] it is an IP address, not a name
    [port] it has a port
    [wildcard] it has a wildcard
    [address] it is an address, not only a name; leave out https:// and what follows the name
    [single_label] it is a single word; a domain has a dot
    [hyphen] a part of it begins or ends with a hyphen
    [top_level] its last part is not one of the internet’s
   *[other] it has a character that a domain cannot have
}

provisioning-live = is live:
provisioning-hand-on = The user name and password for its admin page, to be forwarded to the owner. They can be read once:
provisioning-ready = Your site is live.
provisioning-ready-keys = Your user name and password for the page where requests come in wait behind this link. They can be read once:
provisioning-keys-offer = Your user name and password are ready. They are shown once, so have something at hand to keep them in.
provisioning-keys-unknown = There is no user name and password behind this link. Please ask us for a new one.
provisioning-keys-not-yours = This user name and password belong to somebody else, who opened the link first.
provisioning-keys-gone = This user name and password were shown already, and the link does not show them again. Ask us if you need new ones.
provisioning-keys-expired = This link has run out. Please ask us for a new one.
provisioning-keys-shown = Keep them somewhere safe.
provisioning-keys-here = Your user name and password stand in a message of their own.
provisioning-keys-username = User name:
provisioning-keys-password = Password:
provisioning-keys-burn = { $minutes ->
    [one] This message deletes itself in { $minutes } minute.
   *[other] This message deletes itself in { $minutes } minutes.
  }
