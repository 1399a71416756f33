import { said } from "./words.js";

// Completion of the query: a combobox as in https://www.w3.org/WAI/ARIA/apg/patterns/combobox/.
const WAIT = 120; // milliseconds without a key before the server is asked

const box = document.querySelector("input[data-complete]");
if (box) offer(box);

function offer(input) {
  const list = document.createElement("ul");
  list.id = "q-options";
  list.className = "pop pop-left pop-list options";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", said("Completions"));
  list.hidden = true;
  input.after(list);
  // A combobox is a text field, whatever it is for.
  input.type = "text";
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);

  let found = { from: 0, options: [] };
  let active = -1;
  let timer = 0;
  let asking = null;
  close();

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function forget() {
    clearTimeout(timer);
    asking?.abort();
    close();
  }

  function isInWord() {
    return /[^\s(]$/.test(input.value.slice(0, input.selectionStart));
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const url = new URL(input.dataset.complete, location);
    url.searchParams.set("q", input.value.slice(0, input.selectionStart));
    try {
      const answer = await fetch(url, { signal: asking.signal, headers: { Accept: "application/json" } });
      found = answer.ok ? await answer.json() : { from: 0, options: [] };
    } catch {
      return; // asked again since, or the server is away: then it is a field to type in
    }
    show();
  }

  function show() {
    active = -1;
    list.replaceChildren(...found.options.map(row));
    if (!found.options.length) return close();
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  }

  function row(option, at) {
    const item = document.createElement("li");
    item.id = `q-option-${at}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const label = document.createElement("bdi");
    label.className = "mono cut";
    label.textContent = option.label;
    const note = document.createElement("span");
    note.className = "quiet small cut";
    note.textContent = option.note;
    item.append(label, note);
    // Before the field loses the focus.
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      take(option);
    });
    return item;
  }

  function move(by) {
    const items = [...list.children];
    active = (active + by + items.length + (active < 0 && by < 0 ? 1 : 0)) % items.length;
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    items[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[active].id);
  }

  function take(option) {
    const goesOn = /[:.]$/.test(option.text);
    const before = input.value.slice(0, found.from) + option.text + (goesOn ? "" : " ");
    const after = input.value.slice(input.selectionStart);
    input.value = before + (goesOn ? after : after.trimStart());
    input.setSelectionRange(before.length, before.length);
    close();
    if (goesOn) ask();
  }

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.isComposing) return forget();
    // By then the cursor may be elsewhere.
    timer = setTimeout(() => (isInWord() ? ask() : forget()), WAIT);
  });
  // What stands beside the results only as a number: its field begins the next word, and values are offered.
  function begin(field) {
    const before = input.value.trimEnd();
    input.value = before + (before && " ") + field;
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
    ask();
  }

  document.querySelectorAll("a[data-begin]").forEach((link) =>
    link.addEventListener("click", (event) => {
      event.preventDefault();
      // On a phone this closes the sheet that the link is on.
      location.hash = link.hash;
      begin(link.dataset.begin);
    }),
  );
  input.addEventListener("blur", forget);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isOpen = !list.hidden;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && isOpen) move(by);
    else if (event.key === "ArrowDown") ask();
    else if (isOpen && active >= 0 && (event.key === "Enter" || event.key === "Tab")) take(found.options[active]);
    else if (isOpen && event.key === "Escape") close();
    else {
      if (event.key === "Enter") forget();
      return;
    }
    event.preventDefault();
  });
}
