// Writing: the text field, the menu of commands under the fingers, attachments.

import { $, $$, pop } from "./tools.js";

const commands = (pane) => $(".commands", pane.element);
const isOpen = (menu) => menu?.matches(":popover-open");
const offered = (menu) => $$("[role=option]:not([hidden])", menu);

/** Shows the commands that begin as the text does; all of them on demand. */
export function offer(pane, all = false) {
  const menu = commands(pane);
  if (!menu) return;
  const typed = /^\/\S*$/.exec(pane.draft)?.[0];
  const options = $$("[role=option]", menu);
  for (const option of options) option.hidden = !all && !option.dataset.send.startsWith(typed ?? " ");
  if (!options.some((option) => !option.hidden)) return withdraw(pane);
  if (isOpen(menu)) menu.hidePopover();
  menu.style.width = `${$(".write", pane.element).getBoundingClientRect().width}px`;
  pop(menu, $(".write", pane.element), true);
  mark(pane, offered(menu)[0]);
}

export function withdraw(pane) {
  const menu = commands(pane);
  if (isOpen(menu)) menu.hidePopover();
  pane.field?.removeAttribute("aria-activedescendant");
}

export function toggle(pane) {
  if (isOpen(commands(pane))) withdraw(pane);
  else offer(pane, true);
  if (!matchMedia("(pointer: coarse)").matches) pane.field.focus();
}

/** The option that Enter would take. */
function mark(pane, option) {
  for (const other of $$("[role=option]", commands(pane))) other.setAttribute("aria-selected", String(other === option));
  if (!option) return;
  option.id = "chosen-command";
  for (const other of $$("#chosen-command")) if (other !== option) other.removeAttribute("id");
  pane.field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

/** Keys in the text field. */
export function key(event, pane) {
  const menu = commands(pane);
  const open = isOpen(menu);
  const options = open ? offered(menu) : [];
  const chosen = options.find((option) => option.getAttribute("aria-selected") === "true");
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (open && way) mark(pane, options[(options.indexOf(chosen) + way + options.length) % options.length]);
  else if (open && event.key === "Tab" && chosen) {
    pane.draft = `${chosen.dataset.send} `;
    withdraw(pane);
  } else if (open && event.key === "Enter" && chosen) chosen.click();
  else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) event.target.form.requestSubmit();
  else if (event.key === "Escape") {
    if (open) withdraw(pane);
    else if (pane.context) pane.answerTo(null);
    else event.target.blur();
  } else if (event.key === "ArrowUp" && !pane.draft) {
    const own = $$(".message.own", pane.element).filter((message) => $(".text", message)).pop();
    if (!own) return;
    pane.answerTo("edit", Number(own.dataset.id));
  } else return;
  event.preventDefault();
}

/** Files that were dropped on a chat or pasted into it. */
export function filesOf(transfer) {
  const files = [...(transfer?.files ?? [])];
  const pictures = files.every((file) => /^image\/(png|jpeg|gif|webp)$/.test(file.type));
  return { files, kind: pictures ? "photo" : "document" };
}
