// names on the map: the more important first, each where it covers nothing; placed anew after every move

(function (gp) {
  "use strict";

  const overlap = (a, b) => Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1)) * Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const box = (x, y, w, h) => ({ x1: x, y1: y, x2: x + w, y2: y + h });

  // where a label of this size may stand about its anchor, the best place first
  const around = (label, p, w, h) => {
    const over = label.centred ? [box(p.x - w / 2, p.y - h / 2, w, h)] : [];
    const sides = label.gaps.flatMap((g) => [
      box(p.x + g, p.y - h / 2, w, h), box(p.x - g - w, p.y - h / 2, w, h),
      box(p.x - w / 2, p.y - g - h, w, h), box(p.x - w / 2, p.y + g, w, h),
      box(p.x + g * 0.7, p.y - g * 0.7 - h, w, h), box(p.x + g * 0.7, p.y + g * 0.7, w, h),
      box(p.x - g * 0.7 - w, p.y - g * 0.7 - h, w, h), box(p.x - g * 0.7 - w, p.y + g * 0.7, w, h),
    ]);
    const g = label.gaps[0];
    if (!label.must) return [...over, ...sides];
    const steps = [0.5, -0.5, 1, -1, 1.5, -1.5, 2, -2, 3, -3, 4, -4, 5, -5];
    return [...sides, ...steps.flatMap((k) => [0, 24].flatMap((out) => [
      box(p.x + g + out, p.y - h / 2 + k * h, w, h), box(p.x - g - out - w, p.y - h / 2 + k * h, w, h),
    ]))];
  };

  const cost = (place, taken, size) => {
    const inside = overlap(place, box(3, 3, size.x - 6, size.y - 6));
    const whole = (place.x2 - place.x1) * (place.y2 - place.y1);
    return 3 * (whole - inside) + taken.reduce((sum, other) => sum + overlap(place, other), 0);
  };

  // a wrapped text leaves its box wider than its lines are
  const tight = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = range.getBoundingClientRect();
    const style = getComputedStyle(node);
    const rim = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight) + parseFloat(style.borderLeftWidth) + parseFloat(style.borderRightWidth);
    return Math.ceil(lines.width + rim) + 1;
  };

  const controls = (map) => {
    const frame = map.getContainer().getBoundingClientRect();
    return [...map.getContainer().querySelectorAll(".leaflet-control")].map((node) => {
      const r = node.getBoundingClientRect();
      return box(r.x - frame.x, r.y - frame.y, r.width, r.height);
    });
  };

  // each label: text, kind, colour, anchors (latitude and longitude, the best first), gaps in pixels, centred, must (never left out while its anchor shows)
  gp.placeLabels = (map, labels, symbols) => {
    const pane = map.getPane("labels");
    pane.replaceChildren();
    const size = map.getSize();
    const shows = (p) => p.x >= 0 && p.y >= 0 && p.x <= size.x && p.y <= size.y;
    const made = labels
      .map((label) => ({ label, points: label.anchors.map((at) => map.latLngToContainerPoint(at)).filter(shows) }))
      .filter((item) => item.points.length)
      .map((item) => ({ ...item, node: gp.el("div", { class: "label " + item.label.kind, dir: gp.dir() }, item.label.text) }));
    pane.append(...made.map((item) => item.node));
    for (const { node, label } of made.filter((item) => item.label.colour)) Object.assign(node.style, { color: label.colour, borderColor: label.colour });
    const widths = made.map((item) => tight(item.node));
    made.forEach((item, k) => (item.node.style.width = widths[k] + "px"));
    const sizes = made.map((item) => [item.node.offsetWidth, item.node.offsetHeight]);
    const taken = [...controls(map), ...symbols.map((s) => box(s.x - s.w / 2, s.y - s.h / 2, s.w, s.h))];
    made.forEach((item, k) => place(map, item, sizes[k], taken, size));
  };

  // a thin line from a symbol to a name that had to stand apart from it
  const lead = (map, p, place, gap) => {
    const end = { x: Math.max(place.x1, Math.min(p.x, place.x2)), y: Math.max(place.y1, Math.min(p.y, place.y2)) };
    const length = Math.hypot(end.x - p.x, end.y - p.y);
    if (length < gap + 12) return;
    const node = gp.el("div", { class: "lead" });
    node.style.width = length + "px";
    const at = map.containerPointToLayerPoint([p.x, p.y]);
    node.style.transform = "translate(" + at.x + "px," + at.y + "px) rotate(" + Math.atan2(end.y - p.y, end.x - p.x) + "rad)";
    map.getPane("labels").prepend(node);
  };

  const place = (map, item, [w, h], taken, size) => {
    const choices = item.points.flatMap((p) => around(item.label, p, w, h));
    const costs = choices.map((choice) => cost(choice, taken, size));
    const free = costs.findIndex((value) => value === 0);
    if (free < 0 && !item.label.must) {
      item.node.remove();
      return;
    }
    const best = choices[free >= 0 ? free : costs.indexOf(Math.min(...costs))];
    taken.push(best);
    const [p] = item.points;
    item.node.style.textAlign = best.x1 >= p.x ? "left" : best.x2 <= p.x ? "right" : "center";
    if (item.label.must) lead(map, p, best, item.label.gaps[0]);
    L.DomUtil.setPosition(item.node, map.containerPointToLayerPoint([best.x1, best.y1]));
  };
})(window.geoprox);
