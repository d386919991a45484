// What every part of the page needs: the driving API, fragments of HTML, notices, dialogs, popups.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Calls the driving API; a refusal is thrown with its reason. */
export async function drive(path, data, method = "POST") {
  const response = await fetch(`/_emulator/${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: data === undefined ? undefined : JSON.stringify(data),
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

/** Shows a notice in a pane, or on a page without panes. */
export function toast(root, text) {
  const note = document.createElement("div");
  note.className = "toast";
  note.textContent = text;
  const place = ($(".toasts", root ?? document) ?? document.body);
  place.append(note);
  setTimeout(() => note.remove(), 4500);
}

/** HTML of the server as nodes, with its times in local words. */
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  localise(template.content);
  return template.content;
}

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const date = new Date(time.dateTime);
    const today = new Date().toDateString() === date.toDateString();
    if (time.closest(".entry") && !today) {
      time.textContent = date.toLocaleDateString([], { day: "numeric", month: "short" });
    } else {
      const exact = time.matches(".precise") ? { second: "2-digit", hourCycle: "h23" } : {};
      time.textContent = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...exact });
    }
    time.title = date.toLocaleString();
  }
}

/** Opens a dialog and tells which of its answers was chosen; closing it is "no". */
export function choose(dialog) {
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** A question with two answers, or with `alert` a notice that waits to be read. */
export function ask(title, text, { yes = "OK", alert = false } = {}) {
  const box = $("#ask");
  $("h2", box).textContent = title;
  $("p", box).textContent = text;
  $("[value=no]", box).hidden = alert;
  $("[value=yes]", box).textContent = yes;
  return choose(box);
}

/** Opens a popup beside what opened it, within the window; a second time closes it. */
export function pop(popup, anchor, above = false) {
  if (popup.matches(":popover-open")) return popup.hidePopover();
  popup.showPopover();
  const at = anchor.getBoundingClientRect();
  const own = popup.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - own.width - 8));
  const under = at.bottom + 6;
  const top = above || under + own.height > innerHeight - 8 ? at.top - own.height - 6 : under;
  popup.style.left = `${left}px`;
  popup.style.top = `${Math.max(8, top)}px`;
}

/** Moves the focus among siblings of a kind by the arrow keys; true when the key was one of them. */
export function step(event, items) {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!way || !items.length) return false;
  event.preventDefault();
  const now = items.indexOf(document.activeElement);
  items[(now + way + items.length) % items.length].focus();
  return true;
}
