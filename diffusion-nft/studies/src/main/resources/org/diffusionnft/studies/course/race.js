const COLOURS = [GOOD, BLUE, BAD, "#6d3fa0"], DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3]];

/** Four trainings side by side. */
class Race extends Figure {
  constructor(id) {
    super(id);
    const { racers, epochs } = DATA.race;
    this.wanted = 131;
    this.planes = racers.map(racer => {
      const canvas = element("canvas", { role: "img", "data-name": racer.title }), caption = element("figcaption", {});
      this.section.querySelector(".planes").append(element("figure", {}, element("h3", {}, racer.title), canvas, caption));
      return Object.assign(new Plane(canvas), { racer, caption });
    });
    this.curves = new Curves(this.canvas("curves"), racers);
    let waited = 0;
    this.play(() => { waited = 0; if (this.value("epoch") === epochs) this.set("epoch", 0); }, millis => {
      waited += millis;
      if (waited < 500) return true;
      waited = 0;
      this.set("epoch", this.value("epoch") + 1);
      return this.value("epoch") < epochs;
    });
    this.range("epoch", "Epoch", [0, epochs, 1], 0);
    this.choice("curve", "The curves show", { good: "good images", strayed: "images in no blob" }, "good");
    this.check("arrows", "Arrows: the learned field at level 0.5", false);
    this.changed([]);
  }

  changed(keys) {
    const epoch = this.value("epoch"), texts = this.planes.map(plane => {
      const at = plane.racer.snapshots[epoch], text = `${percent(at.good)} good, ${percent(at.strayed)} in no blob`;
      plane.show({
        wanted: this.wanted,
        points: numbers(at, "images"),
        good: Array.from(marks(at), mark => isWanted(this.wanted, mark & 7)),
        stray: Array.from(marks(at), mark => mark > 7),
        arrows: this.value("arrows") ? [{ places: PLACES, values: numbers(at, "field"), scale: 0.14, colour: GREY }] : [],
      }, keys.includes("epoch"));
      plane.caption.textContent = text;
      this.describe(plane.canvas, `${plane.racer.title} after ${epoch} epochs: ${text}.`);
      return `${plane.racer.title}: ${text}.`;
    });
    this.curves.show(this.value("curve"), epoch);
    const what = this.value("curve") === "good" ? "good images" : "images in no blob", last = DATA.race.epochs;
    this.describe(this.curves.canvas, `The share of ${what} by epoch. At the end: ${DATA.race.racers.map(r => `${r.title} ${percent(r.snapshots[last][this.value("curve")])}`).join(", ")}.`);
    this.say(`Epoch ${epoch} of ${last}. ${texts.join(" ")}`);
  }
}

/** A share by epoch, a line for each racer. */
class Curves extends Sheet {
  constructor(canvas, racers) {
    super(canvas);
    this.racers = racers;
  }

  show(key, epoch) {
    Object.assign(this, { key, epoch });
    soon(this.paint);
  }

  draw() {
    const { width, height } = this.begin(), { g } = this, left = 42, right = 12, top = 10, columns = width < 480 ? 1 : 2, bottom = 24 + 18 * Math.ceil(this.racers.length / columns);
    if (this.key === undefined) return;
    const last = this.racers[0].snapshots.length - 1;
    const x = epoch => left + (width - left - right) * epoch / last, y = share => top + (height - top - bottom) * (1 - share);
    g.font = "12px system-ui, sans-serif";
    g.fillStyle = "#4a5463";
    g.textAlign = "right";
    for (const share of [0, 0.5, 1]) {
      g.strokeStyle = "#dfe3e9";
      g.beginPath(); g.moveTo(left, y(share)); g.lineTo(width - right, y(share)); g.stroke();
      g.fillText(percent(share), left - 6, y(share) + 4);
    }
    g.textAlign = "center";
    for (let epoch = 0; epoch <= last; epoch += 5) g.fillText(String(epoch), x(epoch), y(0) + 15);
    g.strokeStyle = GREY;
    g.beginPath(); g.moveTo(x(this.epoch), y(0)); g.lineTo(x(this.epoch), y(1)); g.stroke();
    g.textAlign = "left";
    this.racers.forEach(({ title, snapshots }, i) => {
      g.strokeStyle = g.fillStyle = COLOURS[i];
      g.lineWidth = 2;
      g.setLineDash(DASHES[i]);
      g.beginPath();
      snapshots.forEach((at, epoch) => g.lineTo(x(epoch), y(at[this.key])));
      g.stroke();
      const legend = [left + i % columns * (width - left) / 2, y(0) + 34 + 18 * Math.floor(i / columns)];
      g.beginPath(); g.moveTo(legend[0], legend[1]); g.lineTo(legend[0] + 24, legend[1]); g.stroke();
      g.setLineDash([]);
      g.beginPath(); g.arc(x(this.epoch), y(snapshots[this.epoch][this.key]), 3.5, 0, 2 * Math.PI); g.fill();
      g.fillStyle = INK;
      g.fillText(title, legend[0] + 30, legend[1] + 4);
    });
    g.lineWidth = 1;
  }
}
