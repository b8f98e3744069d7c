// beside the map: title, what was found, legend with switches, notes and sources

(function (gp) {
  "use strict";

  const SHORT = 6;
  const says = (name) => gp.word("legend_" + name);

  const header = (actions) => {
    const open = document.body.classList.contains("panel-open");
    return gp.el("header", null,
      gp.el("h1", null, gp.say(gp.scene.title)),
      gp.button(gp.word("language"), actions.language, { class: "language", lang: gp.lang === "en" ? "he" : "en" }),
      gp.button(open ? "▾" : "▴", actions.toggle, { class: "toggle", "aria-expanded": String(open), "aria-label": gp.word("panel") }));
  };

  // one row for a subject and an object: the gravest verdict, and the rules that ask
  const pairRow = (findings, show) => {
    const [first] = findings;
    const parts = [gp.bdi(gp.say(gp.feature(first.subject).name))];
    if (first.object) parts.push(gp.lang === "he" ? " ← " : " → ", gp.bdi(gp.say(first.objectName)));
    const facts = [];
    if (gp.say(first.distance)) facts.push(gp.bdi(gp.say(first.distance)), " · ");
    if (first.likelihood) facts.push(gp.word("likelihood") + " ", gp.bdi(first.likelihood), " · ");
    const titles = findings.map((finding) => gp.say(gp.scene.rules[finding.rule].title)).join("; ");
    return gp.el("li", null, gp.button([
      gp.badge(first), gp.el("span", { class: "what" }, parts), gp.el("span", { class: "quiet" }, facts, titles),
    ], () => show(first.subject), { class: "result" }));
  };

  const found = (show) => {
    const pairs = gp.scene.listed.map((group) => group.map((k) => gp.scene.findings[k]));
    const list = gp.el("ul", { class: "results" }, pairs.slice(0, SHORT).map((pair) => pairRow(pair, show)));
    const all = gp.button(gp.word("all_findings") + " (" + pairs.length + ")", () => {
      list.append(...pairs.slice(SHORT).map((pair) => pairRow(pair, show)));
      all.remove();
    }, { class: "more" });
    return gp.el("section", { id: "found" }, gp.el("h2", null, gp.word("findings")),
      pairs.length ? list : gp.el("p", { class: "quiet" }, gp.word("nothing")), pairs.length > SHORT ? all : null);
  };

  const switchRow = (sample, label, group, actions, note) =>
    gp.el("label", { class: "switch" },
      gp.el("input", { type: "checkbox", "data-group": group, checked: actions.isOn(group), onchange: (e) => actions.turn(group, e.target.checked) }),
      gp.el("span", { class: "sample" }, sample), gp.el("span", null, label, note ? gp.el("small", null, note) : null));

  const explain = (sample, label) => gp.el("div", { class: "explain" }, gp.el("span", { class: "sample" }, sample), gp.el("span", null, label));

  const layerRows = (actions) => gp.scene.layers.map((layer) => {
    const sample = layer.shape === "none" ? gp.el("span", { class: "letters" }, gp.lang === "he" ? "אב" : "Aa") : gp.mark(layer, false);
    const count = layer.state ? gp.say(layer.state) : layer.shape === "none" ? "" : String(layer.count);
    return switchRow(sample, gp.say(layer.title), "layer:" + layer.id, actions, count);
  });

  const ringRows = (actions) => gp.scene.ringRules.map((ring) => {
    const rule = gp.scene.rules[ring.id];
    return switchRow(gp.samples.ring(gp.layer(ring.layer).colour), gp.say(rule.limit) + ": " + gp.say(rule.title), "ring:" + ring.id, actions, gp.say(rule.basis));
  });

  const drawnRows = (actions) => {
    const rows = [];
    const { circles, overlaps, lines, rings } = gp.scene;
    if (circles.length) rows.push(switchRow(gp.samples.circle("#444"), says("circle"), "circles", actions));
    if (overlaps.length || lines.length) rows.push(switchRow(gp.samples.within(), says("overlap"), "overlaps", actions));
    if (overlaps.some((o) => o.verdict === "possible")) rows.push(explain(gp.samples.possible(), says("possible")));
    if (lines.length) rows.push(explain(gp.samples.line(), says("line")));
    if (rings.some((ring) => ring.outer)) rows.push(explain(gp.samples.outer("#444"), says("outer")));
    return rows;
  };

  const legend = (actions) => {
    const some = gp.scene.layers.find((layer) => layer.shape !== "none");
    const wide = gp.scene.features.filter((f) => f.wide);
    return gp.el("section", { id: "legend" }, gp.el("h2", null, gp.word("legend")),
      layerRows(actions),
      some ? explain(gp.mark(some, true), says("hollow")) : null,
      explain(gp.el("span", { class: "chip" }, "3"), says("chip")),
      ringRows(actions), drawnRows(actions),
      switchRow(null, gp.word("towns"), "towns", actions),
      switchRow(null, gp.word("tiles"), "tiles", actions),
      wide.length ? gp.el("details", null, gp.el("summary", null, gp.word("wide") + " (" + wide.length + ")"),
        gp.el("ul", { class: "results" }, wide.map((f) => gp.el("li", null,
          gp.button([gp.mark(gp.layer(f.layer), true), gp.bdi(gp.say(f.name))], () => actions.show(f.id), { class: "result" }))))) : null);
  };

  const notes = () => gp.el("section", { id: "notes" }, gp.el("h2", null, gp.word("notes")),
    gp.el("ul", null, [...gp.scene.notes.slice(1), ...gp.scene.caveats.slice(1)].map((note) => gp.el("li", null, gp.say(note)))));

  const about = () => gp.el("section", { id: "about" }, gp.el("details", null, gp.el("summary", null, gp.word("about")),
    gp.scene.sources.map((source) => [
      gp.el("h3", null, gp.say(source.title)),
      gp.el("p", null, gp.say(source.about), " (", gp.say(source.state), ")"),
      source.omitted.length ? gp.el("p", { class: "quiet" }, gp.word("omitted")) : null,
      gp.el("ul", null, source.omitted.map((text) => gp.el("li", null, gp.say(text)))),
      gp.el("p", { class: "quiet" }, gp.bdi(source.credit), " · ", gp.bdi(source.licence)),
    ]),
    gp.scene.base.credit.length ? gp.el("p", { class: "quiet" }, gp.word("base"), ": ", gp.bdi(gp.scene.base.credit.join("; "))) : null));

  gp.fillPanel = (panel, actions) => {
    panel.replaceChildren(header(actions), gp.el("div", { class: "body", tabindex: "0" },
      gp.el("p", { class: "intro" }, gp.say(gp.scene.intro)),
      gp.scene.notes.length ? gp.el("p", { class: "first-note" }, gp.say(gp.scene.notes[0])) : null,
      gp.el("p", { class: "quiet" }, gp.say(gp.scene.caveats[0])),
      found(actions.show), legend(actions), notes(), about()));
  };
})(window.geoprox);
