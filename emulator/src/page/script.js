// The browser chat's hands: sends, presses, shares, and lets server-sent fragments in.
"use strict";

const body = document.body;
const person = Number(body.dataset.person);
const chat = body.dataset.chat;
const $ = (selector, root = document) => root.querySelector(selector);

async function drive(path, data) {
  const response = await fetch(`/_emulator/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(data),
  });
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = { error: text };
  }
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer;
}

function toast(text) {
  const note = document.createElement("div");
  note.className = "toast";
  note.textContent = text;
  $("#toasts").append(note);
  setTimeout(() => note.remove(), 4500);
}

function complain(error) {
  const text = error.message || String(error);
  if ($("#toasts")) toast(text);
  else window.alert(text);
}

function send(content, to = chat) {
  const topic = to === chat && $("#composer select[name=topic]")?.value;
  return drive("send", { from: person, chat: to, ...(topic && { topic: Number(topic) }), ...content });
}

// ---- times, scrolling ----

function localise(root) {
  for (const time of root.querySelectorAll("time")) {
    const date = new Date(time.dateTime);
    const today = new Date().toDateString() === date.toDateString();
    const entry = time.parentElement.classList.contains("entry");
    time.textContent = entry && !today
      ? date.toLocaleDateString([], { day: "numeric", month: "short" })
      : date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    time.title = date.toLocaleString();
  }
}

const messages = $("#messages");
const nearEnd = () =>
  messages.scrollHeight - messages.scrollTop - messages.clientHeight < 120;
const toEnd = () => messages && (messages.scrollTop = messages.scrollHeight);

// ---- fragments ----

function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  localise(template.content);
  return template.content;
}

function showMessage({ id, own, html }) {
  const follow = own || nearEnd();
  const fresh = fragment(html);
  const old = document.getElementById(`m${id}`);
  if (old) {
    // A key that is still waiting for its answer goes on spinning.
    for (const busy of old.querySelectorAll(".key.busy")) {
      const { row, column } = busy.dataset;
      const same = $(`.key[data-row="${row}"][data-column="${column}"]`, fresh);
      if (same && same.textContent === busy.textContent) same.classList.add("busy");
    }
    old.replaceWith(fresh);
  } else {
    fresh.firstElementChild.classList.add("fresh");
    messages.append(fresh);
  }
  if (follow) toEnd();
}

function showComposer(html) {
  const composer = $("#composer");
  const field = $("textarea", composer);
  const draft = field?.value ?? "";
  const topic = $("select[name=topic]", composer)?.value;
  const focused = document.activeElement === field && field !== null;
  const follow = nearEnd();
  composer.replaceChildren(fragment(html));
  const now = $("textarea", composer);
  const topics = $("select[name=topic]", composer);
  if (topics && topic && $(`option[value="${topic}"]`, topics)) topics.value = topic;
  if (now) {
    now.value = draft;
    grow(now);
    if (focused) now.focus();
  }
  if (follow) toEnd();
}

// After a break in the stream everything is asked for again.
async function refresh() {
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ["chats", "messages", "composer"]) {
    const fresh = page.getElementById(id);
    const old = document.getElementById(id);
    if (!fresh || !old) continue;
    if (id === "composer") showComposer(fresh.innerHTML);
    else old.replaceChildren(fragment(fresh.innerHTML));
  }
  toEnd();
}

function listen() {
  const source = new EventSource(
    `/app/stream?as=${person}${chat ? `&chat=${encodeURIComponent(chat)}` : ""}`,
  );
  let broken = false;
  let typing;
  const on = (name, act) =>
    source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  source.onerror = () => {
    broken = true;
    body.classList.add("offline");
  };
  source.onopen = () => {
    body.classList.remove("offline");
    if (broken) refresh();
    broken = false;
  };
  on("chats", ({ html }) => $("#chats").replaceChildren(fragment(html)));
  on("message", (message) => {
    if (!message.own) quiet();
    showMessage(message);
  });
  on("gone", ({ id }) => document.getElementById(`m${id}`)?.remove());
  on("composer", ({ html }) => showComposer(html));
  on("reload", refresh);
  const quiet = () => {
    clearTimeout(typing);
    const status = $("#status");
    status.textContent = status.dataset.idle;
    status.classList.remove("busy");
  };
  on("typing", ({ action }) => {
    const status = $("#status");
    status.textContent = action === "typing" ? "typing…" : "sending a file…";
    status.classList.add("busy");
    clearTimeout(typing);
    typing = setTimeout(quiet, 5000);
  });
}

// ---- acts ----

function openUrl(url) {
  const link = /^https?:\/\/t\.me\/(\w+)(?:\?(.*))?$/.exec(url);
  const start = link && new URLSearchParams(link[2] || "").get("start");
  if (link && start !== null) follow(link[1], start);
  else window.open(url, "_blank", "noopener");
}

async function follow(bot, start) {
  try {
    if (start) await send({ text: `/start ${start}` }, bot);
    location.href = `/?as=${person}&chat=${encodeURIComponent(bot)}`;
  } catch (error) {
    complain(error);
  }
}

async function press(key) {
  if (key.classList.contains("busy")) return;
  key.classList.add("busy");
  const id = Number(key.closest(".message").dataset.id);
  const { row, column } = key.dataset;
  try {
    const button = [Number(row), Number(column)];
    const answer = await drive("press", { from: person, chat, message_id: id, button });
    if (!answer.answered) toast("The bot did not answer");
    else if (answer.url) openUrl(answer.url);
    else if (answer.text && answer.alert) {
      const box = $("#alert");
      $("p", box).textContent = answer.text;
      box.showModal();
    } else if (answer.text) toast(answer.text);
  } catch (error) {
    complain(error);
  } finally {
    // The bubble may have been drawn anew meanwhile.
    const now = document.getElementById(`m${id}`);
    for (const busy of now?.querySelectorAll(`.key.busy[data-row="${row}"][data-column="${column}"]`) ?? []) {
      busy.classList.remove("busy");
    }
    key.classList.remove("busy");
  }
}

function ask(text) {
  const box = $("#confirm");
  $("p", box).textContent = text;
  box.returnValue = "no";
  box.showModal();
  return new Promise((resolve) => {
    box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true });
  });
}

async function share(what) {
  const name = $("header h1").textContent;
  if (what === "contact") {
    if (await ask(`Share your phone number with ${name}?`)) await send({ contact: true });
    return;
  }
  if (!(await ask(`Share your location with ${name}?`))) return;
  // Without leave to know the place, Alexanderplatz is as good as any.
  const place = await new Promise((resolve) => {
    const fallback = () => resolve({ latitude: 52.5219, longitude: 13.4132 });
    if (!navigator.geolocation) return fallback();
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude }),
      fallback,
      { timeout: 3000 },
    );
  });
  await send({ location: place });
}

async function attach(input) {
  const file = input.files[0];
  if (!file) return;
  const data = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] || "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  const kind = /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? "photo" : "document";
  const field = $("textarea");
  const content = { [kind]: { file_name: file.name, mime_type: file.type || null, data } };
  if (field.value.trim()) content.caption = field.value.trim();
  input.value = "";
  await send(content);
  field.value = "";
  grow(field);
}

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
}

async function write(form) {
  const field = form.elements.text;
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  grow(field);
  try {
    await send({ text });
  } catch (error) {
    field.value = text;
    throw error;
  }
}

async function begin(form) {
  const fields = Object.fromEntries(
    [...new FormData(form)].filter(([, value]) => value !== ""),
  );
  const made = await drive("people", fields);
  location.href = `/?as=${made.id}`;
}

document.addEventListener("click", (event) => {
  const target = event.target.closest(
    "a.deep, .key[data-row], [data-send], [data-share], [data-block], .spoiler, blockquote.expandable",
  );
  if (!target) return;
  if (target.matches("a.deep")) {
    event.preventDefault();
    follow(target.dataset.bot, target.dataset.start);
  } else if (target.matches(".key")) press(target);
  else if (target.dataset.send !== undefined) {
    target.closest("[popover]")?.hidePopover();
    send({ text: target.dataset.send })
      .then(() => target.matches(".start") && location.search.includes("start=") && location.replace(`/?as=${person}&chat=${encodeURIComponent(chat)}`))
      .catch(complain);
  } else if (target.dataset.share) share(target.dataset.share).catch(complain);
  else if (target.dataset.block) {
    drive("block", { from: person, chat, blocked: target.dataset.block === "true" })
      .then(() => location.reload())
      .catch(complain);
  } else target.classList.toggle("shown");
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-write]")) {
    event.preventDefault();
    write(event.target).catch(complain);
  } else if (event.target.matches("[data-new-person]")) {
    event.preventDefault();
    begin(event.target).catch(complain);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.key === "Enter" && event.target.matches(".spoiler")) event.target.click();
});

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea")) grow(event.target);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file]")) attach(event.target).catch(complain);
});

localise(document);
toEnd();
if (body.matches(".workspace")) listen();
