// what opens when a feature is touched: its facts, who is linked to it, and what the rules say

(function (gp) {
  "use strict";

  const SHOWN = 5;

  const pairs = (rows) => gp.el("dl", null, rows.filter(([, value]) => value).map(([name, value]) => [gp.el("dt", null, name), gp.el("dd", null, value)]));

  const findingDetails = (finding, rule) =>
    gp.el("details", null,
      gp.el("summary", null, gp.word("more")),
      gp.el("p", null, gp.bdi(gp.say(finding.reason))),
      gp.el("p", null, gp.say(rule.rationale)),
      pairs([[gp.word("citation"), gp.bdi(rule.citation)]]));

  const limit = (rule) => (gp.say(rule.limit) ? gp.el("span", null, gp.bdi(gp.say(rule.limit)), " – ", gp.say(rule.basis)) : null);

  const findingCard = (finding, who) => {
    const rule = gp.scene.rules[finding.rule];
    const chance = finding.likelihood ? gp.el("span", { class: "quiet" }, gp.word("likelihood") + " ", gp.bdi(finding.likelihood)) : null;
    return gp.el("li", { class: "finding" },
      gp.el("div", { class: "head" }, gp.badge(finding), chance),
      gp.el("div", null, who ? gp.el("b", null, gp.bdi(gp.say(who))) : null, gp.say(finding.distance) ? [who ? ": " : "", gp.bdi(gp.say(finding.distance))] : null),
      gp.el("div", { class: "quiet" }, gp.say(rule.title)),
      pairs([
        [gp.word("limit"), limit(rule)],
        [gp.word("asks"), gp.say(rule.outcome)],
        [gp.word("refer"), rule.authorities.map((name) => gp.say(name)).join("; ")],
      ]),
      findingDetails(finding, rule));
  };

  const findingList = (title, findings, whoOf) => {
    if (!findings.length) return null;
    const list = gp.el("ul", { class: "findings" }, findings.slice(0, SHOWN).map((f) => findingCard(f, whoOf(f))));
    const rest = findings.slice(SHOWN);
    const more = rest.length && gp.button(gp.word("all_findings") + " (" + findings.length + ")", () => {
      list.append(...rest.map((f) => findingCard(f, whoOf(f))));
      more.remove();
    }, { class: "more" });
    return gp.el("section", null, gp.el("h4", null, title), list, more || null);
  };

  const nothing = (feature) => (feature.class ? gp.el("p", { class: "quiet" }, gp.word("no_findings")) : null);

  gp.card = (feature) => {
    const own = gp.scene.findings.filter((f) => f.subject === feature.id);
    const near = gp.scene.findings.filter((f) => f.object === feature.id);
    const nameOf = (id) => (gp.feature(id) || { name: null }).name;
    return gp.el("article", { class: "card", dir: gp.dir(), lang: gp.lang },
      gp.el("h3", null, gp.mark(gp.layer(feature.layer), feature.hollow), gp.el("span", null, gp.bdi(gp.say(feature.name)))),
      gp.say(feature.name) === gp.other(feature.name) ? null : gp.el("div", { class: "other" }, gp.bdi(gp.other(feature.name))),
      gp.el("p", { class: "summary" }, gp.say(feature.summary), feature.class ? gp.el("span", { class: "class" }, gp.say(feature.class.text)) : null),
      pairs(feature.facts.map(([name, value]) => [gp.say(name), gp.bdi(gp.say(value))])),
      own.length ? findingList(gp.word("its_findings"), own, (f) => (f.object ? f.objectName : null)) : nothing(feature),
      findingList(gp.word("as_object"), near, (f) => nameOf(f.subject)),
      feature.parties.length
        ? gp.el("section", null, gp.el("h4", null, gp.word("parties")), gp.el("ul", null, feature.parties.map((p) => gp.el("li", null, gp.el("b", null, gp.bdi(gp.say(p.name))), ": ", gp.say(p.what)))))
        : null,
      gp.say(feature.note) ? gp.el("p", { class: "note", dir: "auto" }, gp.say(feature.note)) : null,
      gp.el("p", { class: "source" }, gp.word("source") + ": ", gp.bdi(gp.say(feature.source)), " ", gp.link(feature.url, "↗")));
  };

  const row = (feature, open) => {
    const body = gp.el("div", null);
    const fill = () => {
      if (!body.firstChild) body.append(gp.card(feature));
    };
    if (open) fill();
    return gp.el("details", { class: "row", name: "place", open, ontoggle: (event) => {
      if (!event.target.open) return;
      fill();
      gp.highlight([feature]);
      gp.refit();
    } }, gp.el("summary", null, gp.mark(gp.layer(feature.layer), feature.hollow), gp.bdi(gp.say(feature.name))), body);
  };

  // one feature: its card; several at one place: a list in which each opens
  gp.cards = (members, openId, zoomHere) => {
    if (members.length === 1) return gp.card(members[0]);
    const groups = gp.scene.layers.map((layer) => [layer, members.filter((f) => f.layer === layer.id)]).filter(([, list]) => list.length);
    return gp.el("div", { class: "list", dir: gp.dir(), lang: gp.lang },
      groups.map(([layer, list]) => [
        gp.el("h4", null, gp.say(layer.title) + " (" + list.length + ")"),
        list.map((feature) => row(feature, feature.id === openId)),
      ]),
      zoomHere ? gp.button(gp.word("zoom_here"), zoomHere, { class: "more" }) : null);
  };

  gp.overlapCard = (overlap) => {
    const rule = gp.scene.rules[overlap.rule];
    const names = overlap.subjects.map((id) => gp.feature(id)).filter(Boolean);
    return gp.el("article", { class: "card", dir: gp.dir(), lang: gp.lang },
      gp.el("div", { class: "head" }, gp.badge(overlap)),
      gp.el("h3", null, gp.el("span", null, gp.word("overlap"))),
      gp.el("p", null, gp.word("overlap_of") + ": "),
      gp.el("ul", null, names.map((f) => gp.el("li", null, gp.bdi(gp.say(f.name))))),
      gp.el("p", null, gp.word("meets") + ": ", gp.bdi(gp.say(overlap.objectNames)), " (", gp.bdi(gp.say(overlap.size)), ")"),
      pairs([[gp.word("limit"), limit(rule)]]),
      gp.el("p", { class: "quiet" }, gp.say(rule.title)));
  };
})(window.geoprox);
