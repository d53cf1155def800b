// Draws the charts of the page afresh, so that values can be read by pointing at them.
// Without this file the drawings made on the server stay as they are.
(() => {
  "use strict";

  const bubble = document.createElement("div");
  bubble.className = "bubble";
  bubble.hidden = true;
  document.body.append(bubble);

  const point = (_handler, event, _item, value) => {
    bubble.hidden = value === null || value === undefined || value === "";
    if (bubble.hidden) return;
    bubble.textContent = String(value);
    bubble.style.left = `${event.pageX + 14}px`;
    bubble.style.top = `${event.pageY - 40}px`;
  };

  // A legend in more columns than there is room for would be cut off. It begins where the bars do.
  const NAMES = 130;
  const wide = (text) => Array.from(text).reduce((sum, each) => sum + (each.charCodeAt(0) > 255 ? 13 : 8), 36);
  const fit = (spec, room) => {
    const { legend, scale } = (spec.encoding && spec.encoding.color) || {};
    if (!(legend && legend.columns)) return;
    const longest = Math.max(80, ...((scale && scale.domain) || []).map(wide));
    legend.columns = Math.max(1, Math.min(legend.columns, Math.floor((room - NAMES) / longest)));
  };

  const PAPER = 660;
  const drawn = new Map();

  const draw = async (figure) => {
    const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    const place = figure.querySelector(".chart__drawing");
    const fresh = document.createElement("div");
    const room = place.clientWidth;
    spec.width = Math.max(260, room);
    fit(spec, room);
    try {
      const { view } = await window.vegaEmbed(fresh, spec, {
        actions: false,
        ast: true,
        defaultStyle: false,
        renderer: "svg",
        tooltip: point,
      });
      place.replaceChildren(fresh);
      drawn.set(view, spec.width);
    } catch (error) {
      console.warn("chart not drawn in the browser", error.name);
    }
  };

  // As wide as a page of paper while it is printed: made smaller, the words could not be read.
  window.addEventListener("beforeprint", () => drawn.forEach((width, view) => view.width(Math.min(PAPER, width)).run()));
  window.addEventListener("afterprint", () => drawn.forEach((width, view) => view.width(width).run()));

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target);
    }
  });
  document.querySelectorAll("figure.chart").forEach((figure) => {
    // What the server has drawn can wait until it is looked at; what it has not is drawn at once.
    if (figure.querySelector(".chart__drawing svg")) seen.observe(figure);
    else draw(figure);
  });
})();
