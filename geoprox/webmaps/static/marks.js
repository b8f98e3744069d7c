// symbols, and the samples of the legend: shapes differ as well as colours

(function (gp) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const PATHS = {
    circle: "M10 2.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15z",
    square: "M3.5 3.5h13v13h-13z",
    triangle: "M10 2.2L18.3 17H1.7z",
    diamond: "M10 1.2L18.8 10L10 18.8L1.2 10z",
  };
  gp.WITHIN = "#b34700";
  gp.POSSIBLE = "#8a6500";

  const svg = (tag, attributes, ...children) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };

  const drawing = (width, height, ...children) =>
    svg("svg", { width, height, viewBox: "0 0 " + width + " " + height, "aria-hidden": "true", class: "mark" }, ...children);

  // hollow: the position is vague, and the symbol stands for the whole circle
  gp.mark = (layer, hollow) =>
    drawing(20, 20, svg("path", {
      d: PATHS[layer.shape] || PATHS.circle,
      fill: hollow ? "#fff" : layer.colour,
      stroke: hollow ? layer.colour : "#fff",
      "stroke-width": hollow ? 3 : 1.5,
      "stroke-linejoin": "round",
    }));

  const line = (colour, more) => svg("path", { d: "M1 10h30", fill: "none", stroke: colour, "stroke-width": 2, ...more });
  const stripes = (colour) => [-12, -4, 4, 12, 20].map((x) =>
    svg("path", { d: "M" + (x + 4) + " 18l16-16", stroke: colour, "stroke-width": 1.5, fill: "none" }));

  gp.samples = {
    ring: (colour) => drawing(32, 20, line(colour, { "stroke-width": 2.5 })),
    outer: (colour) => drawing(32, 20, line(colour, { "stroke-dasharray": "2 5", "stroke-width": 2.5, "stroke-linecap": "round" })),
    circle: (colour) => drawing(32, 20, svg("circle", {
      cx: 16, cy: 10, r: 8, fill: colour, "fill-opacity": 0.06, stroke: colour, "stroke-width": 1.4, "stroke-dasharray": "4 3",
    })),
    outline: (colour) => drawing(32, 20, svg("path", {
      d: "M4 5l18-2l6 5l-3 9l-19-1z", fill: colour, "fill-opacity": 0.35, stroke: colour, "stroke-width": 2,
    })),
    within: () => drawing(32, 20, svg("rect", {
      x: 2, y: 2, width: 28, height: 16, fill: gp.WITHIN, "fill-opacity": 0.4, stroke: gp.WITHIN, "stroke-width": 2,
    })),
    possible: () => {
      const clip = svg("clipPath", { id: "geoprox-sample" }, svg("rect", { x: 2, y: 2, width: 28, height: 16 }));
      const lines = svg("g", { "clip-path": "url(#geoprox-sample)" }, ...stripes(gp.POSSIBLE));
      return drawing(32, 20, clip, lines, svg("rect", {
        x: 2, y: 2, width: 28, height: 16, fill: "none", stroke: gp.POSSIBLE, "stroke-width": 1,
      }));
    },
    line: () => drawing(32, 20, line(gp.WITHIN, { "stroke-width": 3 })),
  };

  // a canvas takes a pattern wherever it takes a colour; made once
  let pattern = null;
  gp.hatch = () => {
    if (pattern) return pattern;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 12;
    const pen = tile.getContext("2d");
    pen.strokeStyle = gp.POSSIBLE;
    pen.lineWidth = 1;
    for (const x of [-12, 0, 12]) {
      pen.moveTo(x, 12);
      pen.lineTo(x + 12, 0);
    }
    pen.stroke();
    pattern = pen.createPattern(tile, "repeat");
    return pattern;
  };

  // one symbol for all features at a place: each layer's shape with its number
  gp.chip = (members) => {
    if (members.length === 1) return gp.mark(gp.layer(members[0].layer), members[0].hollow);
    const byLayer = new Map();
    for (const feature of members) byLayer.set(feature.layer, [...(byLayer.get(feature.layer) || []), feature]);
    const parts = [...byLayer].map(([name, list]) =>
      gp.el("span", null, gp.mark(gp.layer(name), list.every((f) => f.hollow)), list.length > 1 ? String(list.length) : null));
    return gp.el("span", { class: "chip" + (parts.length > 2 ? " square" : "") }, parts);
  };
})(window.geoprox);
