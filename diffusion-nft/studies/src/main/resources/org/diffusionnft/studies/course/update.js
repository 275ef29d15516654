/** What the trainer's loss learned from samples, beside the theorem. */
class Update extends Figure {
  constructor(id) {
    super(id);
    this.plane = new Plane(this.canvas("plane"));
    const { counts, betas } = DATA.update;
    this.stops("images", "Images", counts, 6000);
    this.stops("beta", "β", betas, 1);
    this.check("negative", "The negative branch: bad images push", true);
    this.check("adaptive", "The trainer's adaptive weight", false);
    this.changed();
  }

  changed() {
    const weighting = this.value("adaptive") ? "SELF_NORMALIZED" : "UNIFORM", branches = this.value("negative") ? "BOTH" : "POSITIVE";
    const cells = DATA.update.learned[`${this.value("images")} ${this.value("beta")} ${weighting} ${branches}`];
    const places = numbers(cells, "centres");
    this.plane.show({ wanted: 131, arrows: [
      { places, values: numbers(cells, "exact"), scale: 0.2, colour: BLUE }, { places, values: numbers(cells, "found"), scale: 0.2, colour: BAD }] });
    const text = `${this.value("images")} images, ${places.length / 2} cells: what was learned is off by ${percent(cells.error)} of an arrow's length. The cosine between the two is ${cells.cosine.toFixed(2)}.`;
    this.say(text);
    this.describe(this.plane.canvas, `In each cell of the plane two arrows, what was learned from samples and what the formula says. ${text}`);
  }
}

/** From rewards to r: four images of one prompt. */
class Group extends Figure {
  constructor(id) {
    super(id);
    for (let i = 0; i < 4; i++) this.check(`right${i}`, `Image ${i + 1} is right`, i < 2);
    this.choice("clip", "Advantages are clipped at", { 5: "5 standard deviations, as usual", 1: "1 standard deviation" }, "5");
    this.changed();
  }

  changed() {
    const rights = [0, 1, 2, 3].filter(i => this.value(`right${i}`)), right = rights.reduce((sum, i) => sum | 1 << i, 0);
    const r = DATA.update.groups[this.value("clip")][right];
    this.section.querySelector(".bars").replaceChildren(...r.map((value, i) => {
      const meter = element("meter", { min: 0, max: 1, value, "aria-label": `r of image ${i + 1}` });
      return element("div", {}, `${i + 1}: ${rights.includes(i) ? "right" : "wrong"}`, meter, `r = ${value.toFixed(2)}`);
    }));
    this.say(`${rights.length} of 4 are right. ${r.map((value, i) => `Image ${i + 1}: r = ${value.toFixed(2)}`).join(", ")}.`);
  }
}
