import { said } from "./words.js";

// New rows above the others as they come in. They wait while somebody reads further down, or has
// an event open or a row in focus, and nothing is asked for while the tab is hidden.
const EVERY = 2000; // milliseconds from an answer to the next question
const MOST = 500; // rows on the page

const page = document.querySelector(".explore-main[data-tail]");
if (page) follow(page);

function follow(page) {
  const table = page.querySelector("table.events");
  // Without a table there is nowhere to say anything, until the page comes anew.
  const button = document.getElementById("tail-new") ?? document.createElement("button");
  const told = document.getElementById("tail-said") ?? document.createElement("span");
  let next = page.dataset.tail;
  let held = [];

  const isReading = () => scrollY > 100 || table?.contains(document.activeElement) || document.querySelector("dialog[open]") !== null;

  async function ask() {
    if (!document.hidden) {
      let answer;
      try {
        answer = await fetch(next, { redirect: "manual" });
      } catch {
        // The server is away: it is asked again.
      }
      if (answer?.ok) take(await answer.text());
      // Logged out, or the cursor is of no use any more: the page says why when it is opened anew.
      else if (answer && answer.status < 500) return end();
    }
    setTimeout(ask, EVERY);
  }

  function take(html) {
    const came = document.createElement("template");
    came.innerHTML = html;
    const rows = came.content.querySelector("table[data-tail]");
    next = rows.dataset.tail;
    const bodies = [...rows.tBodies];
    if (!bodies.length) return;
    // There was nothing before: the page has no table yet.
    if (!table) return location.reload();
    held.push(bodies);
    isReading() ? count() : show();
  }

  function count() {
    const number = held.flat().reduce((sum, body) => sum + body.rows.length - 1, 0);
    button.textContent = said("%(number)s new", { number });
    button.hidden = number === 0;
  }

  function show() {
    let number = 0;
    for (const bodies of held) for (const body of bodies.reverse()) number += add(body);
    held = [];
    count();
    if (number) told.textContent = said(number === 1 ? "1 new event" : "%(number)s new events", { number });
    const rows = table.querySelectorAll("tbody tr:not(.day)");
    for (const row of [...rows].slice(MOST)) row.remove();
  }

  function add(body) {
    const [day, ...rows] = body.rows;
    const fresh = rows.filter((row) => !known(row));
    const first = [...table.tBodies].find((each) => each.rows[0].textContent === day.textContent);
    if (first) first.rows[0].after(...fresh);
    else if (fresh.length) table.tHead.after(body);
    return fresh.length;
  }

  function known(row) {
    const href = row.querySelector(".c-time a").getAttribute("href");
    return [...table.querySelectorAll(".c-time a")].some((link) => link.getAttribute("href") === href);
  }

  function end() {
    button.textContent = said("Ended: reload");
    button.hidden = false;
    button.onclick = () => location.reload();
  }

  button.onclick = () => {
    scrollTo(0, 0);
    show();
    button.closest(".group").querySelector("a").focus({ preventScroll: true });
  };
  addEventListener("scroll", () => held.length && !isReading() && show(), { passive: true });
  setTimeout(ask, EVERY);
}
