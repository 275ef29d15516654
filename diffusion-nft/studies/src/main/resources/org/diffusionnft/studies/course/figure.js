/** A figure of a section: its controls, what it says, and what there is to do with it. */
class Figure {
  constructor(id) {
    this.section = document.getElementById(id);
    this.id = id;
    this.values = {};
    this.shown = {};
    this.box = this.section.querySelector(".controls");
    this.saying = this.section.querySelector(".said");
    this.tasks = [...this.section.querySelectorAll(".tasks li")].map(item => this.task(item));
  }

  canvas(name) { return this.section.querySelector(`canvas[data-name="${name}"]`); }

  /** Something with a label; `reads` says how a value is read. */
  control(key, label, input, first, reads, put) {
    input.id = `${this.id}-${key}`;
    const output = reads ? element("output", { for: input.id }) : "";
    const heading = element("label", { for: input.id }, label, " ", output);
    this.box.append(input.type === "checkbox" ? element("div", { class: "control tick" }, input, heading) : element("div", { class: "control" }, heading, input));
    this.values[key] = first;
    this.shown[key] = value => {
      put(value);
      if (reads) {
        output.textContent = reads(value);
        input.setAttribute("aria-valuetext", reads(value));
      }
    };
    this.shown[key](first);
    return input;
  }

  /** A slider over some values. */
  stops(key, label, stops, first, reads = String) {
    const input = element("input", { type: "range", min: 0, max: stops.length - 1, step: 1 });
    input.addEventListener("input", () => this.set(key, stops[Number(input.value)]));
    return this.control(key, label, input, first, reads, value => { input.value = stops.indexOf(value); });
  }

  /** A slider over a range. */
  range(key, label, [least, most, step], first, reads = String) {
    const input = element("input", { type: "range", min: least, max: most, step });
    input.addEventListener("input", () => this.set(key, Number(input.value)));
    return this.control(key, label, input, first, reads, value => { if (value !== null) input.value = value; });
  }

  choice(key, label, options, first) {
    const input = element("select", {}, ...Object.entries(options).map(([value, text]) => element("option", { value }, text)));
    input.addEventListener("change", () => this.set(key, input.value));
    return this.control(key, label, input, first, null, value => { input.value = value; });
  }

  check(key, label, first) {
    const input = element("input", { type: "checkbox" });
    input.addEventListener("change", () => this.set(key, input.checked));
    return this.control(key, label, input, first, null, value => { input.checked = value; });
  }

  /** A button that lets time run; `step` is told the milliseconds since the last picture and says whether to go on. */
  play(start, step) {
    const button = element("button", { type: "button", class: "play", id: `${this.id}-play`, "aria-pressed": "false" }, "Play");
    let running = false, last = 0;
    const stop = () => { running = false; button.textContent = "Play"; button.setAttribute("aria-pressed", "false"); };
    const turn = now => {
      if (!running) return;
      if (!step(Math.min(now - last, 100))) return stop();
      last = now;
      soon(turn);
    };
    button.addEventListener("click", () => {
      if (running) return stop();
      running = true;
      button.textContent = "Pause";
      button.setAttribute("aria-pressed", "true");
      start();
      last = performance.now();
      soon(turn);
    });
    this.box.append(element("div", { class: "control" }, button));
  }

  value(key) { return this.values[key]; }

  set(key, value) { this.setAll({ [key]: value }); }

  setAll(changes) {
    for (const [key, value] of Object.entries(changes)) {
      this.values[key] = value;
      if (this.shown[key]) this.shown[key](value);
    }
    this.changed(Object.keys(changes));
    this.done();
  }

  /** Says what the figure shows, once it has settled. */
  say(text) {
    clearTimeout(this.later);
    this.later = setTimeout(() => { if (this.saying.textContent !== text) this.saying.textContent = text; }, 200);
  }

  /** Describes a canvas to those who do not see it. */
  describe(canvas, text) { canvas.setAttribute("aria-label", text); }

  /** Something to do: its button does it, and it is ticked off however it was done. */
  task(item) {
    const parsed = text => ["true", "false"].includes(text) ? text === "true" : isNaN(text) ? text : Number(text);
    const wanted = item.dataset.set.split(",").map(pair => pair.split("=")).map(([key, text]) => [key, parsed(text)]);
    const button = element("button", { type: "button", class: "show" }, "Show me");
    const tick = element("span", { class: "done", role: "img", "aria-label": "done", hidden: "" }, "✓");
    item.prepend(tick);
    item.append(" ", button);
    button.addEventListener("click", () => this.setAll(Object.fromEntries(wanted)));
    return { wanted, tick };
  }

  done() {
    for (const { wanted, tick } of this.tasks) {
      if (wanted.every(([key, value]) => this.value(key) === value)) tick.hidden = false;
    }
  }
}
