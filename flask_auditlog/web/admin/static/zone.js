import { said } from "./words.js";

// The time zone of the reader's own machine, as a link: the server does not know it.
const local = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const place of document.querySelectorAll("[data-zone]")) {
  const others = new Set([local, "UTC"]);
  others.delete(place.dataset.zone);
  others.delete(undefined);
  for (const name of others) {
    const to = new URL(location);
    if (name === "UTC") to.searchParams.delete("zone");
    else to.searchParams.set("zone", name);
    const link = document.createElement("a");
    link.href = to;
    link.textContent = name === local ? said("Local (%(zone)s)", { zone: name }) : name;
    place.append(" ", link);
  }
}
