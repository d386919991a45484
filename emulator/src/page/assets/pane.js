// One pane: one person's messenger. It shows what the server sends and does what its person does.

import { offer } from "./composer.js";
import { $, $$, ask, choose, drive, fragment, localise, toast } from "./tools.js";

/** Messages of one author closer together than this stand under one name. */
const TOGETHER = 5 * 60 * 1000;
/** Messages kept in the page; older ones stay on the server. */
const KEPT = 500;

export class Pane {
  constructor(element, changed) {
    this.changed = changed;
    // Keys that wait for their answer, by place, with their labels.
    this.pressed = new Map();
    this.drafts = new Map();
    this.adopt(element);
  }

  /** Takes over a section that the server drew. */
  adopt(element) {
    this.element = element;
    const { person, chat, topic, serial } = element.dataset;
    this.person = Number(person);
    this.chat = chat;
    this.topic = topic;
    this.serial = Number(serial);
    // The parts as the server drew them, before anything was done to them.
    this.shown = new Map($$("[data-part]", element).map((box) => [box.dataset.part, box.innerHTML]));
    this.context = null;
    this.moved = this.spoke = false;
    localise(element);
    this.arrange();
    for (const message of $$(".message", element)) this.spin(message);
    this.draft = this.drafts.get(this.spec) ?? "";
    this.obey();
    this.toEnd();
  }

  get spec() {
    return [this.person, this.chat, this.topic].filter((part) => part !== undefined).join(":");
  }

  get log() {
    return $(".messages", this.element);
  }

  get field() {
    return $("textarea", this.element);
  }

  get draft() {
    return this.field?.value ?? "";
  }

  set draft(text) {
    const field = this.field;
    if (!field) return;
    field.value = text;
    field.style.height = "auto";
    // Nothing has a height while the pane is behind another one.
    if (field.scrollHeight) field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
  }

  name() {
    return $(".head h2", this.element)?.textContent ?? "";
  }

  find(id) {
    return this.log && $(`[data-id="${CSS.escape(id)}"]`, this.log);
  }

  complain = (error) => toast(this.element, error.message || String(error));

  // ---- what is shown ----

  async fetch(spec, start) {
    const query = new URLSearchParams({ people: spec });
    if (start) query.set("start", start);
    const response = await fetch(`/app/pane?${query}`);
    if (!response.ok) throw new Error("This cannot be shown any more");
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    return template.content.firstElementChild;
  }

  /** Shows another chat or topic. */
  async open(spec) {
    const element = await this.fetch(spec);
    this.drafts.set(this.spec, this.draft);
    element.classList.toggle("shown", this.element.classList.contains("shown"));
    this.element.replaceWith(element);
    this.adopt(element);
    this.changed();
    const target = this.field ?? $(".start, .entry", element);
    // Under fingers the focus would bring up the keyboard.
    if (!matchMedia("(pointer: coarse)").matches) target?.focus({ preventScroll: true });
  }

  /** The same anew, after something was missed. */
  async reload() {
    const before = this.spec;
    const focused = this.element.contains(document.activeElement) && document.activeElement === this.field;
    const context = this.context;
    const element = await this.fetch(this.spec);
    this.drafts.set(this.spec, this.draft);
    element.classList.toggle("shown", this.element.classList.contains("shown"));
    this.element.replaceWith(element);
    this.adopt(element);
    if (context && this.find(context.id)) this.answerTo(context.kind, context.id);
    if (focused) this.field?.focus();
    // The topic or the group may be gone.
    if (this.spec !== before) this.changed();
  }

  /** A part of the pane as it is now; nothing happens when it is the same. */
  part(name, html) {
    const box = $(`[data-part="${name}"]`, this.element);
    // Written as the browser writes it, so that the same is known as the same.
    const template = document.createElement("template");
    template.innerHTML = html;
    if (!box || this.shown.get(name) === template.innerHTML) return;
    this.shown.set(name, template.innerHTML);
    const offering = $(".commands", box)?.matches(":popover-open");
    const active = box.contains(document.activeElement) ? document.activeElement : null;
    const [draft, caret] = [this.draft, active === this.field && this.field?.selectionStart];
    const scroll = $(".entries", box)?.scrollTop;
    box.replaceChildren(fragment(html));
    if (name === "composer") {
      this.draft = draft;
      this.obey();
    }
    if (scroll) $(".entries", box).scrollTop = scroll;
    if (active) {
      const again = active.dataset.open
        ? $(`[data-open="${CSS.escape(active.dataset.open)}"]`, box)
        : active.matches("textarea") && this.field;
      if (again) again.focus({ preventScroll: true });
      if (again && again === this.field && caret !== false) again.setSelectionRange(caret, caret);
    }
    if (offering) offer(this, !this.draft);
  }

  message({ id, own, html }) {
    if (!this.log) return;
    if (!own) this.typing(null);
    this.spoke ||= own;
    this.moved = true;
    const fresh = fragment(html).firstElementChild;
    const old = this.find(id);
    if (old) {
      const { row, column } = (old.contains(document.activeElement) && document.activeElement.dataset) || {};
      old.replaceWith(fresh);
      if (row) $(`.key[data-row="${row}"][data-column="${column}"]`, fresh)?.focus();
    } else {
      fresh.classList.add("fresh");
      this.log.append(fresh);
    }
    this.spin(fresh);
  }

  gone({ id }) {
    this.find(id)?.remove();
    if (this.context?.id === id) this.answerTo(null);
    this.moved = true;
  }

  /** After changes: order among messages, and the end in view where it was or where the person spoke. */
  settle(atEnd) {
    const follow = atEnd || this.spoke;
    if (this.moved && this.log && follow) while (this.log.children.length > KEPT) this.log.firstElementChild.remove();
    if (this.moved) this.arrange();
    if (follow) this.toEnd();
    this.moved = this.spoke = false;
  }

  /** The bot does something, for as long as clients show that; null when it has done it. */
  typing(action) {
    const status = $(".status", this.element);
    if (!status) return;
    clearTimeout(this.busy);
    status.textContent = action === null ? status.dataset.idle : action === "typing" ? "typing…" : "sending a file…";
    status.classList.toggle("busy", action !== null);
    if (action !== null) this.busy = setTimeout(() => this.typing(null), 5000);
  }

  /** Days between messages, and who goes on speaking. */
  arrange() {
    if (!this.log) return;
    for (const day of $$(".day", this.log)) day.remove();
    let day, from, last;
    for (const item of [...this.log.children]) {
      const date = new Date($("time", item).dateTime);
      if (date.toDateString() !== day) {
        day = date.toDateString();
        from = undefined;
        const sign = document.createElement("div");
        sign.className = "day";
        const today = day === new Date().toDateString();
        sign.textContent = today ? "Today" : date.toLocaleDateString([], { day: "numeric", month: "long" });
        item.before(sign);
      }
      const goesOn = item.dataset.from !== undefined && item.dataset.from === from && date - last < TOGETHER;
      item.classList.toggle("goes-on", goesOn);
      from = item.dataset.from;
      last = date;
    }
  }

  nearEnd() {
    const log = this.log;
    return !log || log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  }

  toEnd() {
    if (this.log) this.log.scrollTop = this.log.scrollHeight;
  }

  // ---- what the person does ----

  send(content, to = this.chat) {
    const here = to === this.chat;
    const topic = here && this.topic && this.topic !== "all" ? { topic: Number(this.topic) } : {};
    const reply = here && this.context?.kind === "reply" ? { reply_to: this.context.id } : {};
    return drive("send", { from: this.person, chat: to, ...topic, ...reply, ...content });
  }

  /** Sends what is written, or changes the message that is being edited. */
  async write() {
    const text = this.draft.trim();
    if (!text) return;
    this.draft = "";
    try {
      if (this.context?.kind === "edit") {
        await drive("edit", { from: this.person, chat: this.chat, message_id: this.context.id, text });
      } else await this.send({ text });
      this.answerTo(null);
    } catch (error) {
      this.draft = text;
      throw error;
    }
  }

  /** What the next message answers or replaces; null: nothing. */
  answerTo(kind, id) {
    const bar = $(".context", this.element);
    if (!bar) return;
    const message = kind && this.find(id);
    const follow = this.nearEnd();
    if (this.context?.kind === "edit" && kind !== "edit") this.draft = "";
    this.context = message ? { kind, id } : null;
    bar.hidden = !message;
    if (follow) this.toEnd();
    if (!message) return;
    const text = $(".text", message)?.textContent ?? "";
    $("strong", bar).textContent = kind === "edit" ? "Edit" : `Reply to ${$(".author", message)?.textContent ?? (message.matches(".own") ? "yourself" : this.name())}`;
    $("span", bar).textContent = text || "Message";
    if (kind === "edit") this.draft = text;
    this.field?.focus();
  }

  /** A bot may ask that the next message answers its own. */
  obey() {
    const force = $("[data-force]", this.element)?.dataset.force;
    if (force && !this.context) this.answerTo("reply", Number(force));
  }

  /** Opens a link to a bot here: says /start with what the link carries, and shows that chat. */
  async follow(bot, start) {
    if (start) await this.send({ text: `/start ${start}` }, bot);
    await this.open(`${this.person}:${bot}`);
  }

  openUrl(url) {
    const link = /^https?:\/\/t\.me\/(\w+)(?:\?(.*))?$/.exec(url);
    const start = link && new URLSearchParams(link[2] || "").get("start");
    if (link && start !== null) return this.follow(link[1], start);
    window.open(url, "_blank", "noopener");
  }

  spin(message) {
    for (const key of $$(".key[data-row]", message)) {
      const { row, column } = key.dataset;
      const label = this.pressed.get(`${this.chat}/${message.dataset.id}/${row}/${column}`);
      const busy = label !== undefined && label === key.textContent;
      key.classList.toggle("busy", busy);
      key.setAttribute("aria-busy", String(busy));
    }
  }

  async press(key) {
    const { row, column } = key.dataset;
    const id = Number(key.closest(".message").dataset.id);
    const place = `${this.chat}/${id}/${row}/${column}`;
    if (this.pressed.has(place)) return;
    this.pressed.set(place, key.textContent);
    this.spin(this.find(id));
    const title = this.name();
    try {
      const button = [Number(row), Number(column)];
      const answer = await drive("press", { from: this.person, chat: this.chat, message_id: id, button });
      if (!answer.answered) toast(this.element, "The bot did not answer");
      else if (answer.url) await this.openUrl(answer.url);
      else if (answer.text && answer.alert) ask(title, answer.text, { alert: true });
      else if (answer.text) toast(this.element, answer.text);
    } finally {
      this.pressed.delete(place);
      // The message may have been drawn anew meanwhile.
      const now = this.find(id);
      if (now) this.spin(now);
    }
  }

  async share(what) {
    if (what === "contact") {
      const sure = await ask(`Share your phone number with ${this.name()}?`, "The bot gets your number and your name.", { yes: "Share" });
      if (sure) await this.send({ contact: true });
      return;
    }
    const dialog = $("#place");
    if (!(await choose(dialog))) return;
    const { latitude, longitude } = $("form[data-place]", dialog).elements;
    await this.send({ location: { latitude: latitude.valueAsNumber, longitude: longitude.valueAsNumber } });
  }

  /** Sends files as pictures or as documents; several together are an album. */
  async attach(files, kind) {
    const parts = await Promise.all([...files].slice(0, 10).map(async (file) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      let binary = "";
      for (let at = 0; at < bytes.length; at += 32768) binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
      return { [kind]: { file_name: file.name, mime_type: file.type || null, data: btoa(binary) } };
    }));
    if (!parts.length) return;
    const caption = this.draft.trim();
    if (parts.length > 1) {
      if (caption) parts[0].caption = caption;
      await this.send({ album: parts });
    } else await this.send({ ...parts[0], ...(caption && { caption }) });
    this.draft = "";
    this.answerTo(null);
  }

  /** What the menu of a message offers. */
  async act(act, id) {
    const whose = { from: this.person, chat: this.chat, message_id: id };
    if (act === "reply" || act === "edit") this.answerTo(act, id);
    else if (act === "copy") await this.copy($(".text", this.find(id))?.textContent ?? "");
    else if (act === "delete") await drive("delete", whose);
  }

  async copy(text) {
    await navigator.clipboard.writeText(text);
    toast(this.element, "Copied");
  }

  /** Adds the person's reaction, or takes it away when it is that one already. */
  async react(emoji, id) {
    const same = $(`.reaction[data-react="${CSS.escape(emoji)}"][aria-pressed=true]`, this.find(id));
    const whose = { from: this.person, chat: this.chat, message_id: id };
    await drive("react", same ? whose : { ...whose, emoji });
  }
}
