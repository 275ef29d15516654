"use strict";
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  // numbers stand at the right of their column, the row's name and texts at the left
  const cell = (text, i) => element("td", { class: i > 0 && /^(-?\d|Infinity|NaN)/.test(text) ? "n" : "text" }, text);
  const show = {
    heading: b => element("h2", {}, b.heading),
    paragraph: b => element("p", {}, b.paragraph),
    preformatted: b => element("pre", {}, b.preformatted),
    table: b => table(b.table.head, b.table.rows.map(row => row.map(cell))),
    image: b => element("img", { alt: b.image.description, src: b.image.source }),
  };
  document.title = page.title;
  document.body.append(element("h1", {}, page.title));
  page.blocks.forEach(block => document.body.append(show[Object.keys(block)[0]](block)));
  document.documentElement.dataset.ready = "true";
})();
