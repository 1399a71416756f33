import { said } from "./words.js";

// A button beside all that is there to be taken along. Without it the text can be selected.
export function offerCopies(root) {
  root.querySelectorAll("[data-copy]").forEach(offerCopy);
}

function offerCopy(source) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm";
  button.textContent = said("Copy");
  button.setAttribute("aria-label", said("Copy %(what)s", { what: source.dataset.copy }));
  button.addEventListener("click", () => copy(source, button));
  const head = source.closest("section")?.querySelector("header");
  if (head) head.append(button);
  else source.closest(".field").after(button);
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Not over plain HTTP: there the old way still works.
    const area = document.createElement("textarea");
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

async function copy(source, button) {
  await copyText(source.value ?? source.textContent);
  button.textContent = said("Copied");
  setTimeout(() => (button.textContent = said("Copy")), 2000);
}
