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

offerCopies(document);

async function copy(source, button) {
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Not over plain HTTP: there the old way still works.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    document.execCommand("copy");
  }
  button.textContent = said("Copied");
  setTimeout(() => (button.textContent = said("Copy")), 2000);
}
