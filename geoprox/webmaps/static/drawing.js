// shapes on the canvas and symbols above it, in groups that can be switched

(function (gp) {
  "use strict";

  const NEAR = 30; // pixels between symbols below which they become one

  // what rules draw is round: Leaflet's whole pixels and its thinning of corners would make it wobble
  const Smooth = L.Polygon.extend({
    options: { smoothFactor: 0 },
    _projectLatlngs(latlngs, result, bounds) {
      if (!(latlngs[0] instanceof L.LatLng)) {
        latlngs.forEach((part) => this._projectLatlngs(part, result, bounds));
        return;
      }
      const origin = this._map.getPixelOrigin();
      const ring = latlngs.map((at) => this._map.project(at).subtract(origin));
      ring.forEach((point) => bounds.extend(point));
      result.push(ring);
    },
  });

  const smooth = ({ type, coordinates }, style) =>
    new Smooth(L.GeoJSON.coordsToLatLngs(coordinates, type === "Polygon" ? 1 : 2), style);

  const geo = (shape, style) => L.geoJSON(shape, { interactive: false, style });
  const latlng = (at) => [at[1], at[0]];

  gp.drawBase = (map) => {
    const pane = map.createPane("base");
    pane.style.zIndex = 150;
    pane.style.pointerEvents = "none";
    const renderer = L.canvas({ pane: "base", padding: 0.5 });
    const { land, borders } = gp.scene.base;
    L.layerGroup([
      geo(land, { pane: "base", renderer, color: "#b9b5a8", weight: 1, fillColor: "#f6f3ec", fillOpacity: 1 }),
      geo(borders, { pane: "base", renderer, color: "#8d8a80", weight: 1.2, dashArray: "7 4 2 4", fill: false }),
    ]).addTo(map);
  };

  gp.circleStyle = (layer) => ({
    interactive: false, color: layer.colour, weight: 1.3, dashArray: "6 5", opacity: 0.75, fill: false,
  });

  const circles = () => gp.scene.circles.map((circle) => [
    ["circles", "layer:" + circle.layer],
    L.circle(latlng(circle.at), { radius: circle.radius_m, ...gp.circleStyle(gp.layer(circle.layer)) }),
  ]);

  const rings = () => gp.scene.rings.map((ring) => {
    const layer = gp.scene.ringRules.find((rule) => rule.id === ring.rule).layer;
    const dash = ring.outer ? { dashArray: "2 7", lineCap: "round", weight: 2, opacity: 0.8 } : { weight: 2.2, opacity: 0.9 };
    return [["ring:" + ring.rule, "layer:" + layer], smooth(ring.shape, { interactive: false, color: gp.layer(layer).colour, fill: false, ...dash })];
  });

  const overlaps = (open) => gp.scene.overlaps.map((overlap) => {
    const style = overlap.verdict === "within"
      ? { color: gp.WITHIN, weight: 2, fillColor: gp.WITHIN, fillOpacity: 0.22 }
      : { color: gp.POSSIBLE, weight: 0.8, fillColor: gp.hatch(), fillOpacity: 0.45 };
    const shape = smooth(overlap.shape, style).on("click", (event) => open(gp.overlapCard(overlap), event.latlng));
    return [["overlaps", "ring:" + overlap.rule], shape];
  });

  const outlines = (show) => gp.scene.outlines.map((outline) => {
    const { colour } = gp.layer(outline.layer);
    const style = { color: colour, weight: 2, fillColor: colour, fillOpacity: 0.3 };
    const shape = L.geoJSON(outline.shape, { style }).on("click", (event) => show(outline.feature, event.latlng));
    return [["layer:" + outline.layer], shape];
  });

  const lines = () => gp.scene.lines.map((line) => [
    ["overlaps"],
    L.layerGroup([
      L.polyline(line.line.map(latlng), { interactive: false, color: "#fff", weight: 6, opacity: 0.85 }),
      L.polyline(line.line.map(latlng), { interactive: false, color: gp.WITHIN, weight: 3 }),
    ]),
  ]);

  // every shape with the groups that must all be on for it to show, lowest first
  gp.shapes = (show, open) => [...circles(), ...overlaps(open), ...rings(), ...outlines(show), ...lines()];

  // room for a symbol: a shape, one row of shapes with numbers, or two rows
  const sizeOf = (members) => {
    if (members.length === 1) return { w: 22, h: 22 };
    const counts = new Map();
    for (const feature of members) counts.set(feature.layer, (counts.get(feature.layer) || 0) + 1);
    const cell = Math.max(...[...counts.values()].map((n) => (n > 1 ? 20 + 8 * String(n).length : 18)));
    return { w: 16 + Math.min(2, counts.size) * (cell + 5), h: counts.size > 2 ? 46 : 28 };
  };

  const add = (cells, key, cluster) => cells.set(key, [...(cells.get(key) || []), cluster]);

  // features whose symbols would touch at this zoom, as one; the same every time, whatever was on the map before
  const gathered = (map, features) => {
    const cells = new Map();
    const clusters = [];
    for (const feature of features) {
      const p = map.project(latlng(feature.at));
      const [i, j] = [Math.floor(p.x / NEAR), Math.floor(p.y / NEAR)];
      const near = [-1, 0, 1].flatMap((di) => [-1, 0, 1].flatMap((dj) => cells.get(i + di + ":" + (j + dj)) || []));
      const mine = near.find((cluster) => cluster.p.distanceTo(p) < NEAR);
      if (mine) mine.members.push(feature);
      else {
        clusters.push({ p, at: latlng(feature.at), members: [feature] });
        add(cells, i + ":" + j, clusters.at(-1));
      }
    }
    return clusters;
  };

  // corners may meet: only what hides another must join it
  const touch = (a, b) => Math.abs(a.p.x - b.p.x) < 0.4 * (a.size.w + b.size.w) && Math.abs(a.p.y - b.p.y) < 0.4 * (a.size.h + b.size.h);

  // of symbols apart, the joint one stands in the middle of what it gathers
  const join = (map, one, other) => {
    const [m, n] = [one.members.length, other.members.length];
    one.p = L.point((one.p.x * m + other.p.x * n) / (m + n), (one.p.y * m + other.p.y * n) / (m + n));
    one.at = map.unproject(one.p);
    one.members.push(...other.members);
    one.size = sizeOf(one.members);
  };

  // a symbol for many is larger than a shape, so what it would cover joins it, until nothing touches
  gp.clusters = (map, features) => {
    let clusters = gathered(map, features);
    for (let before = -1; before !== clusters.length;) {
      before = clusters.length;
      const kept = [];
      for (const cluster of clusters) {
        cluster.size = sizeOf(cluster.members);
        const other = kept.find((k) => touch(k, cluster));
        if (!other) kept.push(cluster);
        else join(map, other, cluster);
      }
      clusters = kept;
    }
    return clusters;
  };

  gp.symbol = (cluster) => {
    const { w, h } = cluster.size;
    const icon = L.divIcon({ className: "symbol", html: gp.chip(cluster.members), iconSize: [w, h] });
    const marker = L.marker(cluster.at, { icon, keyboard: true, riseOnHover: true });
    const more = cluster.members.length - 1;
    const name = gp.say(cluster.members[0].name) + (more ? " +" + more : "");
    marker.on("add", () => {
      marker.getElement().setAttribute("aria-label", name);
      marker.getElement().setAttribute("data-members", cluster.members.length);
    });
    return marker;
  };

  // whether zooming in would tell some of them apart: two descriptions of one city centre stay together
  gp.spread = (cluster) => cluster.members.some((f) => cluster.members[0].at.some((x, k) => Math.abs(x - f.at[k]) > 0.002));
})(window.geoprox);
