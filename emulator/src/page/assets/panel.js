// The panel: clock, faults, transcript.

import { $, $$, drive, fragment, toast } from "./tools.js";

/** Rows kept in the page. */
const KEPT = 400;

export class Panel {
  constructor(element, changed) {
    this.element = element;
    this.changed = changed;
    if ($(".panel", element)) this.adopt();
    element.addEventListener("click", (event) => this.click(event));
    element.addEventListener("submit", (event) => this.submit(event));
    element.addEventListener("input", (event) => event.target.closest("[data-filter]") && this.look());
    setInterval(() => this.tick(), 1000);
  }

  get isOpen() {
    return !this.element.hidden && Boolean($(".panel", this.element));
  }

  /** What the stream needs to know of an open panel. */
  get query() {
    if (!this.isOpen) return {};
    return { panel: 1, after: this.seen, ...this.filter() };
  }

  filter() {
    return Object.fromEntries([...new FormData($("[data-filter]", this.element))].filter(([, value]) => value));
  }

  async toggle() {
    if (this.element.hidden) {
      const response = await fetch("/app/panel");
      this.element.innerHTML = await response.text();
      this.adopt();
    }
    this.element.hidden = !this.element.hidden;
    for (const button of $$("[data-panel][aria-expanded]")) button.setAttribute("aria-expanded", String(!this.element.hidden));
    this.changed();
  }

  /** Takes over what the server drew. */
  adopt() {
    const panel = $(".panel", this.element);
    this.seen = Number(panel.dataset.seq);
    const now = $("[data-now]", panel);
    this.clock({ now: Number(now.dataset.now), offset: Number(now.dataset.offset) });
    const calls = $(".calls", panel);
    calls.replaceChildren(fragment(calls.innerHTML));
  }

  clock({ now, offset }) {
    this.ahead = now - Date.now();
    this.offset = offset;
    this.tick();
  }

  tick() {
    const shown = $("[data-now]", this.element);
    if (!shown) return;
    shown.textContent = new Date(Date.now() + this.ahead).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
    const minutes = Math.round(this.offset / 60000);
    const [days, hours] = [Math.trunc(minutes / 1440), Math.trunc((minutes % 1440) / 60)];
    const parts = [days && `${days} d`, hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean);
    $("[data-ahead]", this.element).textContent = parts.length ? `${parts.join(" ")} from real time` : "real time";
  }

  faults({ html }) {
    $("[data-part=faults]", this.element)?.replaceChildren(fragment(html));
  }

  /** New rows, which the stream may bring twice after a break. */
  calls({ html }) {
    const list = $(".calls", this.element);
    if (!list) return;
    const rows = [...fragment(html).children].filter((row) => Number(row.dataset.seq) > this.seen);
    if (!rows.length) return;
    this.seen = Number(rows[0].dataset.seq);
    const scrolled = list.scrollTop > 8 ? list.scrollHeight : null;
    list.prepend(...rows);
    // Whoever reads further down goes on reading there.
    if (scrolled !== null) list.scrollTop += list.scrollHeight - scrolled;
    while (list.children.length > KEPT) list.lastElementChild.remove();
  }

  /** The transcript through the filter. */
  async look() {
    const response = await fetch(`/app/panel?${new URLSearchParams(this.filter())}`);
    const panel = fragment(await response.text()).firstElementChild;
    this.seen = Number(panel.dataset.seq);
    $(".calls", this.element).replaceChildren(...$(".calls", panel).children);
    this.changed();
  }

  click(event) {
    const button = event.target.closest("[data-advance], [data-remove-fault]");
    if (!button) return;
    const { advance, removeFault } = button.dataset;
    if (removeFault) this.attempt(drive(`faults/${removeFault}`, undefined, "DELETE"));
    else this.attempt(drive("clock", { advance: advance === "real" ? -this.offset / 1000 : Number(advance) }));
  }

  submit(event) {
    event.preventDefault();
    if (event.target.matches("[data-set-clock]")) {
      // Written in local time, as the clock is shown.
      const now = new Date(event.target.elements.now.value).toISOString();
      return this.attempt(drive("clock", { now }));
    }
    if (!event.target.matches("[data-new-fault]")) return;
    const numbers = ["bot", "chat", "count", "seconds", "status"];
    const given = [...new FormData(event.target)].filter(([, value]) => value !== "");
    const rule = Object.fromEntries(given.map(([name, value]) => [name, numbers.includes(name) ? Number(value) : value]));
    this.attempt(drive("faults", rule).then(() => (event.target.parentElement.open = false)));
  }

  attempt(promise) {
    promise.catch((error) => toast(null, error.message));
  }
}
