// The page: its panes, its panel, the stream that keeps them alive, and where clicks and keys go.

import { key, filesOf, offer, toggle, withdraw } from "./composer.js";
import { Pane } from "./pane.js";
import { Panel } from "./panel.js";
import { $, $$, drive, pop, step, toast } from "./tools.js";

const panes = [];
const panel = $("#panel") && new Panel($("#panel"), changed);
let source;
// Changes that came and are not shown yet.
let batch = [];

const paneOf = (element) => panes.find((pane) => pane.element === element?.closest(".pane"));

// ---- where we are ----

function address(specs) {
  const query = new URLSearchParams();
  if (specs.length === 1) {
    const [person, chat, topic] = specs[0].split(":");
    query.set("as", person);
    if (chat) query.set("chat", chat);
    if (topic) query.set("topic", topic);
  } else query.set("people", specs.join(","));
  if (panel?.isOpen) query.set("panel", 1);
  // Colons and commas may stand in a query as they are, and read better.
  return `${specs.length === 1 ? "/" : "/desk"}?${query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",")}`;
}

/** Another chat or the panel was opened: the address tells it, and the stream begins anew with it. */
function changed() {
  if (panes.length) {
    const here = address(panes.map((pane) => pane.spec));
    if (here !== location.pathname + location.search) history.pushState(null, "", here);
  }
  listen();
}

function listen() {
  source?.close();
  batch = [];
  const query = new URLSearchParams({ people: panes.map((pane) => pane.spec).join(","), ...panel?.query });
  if (panes.length) query.set("since", Math.min(...panes.map((pane) => pane.serial)));
  source = new EventSource(`/app/stream?${query}`);
  source.onopen = () => document.body.classList.remove("offline");
  source.onerror = () => document.body.classList.add("offline");
  for (const [name, act] of Object.entries(changes)) {
    source.addEventListener(name, (event) => {
      batch.push([act, JSON.parse(event.data), name, Number(event.lastEventId)]);
      if (batch.length === 1) setTimeout(flush, 16);
    });
  }
}

/** What each event of the stream does. */
const changes = {
  part: ({ pane, part, html }) => panes[pane]?.part(part, html),
  message: (message) => panes[message.pane]?.message(message),
  gone: (message) => panes[message.pane]?.gone(message),
  typing: ({ pane, action }) => panes[pane]?.typing(action),
  reload: ({ pane }) => {
    for (const each of pane === undefined ? panes : [panes[pane]]) {
      each?.reload().catch(() => location.reload());
    }
  },
  // Something happened that this page does not show.
  seen: () => {},
  calls: (calls) => panel?.calls(calls),
  faults: (faults) => panel?.faults(faults),
  clock: (clock) => panel?.clock(clock),
};

/** Does together what came together: a flood of messages must not cost a layout each. */
function flush() {
  const taken = batch;
  batch = [];
  const ends = panes.map((pane) => pane.nearEnd());
  const part = (data) => `${data.pane}/${data.part}`;
  const last = new Map(taken.filter(([, , name]) => name === "part").map((change) => [part(change[1]), change]));
  for (const change of taken) {
    const [act, data, name] = change;
    // Of a part only its last state counts.
    if (name !== "part" || last.get(part(data)) === change) act(data);
    // Only now: what a new stream puts aside unseen is asked for again by the number.
    for (const pane of panes) pane.serial = Math.max(pane.serial, change[3]);
  }
  panes.forEach((pane, at) => pane.settle(ends[at]));
}

// ---- pointer ----

const clicks = {
  "a[data-open]": (link, pane, event) => {
    // In a new tab the address does the same.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    return pane.open(link.dataset.open);
  },
  "a.deep": (link, pane, event) => {
    event.preventDefault();
    return pane.follow(link.dataset.bot, link.dataset.start);
  },
  ".key[data-row]": (button, pane) => pane.press(button),
  "[data-copy]": (button, pane) => pane.copy(button.dataset.copy),
  "[data-jump]": (button, pane) => {
    const target = pane.find(button.dataset.jump);
    target?.scrollIntoView({ block: "center", behavior: "smooth" });
    target?.classList.add("found");
    setTimeout(() => target?.classList.remove("found"), 1500);
  },
  "[data-send]": async (button, pane) => {
    withdraw(pane);
    if (button.matches(".commands *")) pane.draft = "";
    await pane.send({ text: button.dataset.send });
    // The link that brought us here is used up.
    if (button.matches(".start")) await pane.open(pane.spec);
  },
  "[data-share]": (button, pane) => {
    button.closest("[popover]")?.hidePopover();
    return pane.share(button.dataset.share);
  },
  "[data-menu]": (button, pane) => toggle(pane),
  "[data-attach]": (button, pane) => pop($(".attachments", pane.element), button, true),
  "[data-drop-context]": (button, pane) => pane.answerTo(null),
  "[data-block]": (button, pane) =>
    drive("block", { from: pane.person, chat: pane.chat, blocked: button.dataset.block === "true" }),
  "[data-topic-act]": (button, pane) =>
    drive("topics", { from: pane.person, chat: pane.chat, act: button.dataset.topicAct, ...(pane.topic !== "1" && { topic: Number(pane.topic) }) }),
  ".message [data-react]": (button, pane) => pane.react(button.dataset.react, Number(button.closest(".message").dataset.id)),
  "[data-more]": (button, pane) => {
    const message = button.closest(".message");
    const actions = $("#actions");
    actions.target = { pane, id: Number(message.dataset.id) };
    $("[data-act=edit]", actions).hidden = !message.matches(".own") || !$(".text", message);
    $("[data-act=copy]", actions).hidden = !$(".text", message);
    pop(actions, button);
    $("button", actions).focus();
  },
  "#actions button": (button) => {
    const actions = $("#actions");
    const { pane, id } = actions.target;
    actions.hidePopover();
    if (button.dataset.react) return pane.react(button.dataset.react, id).catch(pane.complain);
    return pane.act(button.dataset.act, id).catch(pane.complain);
  },
  ".spoiler, blockquote.expandable": (element) => element.classList.toggle("shown"),
  "[data-dialog]": (button, pane) => {
    const dialog = document.getElementById(button.dataset.dialog);
    dialog.target = pane;
    dialog.showModal();
  },
  "[data-members]": async (button, pane) => {
    const dialog = $("#members");
    dialog.target = pane;
    await members();
    dialog.showModal();
  },
  "[data-standing]": async (button) => {
    const { person, chat } = $("#members").target;
    const { member, standing } = button.dataset;
    await drive("members", { from: person, chat, member: Number(member), status: standing });
    if (standing === "left") $("#members").close();
    else await members();
  },
  "[data-close-pane]": (button, pane) => close(pane),
  "[data-close-at]": (button) => close(panes[Number(button.dataset.closeAt)]),
  "[data-add]": (button) => add(button.dataset.add),
  "[data-show]": (button) => show(Number(button.dataset.show)),
  "[data-panel]": () => panel.toggle(),
  "[data-theme-switch]": () => theme(true),
};

document.addEventListener("click", (event) => {
  if (!event.target.closest(".commands, [data-menu], textarea")) panes.forEach(withdraw);
  for (const [selector, act] of Object.entries(clicks)) {
    const element = event.target.closest(selector);
    if (!element) continue;
    const pane = paneOf(element);
    // Begins at once, so that it can still prevent what the browser would do.
    const acting = (async () => act(element, pane, event))();
    acting.catch((error) => toast(pane?.element, error.message || String(error)));
    return;
  }
});

function add(person) {
  location.href = address([...panes.map((pane) => pane.spec), String(person)]);
}

function close(pane) {
  location.href = address(panes.filter((other) => other !== pane).map((other) => other.spec));
}

/** Somebody's app speaks another language: all that they send from now on says so. */
async function speak(select) {
  const person = select.dataset.language;
  await drive(`people/${person}`, { language_code: select.value });
  const words = select.selectedOptions[0].textContent;
  for (const note of $$(`[data-add="${person}"] small`)) note.textContent = words;
  for (const other of $$(`[data-language="${person}"]`)) other.value = select.value;
}

/** Who is in the group of the pane that asked. */
async function members() {
  const dialog = $("#members");
  const response = await fetch(`/app/members?people=${encodeURIComponent(dialog.target.spec)}`);
  $(".content", dialog).innerHTML = await response.text();
}

/** On a narrow window one pane stands in front. */
function show(index) {
  panes.forEach((pane, at) => pane.element.classList.toggle("shown", at === index));
  panes[index].toEnd();
  $$("[data-show]").forEach((tab, at) => tab.setAttribute("aria-pressed", String(at === index)));
}

// ---- keys ----

document.addEventListener("keydown", (event) => {
  const pane = paneOf(event.target);
  if (pane && event.target.matches(".composer textarea")) return key(event, pane);
  if (event.target.closest("#actions") && step(event, $$("#actions button:not([hidden])"))) return;
  if (event.target.closest(".attachments") && step(event, $$("button, input", event.target.closest(".attachments")))) return;
  const entries = event.target.closest(".entries");
  if (entries && step(event, $$(".entry", entries))) return;
  if (event.key === "Enter" && event.target.matches(".spoiler")) event.target.click();
  // Back to the list on a narrow pane, back to all chats from topics.
  if (event.key === "Escape" && pane && !$("dialog[open], :popover-open")) {
    const back = $(".back", pane.element);
    if (back && back.offsetParent) back.click();
  }
});

document.addEventListener("input", (event) => {
  const pane = paneOf(event.target);
  if (!pane || !event.target.matches(".composer textarea")) return;
  pane.draft = event.target.value;
  if (pane.draft.startsWith("/")) offer(pane);
  else withdraw(pane);
});

// ---- forms ----

const forms = {
  "[data-write]": (form) => paneOf(form).write(),
  "[data-new-person]": async (form) => {
    const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    const made = await drive("people", fields);
    add(made.id);
  },
  "[data-new-group]": async (form) => {
    const data = new FormData(form);
    const pane = form.closest("dialog").target;
    const [kind, bots] = [data.get("kind"), data.getAll("bot").map(Number)];
    const members = [...new Set([pane.person, ...data.getAll("member").map(Number)])];
    const made = await drive("chats", {
      type: kind === "group" ? "group" : "supergroup",
      is_forum: kind === "forum",
      title: data.get("title"),
      members,
      admins: [pane.person, ...bots],
    });
    form.closest("dialog").close();
    await pane.open(`${pane.person}:${made.id}`);
  },
  "[data-new-topic]": async (form) => {
    const data = new FormData(form);
    const pane = form.closest("dialog").target;
    const made = await drive("topics", {
      from: pane.person,
      chat: pane.chat,
      act: "create",
      name: data.get("name"),
      icon_color: Number(data.get("icon_color")),
    });
    form.closest("dialog").close();
    await pane.open(`${pane.person}:${pane.chat}:${made.message_thread_id}`);
  },
};

document.addEventListener("submit", (event) => {
  const found = Object.entries(forms).find(([selector]) => event.target.matches(selector));
  if (!found) return;
  event.preventDefault();
  found[1](event.target).catch((error) => toast(paneOf(event.target)?.element, error.message || String(error)));
});

document.addEventListener("change", (event) => {
  const pane = paneOf(event.target);
  if (event.target.matches("[data-language]")) return speak(event.target).catch((error) => toast(pane?.element, error.message));
  if (!pane || event.target.type !== "file") return;
  event.target.closest("[popover]")?.hidePopover();
  pane.attach(event.target.files, event.target.name).catch(pane.complain);
  event.target.value = "";
});

for (const [name, transfer] of [["drop", "dataTransfer"], ["paste", "clipboardData"]]) {
  document.addEventListener(name, (event) => {
    const pane = paneOf(event.target);
    const { files, kind } = filesOf(event[transfer]);
    if (!pane?.field || !files.length) return;
    event.preventDefault();
    pane.attach(files, kind).catch(pane.complain);
  });
}
document.addEventListener("dragover", (event) => paneOf(event.target)?.field && event.preventDefault());

// ---- colours ----

/** Names the colours in force; with a turn, takes the next: system, light, dark. */
function theme(turn) {
  const names = ["auto", "light", "dark"];
  const root = document.documentElement;
  if (turn) {
    root.dataset.theme = names[(names.indexOf(root.dataset.theme) + 1) % names.length];
    document.cookie = `emulator-theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  }
  const words = { auto: "as the system has them", light: "light", dark: "dark" }[root.dataset.theme];
  for (const button of $$("[data-theme-switch]")) {
    button.setAttribute("aria-label", `Colours: ${words}`);
    button.title = `Colours: ${words}`;
  }
}

// ---- the beginning ----

theme(false);
$(".pane")?.classList.add("shown");
for (const element of $$(".pane")) panes.push(new Pane(element, changed));
if (panes.length || panel?.isOpen) listen();
addEventListener("popstate", () => location.reload());
// A page that is left keeps no connection: browsers have few for one server, and may keep the page for the way back.
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => event.persisted && location.reload());
