"use strict";
// What was computed beforehand. Nothing of it is computed again here: it is looked up, turned, and
// followed straight from one noise level to the next.
const DATA = JSON.parse(document.getElementById("data").textContent);
const EIGHTH = Math.PI / 4;

const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

/** Numbers of a node, unpacked when they are first asked for. */
function numbers(node, key) {
  if (typeof node[key] === "string") node[key] = Float32Array.from(new Int16Array(bytes(node[key]).buffer), n => n / DATA.unit);
  return node[key];
}

/** For each image the number of the nearest blob, and 8 more if it lies in none. */
function marks(node) {
  if (typeof node.marks === "string") node.marks = bytes(node.marks);
  return node.marks;
}

const PLACES = numbers(DATA.policies, "places");
const CENTRES = numbers(DATA, "centres");
const DIRECTIONS = ["right", "upper right", "top", "upper left", "left", "lower left", "bottom", "lower right"];
const isWanted = (wanted, blob) => (wanted >> blob & 1) === 1;
const percent = share => `${Math.round(100 * share)} %`;

/** The reward that was computed for this one, and by how many eighths it has to be turned. */
function reward(wanted) {
  for (let by = 0; by < 8; by++) {
    const turned = (wanted >> by | wanted << (8 - by)) & 255;
    if (DATA.policies.rewards[turned]) return { node: DATA.policies.rewards[turned], base: turned, by };
  }
  throw new Error(`no reward ${wanted}`);
}

/** Points or arrows, turned by eighths. */
function turned(vectors, by) {
  const c = Math.cos(by * EIGHTH), s = Math.sin(by * EIGHTH), out = new Float32Array(vectors.length);
  for (let i = 0; i < vectors.length; i += 2) {
    out[i] = c * vectors[i] - s * vectors[i + 1];
    out[i + 1] = s * vectors[i] + c * vectors[i + 1];
  }
  return out;
}

/** Values at all places, moved on along the rings by eighths; `size` of them to a place. */
function moved(values, by, size) {
  const out = new Float32Array(values.length);
  let first = 0;
  for (const count of DATA.policies.rings) {
    for (let i = 0; i < count; i++) {
      const to = first + (i + by * count / 8) % count;
      for (let k = 0; k < size; k++) out[size * (count === 1 ? first : to) + k] = values[size * (first + i) + k];
    }
    first += count;
  }
  return out;
}

/** What lies at level t of values at all levels; straight between two of them. */
function atLevel(values, t) {
  const levels = DATA.policies.levels, size = values.length / levels.length;
  const place = Math.min(Math.max((t - levels[0]) / (levels[1] - levels[0]), 0), levels.length - 1);
  const low = Math.min(Math.floor(place), levels.length - 2), share = place - low;
  const out = new Float32Array(size);
  for (let i = 0; i < size; i++) out[i] = (1 - share) * values[low * size + i] + share * values[(low + 1) * size + i];
  return out;
}

/** v_old + share (v+ - v_old), the share being one number or one for each place. */
function between(old, positive, share) {
  return old.map((v, i) => v + (typeof share === "number" ? share : share[i >> 1]) * (positive[i] - v));
}

/** The fields of a reward at a level: v_old, v+, v- and alpha at all places. */
function fields(wanted, t) {
  const of = mask => {
    const { node, by } = reward(mask);
    return { positive: turned(moved(atLevel(numbers(node, "positive"), t), by, 2), by), alpha: moved(atLevel(numbers(node, "alpha"), t), by, 1) };
  };
  const good = of(wanted);
  // What is bad for one reward is good for the opposite one.
  return { old: atLevel(numbers(DATA.policies, "field"), t), positive: good.positive, negative: of(~wanted & 255).positive, alpha: good.alpha };
}

/** Images that were drawn for a reward: where they are, which are wanted, which lie in no blob, and the shares of both. */
function images(node, base, by) {
  return {
    points: turned(numbers(node, "images"), by),
    good: Array.from(marks(node), mark => isWanted(base, mark & 7)),
    stray: Array.from(marks(node), mark => mark > 7),
    share: node.shares.reduce((sum, share, blob) => sum + (isWanted(base, blob) ? share : 0), 0),
    strayed: node.strayed,
  };
}
