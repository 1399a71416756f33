// Drawn over the histogram, a range is that of the search. A click on a bar is one already.
const SVG = "http://www.w3.org/2000/svg";

for (const chart of document.querySelectorAll("svg[data-brush]")) {
  const bars = [...chart.querySelectorAll("a")];
  let from = null;
  let to = null;
  let brush = null;

  const at = (event) => {
    const box = chart.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    return Math.min(Math.max(place, 0), bars.length - 1);
  };

  const draw = () => {
    brush ??= chart.appendChild(document.createElementNS(SVG, "rect"));
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    brush.setAttribute("class", "brush");
    brush.setAttribute("x", `${(100 * first) / bars.length}%`);
    brush.setAttribute("width", `${(100 * (last - first + 1)) / bars.length}%`);
    brush.setAttribute("height", "72");
  };

  const forget = () => {
    brush?.remove();
    from = to = brush = null;
  };

  chart.addEventListener("dragstart", (event) => event.preventDefault());
  chart.addEventListener("pointerdown", (event) => {
    // A finger scrolls.
    if (event.button === 0 && event.pointerType !== "touch") from = to = at(event);
  });
  addEventListener("pointermove", (event) => {
    if (from === null || (brush === null && at(event) === from)) return;
    to = at(event);
    draw();
  });
  addEventListener("pointerup", () => {
    if (brush === null) return forget();
    const [first, last] = [bars[Math.min(from, to)], bars[Math.max(from, to)]];
    const target = new URL(first.href.baseVal, location);
    const end = new URL(last.href.baseVal, location).searchParams.get("before");
    target.searchParams.set("before", end);
    location.assign(target);
    // The click that follows is not one on a bar.
    chart.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
    from = null;
  });
  addEventListener("pointercancel", forget);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") forget();
  });
}
