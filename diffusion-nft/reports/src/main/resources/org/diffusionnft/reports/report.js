"use strict";
(() => {
  const COLORS = ["#1f5fb0", "#d0801f", "#2ea043", "#b3261e", "#7a4fb5", "#0f8b8d", "#c2448c", "#6b7280", "#9a6b1f", "#3b3f8f"];
  const DASHES = [[], [8, 4], [2, 3]], EDGES = ["solid", "dashed", "dotted"];
  const STEPS = [1, 2, 5].flatMap((s, i) => [0, 1, 2, 3, 4, 5, 6, 7].map(p => s * 10 ** p)).sort((a, b) => a - b);
  const CHARTS = [
    { title: "Reward", from: "metrics", keys: ["reward", "top_reward"], note: "mean over an epoch's images, and of the best quarter of its prompts" },
    { title: "Reward by component", from: "metrics", prefix: "rewards/", note: "unweighted" },
    { title: "Score on held-out prompts, by category", from: "evaluations", all: true, but: "rewards/", note: "the same prompts and seeds every time" },
    { title: "Rewards on held-out prompts", from: "evaluations", prefix: "rewards/", note: "means, unweighted" },
    { title: "Deviation", from: "metrics", keys: ["old_deviation", "reference_mse", "old_reference_mse"], note: "squared distance to the old policy and to the frozen base: reward that climbs only while this runs away is hacked" },
    { title: "Gradient norm", from: "metrics", keys: ["grad_norm"], note: "before clipping" },
    { title: "Prompts without spread", from: "metrics", keys: ["zero_std_ratio"], note: "share of groups whose images all scored the same: they give no direction" },
    { title: "Spread of rewards", from: "metrics", keys: ["reward_std"], note: "standard deviation inside a group, mean" },
    { title: "Loss", from: "metrics", keys: ["loss", "policy_loss"], note: "" },
    { title: "Time per epoch, s", from: "metrics", keys: ["sampling_seconds", "training_seconds", "sampling_processor_seconds", "training_processor_seconds"], note: "sampling includes waiting for rewards; processor time is that of all threads together" },
    { title: "Old policy keeps", from: "metrics", keys: ["old_decay"], note: "share of itself after an epoch" },
  ];
  const main = document.getElementById("main");
  let plots = [];

  const number = v => v === null || v === undefined ? "–" : Math.abs(v) >= 1e4 || (v !== 0 && Math.abs(v) < 1e-3) ? v.toExponential(2) : String(+v.toPrecision(4));
  const last = values => { for (let i = values.length - 1; i >= 0; i--) if (values[i] !== null) return values[i]; return null; };
  const first = values => { const v = values.find(x => x !== null); return v === undefined ? null : v; };

  function lines(chart, runs) {
    const found = [];
    const shown = key => chart.all ? !key.startsWith(chart.but) : (chart.prefix ? key.startsWith(chart.prefix) : chart.keys.includes(key));
    const several = runs.length > 1;
    const keys = [...new Set(runs.flatMap(run => Object.keys(run[chart.from].y).filter(shown)))];
    const byRun = several && keys.length <= DASHES.length;
    runs.forEach((run, r) => keys.forEach((key, k) => {
      const table = run[chart.from], y = table.y[key];
      if (y && y.some(v => v !== null)) found.push({
        label: (several ? run.name + ": " : "") + (chart.prefix ? key.slice(chart.prefix.length) : key).replaceAll("_", " "),
        // of several runs each has a colour and each quantity a dash, if few; else each line has a colour
        color: color(byRun ? r : found.length), dash: byRun ? DASHES[k] : [], edge: byRun ? EDGES[k] : "solid",
        x: table.x, y,
      });
    }));
    return found;
  }

  /** Colours that differ, however many there are: after the chosen ones, steps of the golden angle. */
  function color(i) { return i < COLORS.length ? COLORS[i] : "hsl(" + Math.round(i * 137.5) % 360 + " 65% " + (35 + i % 3 * 10) + "%)"; }

  const width = holder => Math.max(200, holder.clientWidth);
  const label = v => String(+v.toPrecision(4));

  /** Where the stages of a single run begin. */
  function borders(u, runs) {
    if (runs.length > 1) return;
    const { left, top, width: w, height } = u.bbox;
    u.ctx.save();
    u.ctx.strokeStyle = "#999";
    u.ctx.setLineDash([4, 4]);
    runs[0].stages.slice(1).forEach(s => {
      const x = u.valToPos(s.from - 0.5, "x", true);
      if (x < left || x > left + w) return;
      u.ctx.beginPath();
      u.ctx.moveTo(x, top);
      u.ctx.lineTo(x, top + height);
      u.ctx.stroke();
    });
    u.ctx.restore();
  }

  /** Rewards on held-out pictures, each between the ends of its interval. */
  function heldOut(run) {
    const h = run.heldOut, part = element("div", {});
    h.words.forEach(w => part.append(element("p", { class: w.startsWith("The rewards part") ? "alarm" : "" }, w)));
    const interval = i => i.mean === undefined ? "–" : number(i.mean) + " ± " + number(i.half);
    part.append(table(["reward", "trained on", "at first", "at last", "change"], h.rewards.map(r => [
      element("td", { class: "text" }, r.name), r.weight ? "weight " + number(r.weight) : "no", interval(r.first), interval(r.last),
      element("td", { class: !r.change ? "" : r.change.gained ? "up" : r.change.lost ? "down" : "" }, r.change ? interval(r.change) : "–")])));
    const grid = element("div", { class: "charts" });
    part.append(grid);
    const found = h.rewards.flatMap((r, i) => ["y", "low", "high"].map(k => ({
      label: r.name + (r.weight ? "" : ", not trained on"), color: color(i), dash: r.weight ? [] : DASHES[1], edge: r.weight ? "solid" : "dashed", thin: k !== "y", x: h.x, y: r[k],
    }))).filter(l => l.y.some(v => v !== null));
    return [part, () => plot({ title: "Change on held-out prompts", note: "since the first evaluation, in standard deviations of the pictures there; thin lines are 95 % intervals" }, [run], grid, found)];
  }

  function stages(run) {
    return table(["stage", "epochs", "trained on", "prompts"], run.stages.map(s => [element("td", { class: "text" }, s.name), s.from + " to " + s.to,
      element("td", { class: "text" }, Object.entries(s.rewards).filter(e => e[1] !== 0).map(e => e[0] + " × " + number(e[1])).join(", ")), element("td", { class: "text" }, s.prompts)]));
  }

  function plot(chart, runs, grid, given) {
    const found = given || lines(chart, runs);
    if (found.length === 0) return;
    const card = element("section", { class: "card" }, element("h3", {}, chart.title));
    if (chart.note) card.append(element("p", { class: "note" }, chart.note));
    const holder = element("div", { class: "chart" });
    card.append(holder);
    grid.append(card);
    const data = uPlot.join(found.map(l => [l.x, l.y]));
    const options = {
      width: width(holder), height: 220,
      scales: {
        x: { time: false, range: (u, low, high) => low === high ? [low - 1, high + 1] : [low, high] },
        // a line that never moves gets room around it instead of uPlot's 0 to 100
        y: { range: (u, low, high) => low === high ? [Math.min(0, low), Math.max(1, high)] : uPlot.rangeNum(low, high, 0.1, true) },
      },
      axes: [
        { label: "epoch", labelSize: 18, size: 34, incrs: STEPS },
        // as wide as its longest number, with its minus sign
        { size: (u, texts) => 22 + 7 * Math.max(3, ...(texts || []).map(t => t.length)), values: (u, ticks) => ticks.map(label) },
      ],
      legend: { markers: { dash: (u, i) => i > 0 ? found[i - 1].edge : "solid" } },
      series: [{ label: "epoch" }].concat(found.map(l => ({
        label: l.label, stroke: l.color, dash: l.dash, width: l.thin ? 0.5 : 1.5, spanGaps: true, class: l.thin ? "quiet" : undefined,
        points: { show: !l.thin && l.x.length < 60 }, value: (u, v) => number(v),
      }))),
      hooks: { draw: [u => borders(u, runs)] },
    };
    plots.push({ holder, chart: new uPlot(options, data, holder) });
  }

  function overview(runs) {
    const strict = runs.some(run => run.evaluations.y.total);
    const head = ["run", "epochs", "reward, first", "reward, last"].concat(strict ? ["strict score, first", "strict score, last"] : [], ["minutes"]);
    return table(head, runs.map(run => {
      const y = run.metrics.y, total = run.evaluations.y.total || [];
      const step = run.metrics.x.length ? run.epochs / run.metrics.x.length : 1;
      const seconds = ["sampling_seconds", "training_seconds"].map(k => (y[k] || []).reduce((a, b) => a + (b || 0), 0) * step).reduce((a, b) => a + b, 0);
      return [run.name, run.epochs, number(first(y.reward || [])), number(last(y.reward || []))]
        .concat(strict ? [number(first(total)), number(last(total))] : [], [number(seconds / 60)]);
    }));
  }

  function comparison(run) {
    const part = element("div", { class: "comparison" });
    if (run.scores) part.append(element("pre", {}, run.scores));
    if (run.beforeAfter) part.append(element("div", { class: "scroll" }, element("img", { src: run.beforeAfter, alt: "pictures before and after training" })));
    return part;
  }

  function samples(run) {
    const part = element("div", { class: "sheets" });
    if (run.sheetPrompts.length) part.append(element("section", { class: "card" }, element("h3", {}, "what they show, row by row"), element("ol", {}, ...run.sheetPrompts.map(p => element("li", {}, p)))));
    run.sheets.forEach(s => part.append(element("section", { class: "card" }, element("h3", {}, "epoch " + s.epoch), element("img", { src: s.image, alt: "samples of epoch " + s.epoch }))));
    return part;
  }

  function pairs(run) {
    const figure = (name, m) => element("figure", {}, m.image ? element("img", { src: m.image, alt: name }) : "", element("figcaption", {}, name + ": reward " + number(m.reward) + ", r " + number(m.r)));
    const part = element("div", { class: "pairs" });
    run.groups.forEach(g => part.append(element("section", { class: "card" }, element("h3", {}, "epoch " + g.epoch), element("p", { class: "note" }, g.prompt),
      element("div", { class: "pair" }, figure("best", g.best), figure("worst", g.worst)))));
    return part;
  }

  function gains(run) {
    const rows = list => list.map(p => {
      const gain = p.last - p.first;
      return [element("td", { class: "text" }, p.prompt), number(p.first), number(p.last), element("td", { class: gain > 0 ? "up" : gain < 0 ? "down" : "" }, (gain > 0 ? "+" : "") + number(gain))];
    });
    const head = ["prompt", "first third", "last third", "gain"];
    return element("div", { class: "columns" }, element("div", {}, element("h3", {}, "most gain"), table(head, rows(run.prompts.most))),
      element("div", {}, element("h3", {}, "least gain"), table(head, rows(run.prompts.least))));
  }

  function executors(run) {
    return table(["executor", "epochs", "orders", "busy s", "longest order s", "idle", "lost orders"], run.executors.map(e =>
      [element("td", { class: "text" }, e.executor), number(e.epochs), number(e.orders), number(e.busy), number(e.longest), number(100 * e.idle) + " %", number(e.failed)]));
  }

  function section(title, note, content) {
    main.append(element("h2", {}, title));
    if (note) main.append(element("p", { class: "note" }, note));
    main.append(content);
  }

  function render(data) {
    const scroll = window.scrollY;
    plots.forEach(p => p.chart.destroy());
    plots = [];
    main.replaceChildren();
    main.append(overview(data.runs));
    const grid = element("div", { class: "charts" });
    section("Curves", "", grid);
    CHARTS.forEach(chart => plot(chart, data.runs, grid));
    data.runs.forEach(run => {
      const name = data.runs.length > 1 ? run.name + ": " : "";
      if (run.stages.length) section(name + "stages", "", stages(run));
      if (run.heldOut) {
        const [part, draw] = heldOut(run);
        section(name + "rewards on held-out prompts", run.heldOut.pictures + " pictures, of the same prompts and seeds every time; intervals are 95 %, those of changes picture by picture since the last evaluation before the stage, or the first one", part);
        draw();
      }
      if (run.scores || run.beforeAfter) section(name + "before and after",
        "strict score on held-out prompts with its 95 % interval; a picture in a green frame is right in everything that the judge looks at, one in a red frame is not", comparison(run));
      if (run.sheets.length) section(name + "samples through time", "the same prompts and seeds in the same places", samples(run));
      if (run.groups.length) section(name + "best and worst of a group", "of the prompt whose images differed most in reward; r is the optimality that the loss weighs with", pairs(run));
      if (run.prompts.count) section(name + "prompts", "means over the first and the last third of the scores, from " + run.prompts.source + ", " + run.prompts.count + (run.prompts.count === 1 ? " prompt" : " prompts") + " seen more than once", gains(run));
      if (run.executors.length) section(name + "executors", "idle is the share of an epoch in which an executor had nothing to do: it waited for the driver or for a slower one; a lost order was done again", executors(run));
      if (run.config) main.append(element("details", {}, element("summary", {}, name + "configuration"), element("pre", {}, run.config)));
    });
    window.scrollTo(0, scroll);
    document.documentElement.dataset.ready = "true";
  }

  let shown = document.getElementById("data").textContent;
  render(JSON.parse(shown));
  window.addEventListener("resize", () => plots.forEach(p => p.chart.setSize({ width: width(p.holder), height: 220 })));
  const state = document.getElementById("state");
  if (LIVE) {
    state.textContent = "live";
    const poll = async () => {
      try {
        const answer = await fetch("data.json");
        if (answer.ok) {
          const text = await answer.text();
          if (text !== shown) { shown = text; render(JSON.parse(text)); }
          state.textContent = "live, " + new Date().toLocaleTimeString();
        }
      } catch (e) { state.textContent = "the dashboard has ended"; }
      setTimeout(poll, 2000);
    };
    setTimeout(poll, 2000);
  }
})();
