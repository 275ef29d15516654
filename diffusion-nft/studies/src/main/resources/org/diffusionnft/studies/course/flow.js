const SOLVERS = {
  dpm2: "ODE, second order (DPM-Solver)",
  dpm1: "ODE, first order (Euler)",
  flow: "FlowGRPO's SDE",
  dance: "DanceGRPO's SDE",
  flow_cps: "Flow-CPS, noise that keeps its size",
};

/** Noise on its way to images, by every solver. */
class Flow extends Figure {
  constructor(id) {
    super(id);
    this.plane = new Plane(this.canvas("plane"));
    this.pictures = new Pictures(this.canvas("pictures"));
    const many = this.section.dataset.solvers === "all", { steps, etas } = DATA.flow;
    this.play(() => { if (this.value("t") <= 0) this.set("t", 1); }, millis => {
      this.set("t", Math.max(this.value("t") - millis / 4000, 0));
      return this.value("t") > 0;
    });
    this.range("t", "Noise level t", [0, 1, 0.01], many ? 0 : 1, t => t.toFixed(2));
    this.choice("solver", "Solver", many ? SOLVERS : { dpm2: SOLVERS.dpm2, dpm1: SOLVERS.dpm1 }, many ? "flow" : "dpm2");
    if (many) this.eta = this.stops("eta", "η, how much noise a step adds", etas, 0.7);
    this.stops("steps", "Steps", steps, many ? 10 : 40);
    if (!many) this.choice("way", "What happens", { draw: "images are drawn from noise", noise: "noise is added to images" }, "draw");
    this.check("arrows", "Arrows: the field at this level", !many);
    this.check("ways", many ? "The ways of twelve images, a dot for each step" : "The ways of all points", false);
    this.changed([]);
  }

  run() {
    const solver = this.value("solver"), steps = this.value("steps");
    return DATA.flow.runs[solver.startsWith("dpm") ? `${solver} ${steps}` : `${solver} ${this.value("eta")} ${steps}`];
  }

  /** Where the points are: straight from step to step, as the solver goes, or from image to noise. */
  points(t) {
    if (this.value("way") === "noise") {
      const { forward } = DATA.flow, noise = numbers(forward, "noise");
      return numbers(forward, "images").map((x, i) => (1 - t) * x + t * noise[i]);
    }
    const run = this.run(), frames = numbers(run, "frames"), { levels } = run, size = frames.length / levels.length;
    let step = 0;
    while (step + 2 < levels.length && levels[step + 1] >= t) step++;
    const share = Math.min(Math.max((levels[step] - t) / (levels[step] - levels[step + 1]), 0), 1);
    return frames.slice(step * size, (step + 1) * size).map((x, i) => (1 - share) * x + share * frames[(step + 1) * size + i]);
  }

  ways(count) {
    const frames = numbers(this.run(), "frames"), { levels } = this.run(), size = frames.length / levels.length;
    return Array.from({ length: Math.min(count, size / 2) }, (_, i) => levels.flatMap((_, step) => [frames[step * size + 2 * i], frames[step * size + 2 * i + 1]]));
  }

  /** From each image straight to its noise. */
  jumps() {
    const { forward } = DATA.flow, noise = numbers(forward, "noise"), from = numbers(forward, "images");
    return Array.from({ length: noise.length / 2 }, (_, i) => [from[2 * i], from[2 * i + 1], noise[2 * i], noise[2 * i + 1]]);
  }

  changed(keys) {
    const t = this.value("t"), adding = this.value("way") === "noise", run = this.run();
    const few = this.section.dataset.solvers === "all", points = this.points(t);
    if (this.eta) this.eta.disabled = this.value("solver").startsWith("dpm");
    const scene = { points };
    if (!adding) scene.stray = Array.from(marks(run), mark => mark > 7);
    if (few) scene.good = Array.from(marks(run), mark => mark < 8);
    if (this.value("arrows")) {
      scene.arrows = [{ places: PLACES, values: atLevel(numbers(DATA.policies, "field"), t), scale: 0.14, colour: GREY }];
    }
    if (this.value("ways")) {
      scene.ways = adding ? this.jumps() : this.ways(few ? 12 : Infinity);
      if (few) {
        scene.dots = scene.ways.flatMap(way => Array.from({ length: way.length / 2 }, (_, i) => [way[2 * i], way[2 * i + 1]]));
        delete scene.points;
      }
    }
    this.plane.show(scene, keys.length > 0 && !keys.includes("t"));
    this.pictures.show({ points, good: scene.good });
    const where = t >= 0.85 ? "nearly all is noise" : t >= 0.3 ? "the ways part" : t > 0 ? "each place belongs to one blob" : "these are the images";
    const end = `${percent(1 - run.strayed)} of 1000 images end inside a blob, ${(100 * run.between).toFixed(1)} % between two. The blobs are ${run.elongation.toFixed(1)} times as long as they are wide.`;
    const text = adding
      ? `Level ${t.toFixed(2)}: each image has ${percent(t)} of a noise of its own and is ${percent(1 - t)} itself.`
      : `Level ${t.toFixed(2)}: ${where}. ${end}`;
    this.say(text);
    this.describe(this.plane.canvas, `The plane of all pictures of two pixels. ${text}`);
  }
}
