"use strict";
const element = (tag, attributes, ...children) => {
  const e = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
  e.append(...children);
  return e;
};

function table(head, rows) {
  return element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, ...head.map(h => element("th", {}, h)))),
    element("tbody", {}, ...rows.map(row => element("tr", {}, ...row.map(cell => cell instanceof Node ? cell : element("td", {}, String(cell))))))));
}
