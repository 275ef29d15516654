const FIELDS = { old: "v_old, the old policy", positive: "v⁺, as if all images were good", negative: "v⁻, as if all were bad", delta: "Δ, from v⁻ over v_old to v⁺" };

/** Policies of a reward that is drawn by hand. */
class Policies extends Figure {
  constructor(id) {
    super(id);
    this.kind = this.section.dataset.policies;
    this.planes = [...this.section.querySelectorAll("canvas[data-name^=plane]")].map(canvas => new Plane(canvas));
    this.pictures = [...this.section.querySelectorAll("canvas[data-name^=pictures]")].map(canvas => new Pictures(canvas));
    const { betas, scales } = DATA.policies;
    this.values.threshold = 1;
    this.values.wanted = this.brighter(1);
    this.probed = null;
    if (this.kind === "mixed") this.stops("share", "Share of the better policy's velocity", [0, 0.25, 0.5, 0.75, 1], 0);
    if (this.kind === "implicit") this.choice("field", "Policy", FIELDS, "old");
    if (this.kind === "both") this.stops("scale", "Guidance w", [0, ...scales], 2);
    if (this.kind === "trained" || this.kind === "both") this.stops("beta", "β", betas, 1);
    if (this.kind === "trained") this.check("negative", "The negative branch: bad images push", true);
    this.range("t", "Noise level t of the arrows", [0.05, 1, 0.05], 0.6, t => t.toFixed(2));
    this.rewards();
    this.planes.forEach(plane => this.pointed(plane));
    this.changed([]);
  }

  /** Which blobs lie where the first pixel is brighter than a threshold. */
  brighter(threshold) {
    return DIRECTIONS.reduce((wanted, _, blob) => wanted | (CENTRES[2 * blob] > threshold ? 1 << blob : 0), 0);
  }

  rewards() {
    const boxes = DIRECTIONS.map((name, blob) => {
      const input = element("input", { type: "checkbox", id: `${this.id}-blob-${blob}` });
      input.addEventListener("change", () => this.want(blob, input.checked));
      return input;
    });
    this.range("threshold", "Reward: the first pixel is brighter than", [-2.4, 2.4, 0.1], 1, v => v === null ? "(drawn by hand)" : v.toFixed(1));
    const put = this.shown.threshold;
    this.shown.threshold = value => {
      put(value);
      if (value !== null) this.values.wanted = this.brighter(value);
    };
    this.shown.wanted = wanted => {
      if (this.values.threshold !== null && this.brighter(this.values.threshold) !== wanted) put(this.values.threshold = null);
    };
    const opposite = element("button", { type: "button", id: `${this.id}-opposite` }, "The opposite reward");
    opposite.addEventListener("click", () => this.set("wanted", ~this.value("wanted") & 255));
    this.box.append(element("fieldset", { class: "blobs" }, element("legend", {}, "Wanted blobs"),
      ...boxes.map((box, blob) => element("span", {}, box, element("label", { for: box.id }, DIRECTIONS[blob]))), opposite));
    this.boxes = boxes;
  }

  want(blob, liked) {
    const bit = 1 << blob;
    this.set("wanted", liked ? this.value("wanted") | bit : this.value("wanted") & ~bit);
  }

  /** The mouse and the arrow keys look at places; pressing, or the space bar, draws the reward. */
  pointed(plane) {
    const { canvas } = plane;
    const sector = (x, y) => (Math.round(Math.atan2(y, x) / EIGHTH) + 8) % 8;
    let brush = null;
    canvas.addEventListener("pointerdown", event => {
      if (event.button !== 0) return;
      const blob = sector(...plane.place(event));
      canvas.setPointerCapture(event.pointerId);
      brush = !isWanted(this.value("wanted"), blob);
      this.want(blob, brush);
    });
    canvas.addEventListener("pointermove", event => {
      const [x, y] = plane.place(event), blob = sector(x, y);
      if (brush !== null && isWanted(this.value("wanted"), blob) !== brush) this.want(blob, brush);
      this.look(nearest(x, y));
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { brush = null; });
    canvas.addEventListener("pointerleave", () => { if (document.activeElement !== canvas) this.look(null); });
    canvas.addEventListener("blur", () => this.look(null));
    canvas.addEventListener("keydown", event => {
      const [ring, place] = onRing(this.probed ?? 0), last = DATA.policies.rings.length - 1;
      const to = {
        ArrowUp: () => [Math.min(ring + 1, last), place], ArrowDown: () => [Math.max(ring - 1, 0), place],
        ArrowLeft: () => [Math.max(ring, 1), place + 1 / 16], ArrowRight: () => [Math.max(ring, 1), place - 1 / 16],
      }[event.key];
      if (to) this.look(placeOn(...to()));
      else if (event.key === " " && this.probed !== null) {
        const blob = sector(PLACES[2 * this.probed], PLACES[2 * this.probed + 1]);
        this.want(blob, !isWanted(this.value("wanted"), blob));
      } else return;
      event.preventDefault();
    });
  }

  look(place) {
    if (place === this.probed) return;
    this.probed = place;
    this.changed([]);
  }

  /** What each plane shows: the field and the images of its policy. */
  policy(kind, all) {
    const wanted = this.value("wanted"), { node, base, by } = reward(wanted);
    const old = () => images(DATA.policies.old, wanted, 0);
    const guided = w => w === 0 ? old() : images(node.guided[w], base, by);
    switch (kind) {
      case "mixed": return { field: between(all.old, all.positive, this.value("share")), images: guided(this.value("share")) };
      case "guided": return { field: between(all.old, all.positive, this.value("scale")), images: guided(this.value("scale")) };
      case "trained": {
        const beta = this.value("beta"), pushed = this.value("negative") ?? true;
        const share = pushed ? all.alpha.map(a => 2 * a / beta) : 1 / beta;
        return { field: between(all.old, all.positive, share), images: pushed ? images(node.updated[beta], base, by) : guided(1 / beta) };
      }
      default: {
        const chosen = this.value("field");
        if (chosen === "negative") {
          const opposite = reward(~wanted & 255), bad = images(opposite.node.guided[1], opposite.base, opposite.by);
          return { field: all.negative, images: { ...bad, good: bad.good.map(liked => !liked), share: 1 - bad.share } };
        }
        if (chosen === "positive") return { field: all.positive, images: guided(1) };
        return { field: all.old, images: old() };
      }
    }
  }

  changed(keys) {
    const wanted = this.value("wanted"), t = this.value("t"), all = fields(wanted, t);
    this.boxes.forEach((box, blob) => { box.checked = isWanted(wanted, blob); });
    const kinds = this.kind === "both" ? ["guided", "trained"] : [this.kind];
    const texts = this.planes.map((plane, i) => {
      const { field, images: drawn } = this.policy(kinds[i], all);
      const isDelta = this.value("field") === "delta";
      const values = isDelta ? all.old.map((v, k) => all.alpha[k >> 1] * (all.positive[k] - v)) : field;
      const colour = { positive: GOOD, negative: BAD, delta: BLUE }[this.value("field")] || GREY;
      plane.show({
        wanted, threshold: this.value("threshold"), ...drawn, ...(isDelta ? { points: undefined } : {}),
        arrows: [{ places: PLACES, values, scale: isDelta ? 0.4 : 0.14, colour }],
        probe: this.probed === null ? null : this.probe(all),
      }, keys.length > 0 && !keys.includes("t"));
      this.pictures[i].show(drawn);
      const text = `${percent(drawn.share)} of ${DATA.policies.counted} images are good, ${percent(drawn.strayed)} lie in no blob.`;
      this.describe(plane.canvas, `${this.title(kinds[i])} ${text} The arrow keys look at places, the space bar wants or no longer wants the blob nearest to one.`);
      return `${this.title(kinds[i])} ${text}`;
    });
    this.say([this.named(wanted), ...texts, this.probed === null ? "" : this.told(all)].join(" "));
  }

  title(kind) {
    switch (kind) {
      case "mixed": return `${percent(this.value("share"))} of the better velocity:`;
      case "guided": return `Guidance ${this.value("scale")}:`;
      case "trained": return `Trained with β ${this.value("beta")}${this.value("negative") === false ? " without the negative branch" : ""}:`;
      default: return { old: "The old policy v_old:", positive: "The positive policy v⁺:", negative: "The negative policy v⁻:", delta: "The direction Δ. The old policy:" }[this.value("field")];
    }
  }

  named(wanted) {
    const names = DIRECTIONS.filter((_, blob) => isWanted(wanted, blob));
    return names.length === 0 ? "No blob is wanted." : names.length === 8 ? "All blobs are wanted." : `Wanted: ${names.join(", ")}.`;
  }

  probe(all) {
    const p = this.probed, of = field => [field[2 * p], field[2 * p + 1]];
    return { x: PLACES[2 * p], y: PLACES[2 * p + 1], arrows: [
      { value: of(all.negative), colour: BAD }, { value: of(all.positive), colour: GOOD }, { value: of(all.old), colour: BLUE }] };
  }

  told(all) {
    const p = this.probed, digits = v => v.toFixed(1);
    return `At pixels ${digits(PLACES[2 * p])} and ${digits(PLACES[2 * p + 1])}: α = ${all.alpha[p].toFixed(2)}, so v_old lies ${percent(all.alpha[p])} of the way from v⁻ to v⁺.`;
  }
}

/** The place nearest to a point. */
function nearest(x, y) {
  let best = 0, least = Infinity;
  for (let i = 0; i < PLACES.length / 2; i++) {
    const distance = Math.hypot(PLACES[2 * i] - x, PLACES[2 * i + 1] - y);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** A place's ring, and how far round it is. */
function onRing(place) {
  let first = 0;
  for (const [ring, count] of DATA.policies.rings.entries()) {
    if (place < first + count) return [ring, (place - first) / count];
    first += count;
  }
  return [0, 0];
}

function placeOn(ring, round) {
  const { rings } = DATA.policies, first = rings.slice(0, ring).reduce((a, b) => a + b, 0);
  return first + (Math.round(round * rings[ring]) % rings[ring] + rings[ring]) % rings[ring];
}
