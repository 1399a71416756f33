// What the scripts say, in the language of the page: found by what it is in English.
const words = JSON.parse(document.body.dataset.words ?? "{}");

export function said(english, values = {}) {
  const text = words[english] ?? english;
  return text.replace(/%\((\w+)\)s/g, (place, name) => values[name] ?? place);
}
