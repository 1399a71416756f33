// The drawer: a row opens beside the results instead of a page of its own. The address says which
// event is open, so it can be passed on and gone back to. What goes wrong is told by the event's page.
import { offerCopies } from "./copy.js";

const EVENT = /\/events\/([0-9a-f-]{36})$/;

const drawer = document.getElementById("drawer");
if (drawer) {
  document.querySelectorAll("details[data-leads]").forEach(lead);
  attend(drawer);
}

// What is known of a row folds out in it where there is no script. Here the row leads there.
function lead(fold) {
  const row = fold.querySelector("summary");
  const link = document.createElement("a");
  link.className = row.className;
  link.href = fold.dataset.leads;
  link.dataset.opens = "";
  link.append(...row.childNodes);
  fold.replaceWith(link);
}

function attend(drawer) {
  const body = drawer.querySelector(".drawer-body");
  const full = drawer.querySelector("[data-full]");
  const steps = [...drawer.querySelectorAll("[data-step]")];
  let uid = null;
  let asking = null;

  const page = drawer.closest(".opens");
  const links = () => [...page.querySelectorAll("[data-opens]")];
  const here = () => links().findIndex((link) => uidOf(link) === uid);
  const address = (wanted) => new URL(drawer.dataset.event.replace("/events/UID", `/events/${wanted}`), location);

  async function open(url, { isNew = true } = {}) {
    asking?.abort();
    asking = new AbortController();
    body.setAttribute("aria-busy", "true");
    const part = new URL(url);
    part.pathname += "/drawer";
    part.hash = "";
    let html;
    try {
      const answer = await fetch(part, { signal: asking.signal, redirect: "manual" });
      if (!answer.ok) return location.assign(url);
      html = await answer.text();
    } catch (fault) {
      return fault.name === "AbortError" ? undefined : location.assign(url);
    }
    fill(html, url);
    if (isNew) remember();
    show();
  }

  function fill(html, url) {
    uid = EVENT.exec(url.pathname)[1];
    // It is made by the server, which escapes what an event says; and no script in it would run.
    body.innerHTML = html;
    body.removeAttribute("aria-busy");
    offerCopies(body);
    full.href = url;
    mark();
  }

  function mark() {
    const at = here();
    links().forEach((link, each) => {
      link.closest("tr, li").classList.toggle("is-open", each === at);
      each === at ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    });
    steps.forEach((button) => (button.disabled = at < 0 || !links()[at + Number(button.dataset.step)]));
  }

  function show() {
    const wasOpen = drawer.open;
    page.classList.add("with-drawer");
    // Where it covers everything, nothing else can be reached.
    if (!wasOpen) matchMedia("(max-width: 860px)").matches ? drawer.showModal() : drawer.show();
    body.scrollTop = drawer.scrollTop = 0;
    const stays = wasOpen && document.activeElement.matches("[data-step]:not(:disabled)");
    // It is in sight, but in a frame that is taller than the window: there the page around it scrolls.
    if (!stays) document.getElementById("drawer-title").focus({ preventScroll: self === top });
  }

  function hide() {
    asking?.abort();
    if (!drawer.open) return;
    const row = links()[here()];
    uid = null;
    drawer.close();
    page.classList.remove("with-drawer");
    body.replaceChildren();
    mark();
    (row ?? page.querySelector(".results"))?.focus({ preventScroll: row === undefined });
  }

  function remember() {
    const now = hereWith(`open=${uid}`);
    drawer.open ? history.replaceState(history.state, "", now) : history.pushState({ drawer: true }, "", now);
  }

  function leave() {
    // Back to the address without it, which is the one before where it was opened here.
    if (history.state?.drawer) return history.back();
    history.replaceState(null, "", hereWith());
    hide();
  }

  function step(by) {
    const next = links()[here() + by];
    if (uid && here() >= 0 && next) open(new URL(next.href));
  }

  function follow() {
    const wanted = new URLSearchParams(location.search).get("open");
    if (!wanted || !EVENT.test(`/events/${wanted}`)) hide();
    else if (wanted !== uid) open(address(wanted), { isNew: false });
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("[data-opens], .drawer-body a");
    if (!link || !uidOf(link)) return;
    event.preventDefault();
    open(new URL(link.href));
  });
  drawer.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.step) step(Number(button.dataset.step));
    if (button?.hasAttribute("data-close")) leave();
  });
  drawer.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  // Before the keys of the page.
  document.addEventListener("keydown", (event) => key(event), { capture: true });
  addEventListener("popstate", follow);
  follow();

  function key(event) {
    if (!drawer.open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const isTyping = event.target.matches("textarea, select, input:not([type=checkbox], [type=radio])");
    if (isTyping || document.querySelector("details.menu[open]")) return;
    const acts = { Escape: leave };
    if (drawer.contains(event.target)) Object.assign(acts, { j: () => step(1), k: () => step(-1), o: () => full.click() });
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }
}

function hereWith(...more) {
  // As it stands: an address that is made anew is written in another way.
  const kept = location.search.slice(1).split("&").filter((each) => each && !each.startsWith("open="));
  const asked = [...kept, ...more].join("&");
  return asked ? `${location.pathname}?${asked}` : location.pathname;
}

function uidOf(link) {
  return link.search.includes("format=") ? undefined : EVENT.exec(link.pathname)?.[1];
}
