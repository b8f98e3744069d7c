// puts the parts together and keeps them in step: map, symbols, labels, cards, panel, language

(function (gp) {
  "use strict";

  const SAME_TOWN = 0.025; // degrees

  let map = null;
  let panel = null;
  let shapes = [];
  let clusters = [];
  let controls = [];
  let tiles = null;
  let popup = null;
  let sheet = null;
  const off = new Set(["tiles"]);
  const symbols = L.layerGroup();
  const lit = L.layerGroup();
  const byId = new Map();
  const layerById = new Map();

  gp.feature = (id) => byId.get(id);
  gp.layer = (id) => layerById.get(id);
  const latlng = (at) => [at[1], at[0]];
  const isOn = (group) => !off.has(group);

  const narrow = () => window.matchMedia("(max-width: 720px)").matches;

  // on a phone a card takes the lower part of the window, and the place it tells of stays in sight above it
  const openSheet = (content, at) => {
    const close = gp.button("×", closeCard, { class: "close", "aria-label": gp.word("close") });
    sheet = gp.el("div", { id: "sheet", role: "dialog", dir: gp.dir() }, close, content);
    document.body.append(sheet);
    const size = map.getSize();
    map.panBy(map.latLngToContainerPoint(at).subtract([size.x / 2, size.y * 0.18]), { animate: false });
  };

  const closeCard = () => {
    map.closePopup();
    if (sheet) sheet.remove();
    sheet = null;
    lit.clearLayers();
  };

  // content is always a node, never a string that Leaflet would read as markup
  const open = (content, at) => {
    closeCard();
    if (narrow()) return openSheet(content, at);
    const height = Math.round(map.getSize().y * 0.6);
    popup = L.popup({ maxWidth: 360, minWidth: 280, maxHeight: height, autoPanPadding: [12, 12] });
    return popup.setLatLng(at).setContent(content).openOn(map);
  };

  gp.refit = () => {
    if (popup && popup.isOpen()) popup.update();
  };

  gp.highlight = (features) => {
    lit.clearLayers();
    for (const feature of features.filter((f) => f.at && f.hollow && !f.wide)) {
      const circle = gp.scene.circles.find((c) => c.features.includes(feature.id));
      if (!circle) continue;
      const style = { ...gp.circleStyle(gp.layer(circle.layer)), weight: 3, opacity: 1, fill: true, fillOpacity: 0.1 };
      lit.addLayer(L.circle(latlng(circle.at), { radius: circle.radius_m, ...style }));
    }
  };

  const openCluster = (cluster, id) => {
    const zoomHere = gp.spread(cluster) ? () => closeCard() || map.fitBounds(L.latLngBounds(cluster.members.map((f) => latlng(f.at))).pad(0.3)) : null;
    open(gp.cards(cluster.members, id, zoomHere), cluster.at);
    gp.highlight(cluster.members.filter((f) => cluster.members.length === 1 || f.id === id));
  };

  // a feature's card where its symbol is; what has no place on the map opens in the middle
  const show = (id) => {
    const feature = gp.feature(id);
    closePanel();
    if (!feature.at || feature.wide) return open(gp.card(feature), map.getCenter());
    const arrive = () => {
      const cluster = clusters.find((c) => c.members.includes(feature));
      if (cluster) openCluster(cluster, id);
      else open(gp.card(feature), latlng(feature.at));
    };
    closeCard();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const target = L.latLng(latlng(feature.at));
    if (map.getCenter().distanceTo(target) < 1) return arrive();
    map.once("moveend", arrive);
    return still ? map.setView(target) : map.flyTo(target, map.getZoom(), { duration: 0.6 });
  };

  const visible = () => gp.scene.features.filter((f) => f.at && !f.wide && isOn("layer:" + f.layer));

  const drawShapes = () => {
    for (const [groups, shape] of shapes) {
      const wanted = groups.every(isOn);
      if (wanted !== map.hasLayer(shape)) wanted ? map.addLayer(shape) : map.removeLayer(shape);
    }
  };

  // what takes part in crowding is drawn anew for the zoom; labelled features come first, so that their symbols stand where they are
  const drawSymbols = () => {
    const named = new Set(gp.scene.label);
    const order = [...visible()].sort((a, b) => named.has(b.id) - named.has(a.id));
    symbols.clearLayers();
    clusters = gp.clusters(map, order);
    for (const cluster of clusters) {
      const touched = (event) => (event.type === "click" || event.originalEvent.key === "Enter") && openCluster(cluster);
      symbols.addLayer(gp.symbol(cluster).on("click keypress", touched));
    }
  };

  const featureLabels = () => gp.scene.label.filter((id) => isOn("layer:" + gp.feature(id).layer) && gp.feature(id).at && !gp.feature(id).wide).map((id) => {
    const feature = gp.feature(id);
    const cluster = clusters.find((c) => c.members.includes(feature));
    const text = [gp.bdi(gp.say(feature.name))];
    if (feature.radius) text.push(" ", gp.el("small", null, gp.bdi("±" + gp.say(feature.radius))));
    return { text, kind: "name", anchors: [cluster.at], gaps: [cluster.size.w / 2 + 3], must: true };
  });

  const ringAnchors = (shape) => {
    const ring = shape.type === "Polygon" ? shape.coordinates[0] : shape.coordinates[0][0];
    return [0, 1, 2, 3, 4, 5, 6, 7].map((k) => latlng(ring[Math.floor((k * (ring.length - 1)) / 8)]));
  };

  const ringLayer = (ring) => gp.scene.ringRules.find((rule) => rule.id === ring.rule).layer;

  const ringLabels = () => gp.scene.rings.filter((ring) => isOn("ring:" + ring.rule) && isOn("layer:" + ringLayer(ring))).map((ring) => ({
    text: gp.bdi(gp.say(ring.label)), kind: "ring" + (ring.outer ? " outer" : ""), anchors: ringAnchors(ring.shape), gaps: [], centred: true,
    colour: gp.layer(ringLayer(ring)).colour,
  }));

  const lineLabels = () => (isOn("overlaps") ? gp.scene.lines : []).map(({ line, label }) => ({
    text: gp.bdi(gp.say(label)), kind: "distance", gaps: [4], centred: true,
    anchors: [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].map((t) => [line[0][1] + t * (line[1][1] - line[0][1]), line[0][0] + t * (line[1][0] - line[0][0])]),
  }));

  // towns by rank, then municipalities that no town has named; a name near one already there is most often another spelling of it
  const townLabels = () => {
    const towns = isOn("towns") ? gp.scene.base.towns.map((t) => ({ ...t, kind: "town rank-" + gp.key(t.rank) })) : [];
    const municipalities = isOn("layer:municipalities") ? gp.scene.towns.map((t) => ({ ...t, rank: 3, kind: "town" })) : [];
    const named = [];
    for (const town of [...towns, ...municipalities].sort((a, b) => a.rank - b.rank)) {
      if (!named.some((t) => gp.say(t.name) === gp.say(town.name) || Math.hypot(t.at[0] - town.at[0], t.at[1] - town.at[1]) < SAME_TOWN)) named.push(town);
    }
    return named.map((t) => ({ text: gp.bdi(gp.say(t.name)), kind: t.kind, anchors: [latlng(t.at)], gaps: t.rank === 1 ? [5, 18, 32, 46] : [5, 18] }));
  };

  const drawLabels = () => {
    const boxes = clusters.map((c) => ({ ...map.latLngToContainerPoint(c.at), ...c.size }));
    gp.placeLabels(map, [...lineLabels(), ...featureLabels(), ...ringLabels(), ...townLabels()], boxes);
  };

  const drawTiles = () => {
    if (isOn("tiles") === Boolean(tiles)) return;
    if (tiles) tiles = tiles.remove() && null;
    // above the base map, which stays where tiles do not come
    else tiles = L.tileLayer(gp.scene.tiles, { pane: "tiles", maxZoom: 19 }).addTo(map);
    drawControls();
  };

  const turn = (group, on) => {
    on ? off.delete(group) : off.add(group);
    drawTiles();
    drawShapes();
    drawSymbols();
    drawLabels();
  };

  const whole = () => map.fitBounds(L.latLngBounds(latlng(gp.scene.bounds), latlng(gp.scene.bounds.slice(2))), { animate: false });

  const wholeControl = () => {
    const control = L.control({ position: "topright" });
    control.onAdd = () => {
      const button = gp.button("⤢", whole, { title: gp.word("whole"), "aria-label": gp.word("whole") });
      const bar = gp.el("div", { class: "leaflet-bar whole" }, button);
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    };
    return control;
  };

  const creditControl = () => {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => gp.el("div", { class: "credit" }, gp.word("tiles_credit"));
    return control;
  };

  const drawControls = () => {
    controls.forEach((control) => control.remove());
    const zoom = L.control.zoom({ position: "topright", zoomInTitle: gp.word("zoom_in"), zoomOutTitle: gp.word("zoom_out") });
    controls = [zoom, wholeControl(), L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 })];
    if (tiles) controls.push(creditControl());
    controls.forEach((control) => control.addTo(map));
  };

  const setPanel = (opened) => {
    document.body.classList.toggle("panel-open", opened);
    const toggle = panel.querySelector(".toggle");
    toggle.setAttribute("aria-expanded", String(opened));
    toggle.textContent = opened ? "▾" : "▴";
  };
  const closePanel = () => setPanel(false);

  const actions = {
    isOn, turn, show,
    language: () => speak(gp.lang === "en" ? "he" : "en"),
    toggle: () => setPanel(!document.body.classList.contains("panel-open")),
  };

  const speak = (lang) => {
    gp.lang = lang;
    Object.assign(document.documentElement, { lang, dir: gp.dir() });
    document.title = gp.say(gp.scene.title);
    closeCard();
    gp.fillPanel(panel, actions);
    drawControls();
    drawSymbols();
    drawLabels();
  };

  const prepare = () => {
    for (const feature of gp.scene.features) byId.set(feature.id, feature);
    for (const layer of gp.scene.layers) layerById.set(layer.id, layer);
    if (!gp.scene.showCircles) off.add("circles");
    for (const [name, z] of [["tiles", 160], ["labels", 590]]) {
      map.createPane(name).style.zIndex = z;
      map.getPane(name).style.pointerEvents = "none";
    }
    panel = gp.el("aside", { id: "panel", "aria-label": "panel" });
    document.body.prepend(panel);
    map.getContainer().setAttribute("dir", "ltr");
    gp.fillPanel(panel, actions);
    map.invalidateSize({ animate: false });
  };

  gp.brief = (leafletMap, scene) => {
    map = leafletMap;
    gp.scene = scene;
    prepare();
    gp.drawBase(map);
    whole();
    map.setMaxBounds(L.latLngBounds(latlng(scene.around), latlng(scene.around.slice(2)))).setMinZoom(Math.max(0, map.getZoom() - 1));
    shapes = gp.shapes((id, at) => open(gp.card(gp.feature(id)), at), open);
    drawShapes();
    lit.addTo(map);
    symbols.addTo(map);
    map.on("zoomstart", () => map.getPane("labels").replaceChildren());
    map.on("zoomend", drawSymbols);
    map.on("moveend", drawLabels);
    map.on("popupclose", () => lit.clearLayers());
    speak(location.hash === "#he" ? "he" : "en");
    document.body.classList.add("ready");
  };
})(window.geoprox);
