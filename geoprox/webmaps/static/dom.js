// building blocks: every element is made here, and text enters a page as text only

window.geoprox = window.geoprox || {};

(function (gp) {
  "use strict";

  gp.lang = "en";
  gp.scene = null;

  gp.say = (text) => (text ? text[gp.lang] : "");
  gp.other = (text) => (text ? text[gp.lang === "en" ? "he" : "en"] : "");
  gp.word = (name) => gp.say(gp.scene.words[name]);
  gp.dir = () => (gp.lang === "he" ? "rtl" : "ltr");

  // attributes whose name begins with "on" are listeners; children are nodes or text, and empty ones are left out
  gp.el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  };

  // a name or value that may run in the other direction than the sentence around it
  gp.bdi = (value) => gp.el("bdi", null, value);

  // only web addresses become links; the data could hold any other kind
  gp.link = (address, label) =>
    /^https?:\/\//.test(address)
      ? gp.el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label)
      : null;

  gp.button = (label, action, more) => gp.el("button", { type: "button", onclick: action, ...more }, label);

  // a rule that asks for no object has no distance to be within: it applies
  gp.badge = ({ verdict, object, objects }) => {
    const applies = verdict === "within" && !object && !objects;
    return gp.el("span", { class: "badge " + gp.key(verdict) }, gp.say(applies ? gp.scene.applies : gp.scene.verdicts[verdict]));
  };

  // a value of the data as a class name: letters, digits and hyphens only
  gp.key = (value) => String(value).replace(/[^\w-]/g, "");
})(window.geoprox);
