// The keyboard: / to the query, j and k through the rows, o or Enter to open one,
// x to choose it, ? for this list.
const rows = () => [...document.querySelectorAll("[data-opens]")];
const keys = document.getElementById("keys");

const ACTS = {
  "/": () => document.getElementById("q"),
  j: () => step(1),
  k: () => step(-1),
  o: () => void focused()?.click(),
  x: () => void document.activeElement.closest(".events tr")?.querySelector(".c-sel input")?.click(),
  "?": () => toggle(keys),
};

function focused() {
  return document.activeElement.closest("tr, li")?.querySelector("[data-opens]");
}

function step(by) {
  const all = rows();
  const at = all.indexOf(focused());
  return at < 0 ? all[0] : all[Math.min(Math.max(at + by, 0), all.length - 1)];
}

function toggle(menu) {
  // A layout of the host's may leave it out.
  if (!menu) return;
  menu.open = !menu.open;
  return menu.querySelector("summary");
}

function leave() {
  const open = [...document.querySelectorAll("details.menu[open]")].at(-1);
  if (!open) return document.activeElement.blur();
  open.open = false;
  open.querySelector("summary").focus();
}

function isTyping(element) {
  return element.matches("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") return leave();
  const act = ACTS[event.key];
  if (!act || isTyping(event.target)) return;
  event.preventDefault();
  const next = act();
  // The list of keys is in sight wherever the page is scrolled to.
  next?.focus({ preventScroll: event.key === "?" });
  next?.select?.();
});

// Only now there is something to tell of them.
if (keys) keys.hidden = false;
document.querySelectorAll("kbd[hidden]").forEach((hint) => (hint.hidden = false));
