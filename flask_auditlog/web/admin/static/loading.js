// While the page is asked for with another search, its results are dimmed and keep their place.
const results = document.querySelector("[data-results]");

if (results) {
  addEventListener("submit", (event) => {
    const form = event.target;
    if (!event.defaultPrevented && form.method === "get" && isHere(new URL(form.getAttribute("action") ?? "", location))) dim(true);
  });
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && !event.defaultPrevented && isPlain(event) && !link.target && isHere(link) && !isWithin(link)) dim(true);
  });
  // Back again, with the page as it was left; or the browser was told to stop.
  addEventListener("pageshow", () => dim(false));
  addEventListener("keydown", (event) => event.key === "Escape" && dim(false));
}

function dim(is) {
  is ? results.setAttribute("aria-busy", "true") : results.removeAttribute("aria-busy");
}

function isHere(address) {
  return address.origin === location.origin && address.pathname === location.pathname;
}

function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

// A link to a place of the page that is there loads nothing.
function isWithin(link) {
  return link.hash !== "" && link.search === location.search;
}
