// Drawn over the histogram, a range is that of the search. A click on a bar is one already.
const SVG = "http://www.w3.org/2000/svg";
// A finger that taps moves a little, and bars are narrow on a phone: pixels before it draws.
const SLOP = { mouse: 0, pen: 4, touch: 12 };

for (const chart of document.querySelectorAll("svg[data-brush]")) {
  const bars = [...chart.querySelectorAll("a")];
  let from = null;
  let to = null;
  let brush = null;
  let began = null;

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
    brush.setAttribute("height", chart.dataset.brush);
  };

  const forget = () => {
    brush?.remove();
    from = to = brush = began = null;
  };

  chart.addEventListener("dragstart", (event) => event.preventDefault());
  chart.addEventListener("pointerdown", (event) => {
    // A finger that goes up or down scrolls: then the browser takes the pointer away.
    if (event.button !== 0 || !event.isPrimary) return forget();
    from = to = at(event);
    began = event.clientX;
  });
  addEventListener("pointermove", (event) => {
    if (from === null || !event.isPrimary) return;
    const isStill = at(event) === from || Math.abs(event.clientX - began) <= (SLOP[event.pointerType] ?? 0);
    if (brush === null && isStill) return;
    to = at(event);
    draw();
  });
  addEventListener("pointerup", (event) => {
    if (!event.isPrimary) return;
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
