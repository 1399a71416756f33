// Chosen rows: all of a page, a range with Shift, copied as JSON or as links. Each by itself is
// chosen, counted and exported without a script too.
import { copyText } from "./copy.js";
import { said } from "./words.js";

const form = document.getElementById("chosen");
if (form) attend(form, form.closest(".explore-main"));

function attend(form, page) {
  const all = page.querySelector("input[data-all]");
  const count = form.querySelector("output span");
  let last = null;

  const boxes = () => [...page.querySelectorAll("tbody .c-sel input")];
  const chosen = () => boxes().filter((box) => box.checked);

  function tell() {
    const number = chosen().length;
    count.textContent = number || "";
    all.checked = number > 0 && number === boxes().length;
    all.indeterminate = number > 0 && !all.checked;
  }

  function range(box) {
    const [from, to] = [boxes().indexOf(last), boxes().indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) for (const each of boxes().slice(from, to + 1)) each.checked = box.checked;
  }

  // Of the same answer that is exported: so it is on record, and nothing is left out.
  async function json() {
    const fields = new FormData(form);
    fields.set("format", "json");
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
    // Why not is told by the page that comes without a script.
    if (!answer.ok) return form.querySelector("[value=json]").click();
    return answer.text();
  }

  function links() {
    return chosen().map((box) => box.closest("tr").querySelector(".c-time a").href).join("\n");
  }

  page.addEventListener("click", (event) => {
    if (!event.target.matches(".c-sel input")) return;
    if (event.target === all) for (const box of boxes()) box.checked = all.checked;
    else if (event.shiftKey) range(event.target);
    last = event.target;
    tell();
  });
  form.addEventListener("reset", () => setTimeout(tell));
  for (const button of form.querySelectorAll("[data-copies]")) {
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = await { json, links }[button.dataset.copies]();
      if (text === undefined) return;
      await copyText(text);
      button.textContent = said("Copied");
      setTimeout(() => (button.textContent = words), 2000);
    });
  }
  all.hidden = false;
  tell();
}
