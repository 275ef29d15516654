const INK = "#1c2330", GOOD = "#19752f", BAD = "#c2410c", BLUE = "#1f5fb0", GREY = "#8b95a3", FAINT = "#c9d0d9";
const REACH = 3, STILL = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Everything that wants to be drawn is drawn once before the screen shows its next picture; `took` is how many milliseconds each of the last pictures took. */
const drawing = { waiting: new Set(), took: [] };
function soon(draw) {
  if (drawing.waiting.size === 0) requestAnimationFrame(now => {
    const all = [...drawing.waiting], begun = performance.now();
    drawing.waiting.clear();
    all.forEach(each => each(now));
    drawing.took.push(performance.now() - begun);
    if (drawing.took.length > 240) drawing.took.shift();
  });
  drawing.waiting.add(draw);
}

/** A canvas as large as it appears, in the screen's own pixels. */
class Sheet {
  constructor(canvas) {
    this.canvas = canvas;
    this.g = canvas.getContext("2d");
    this.paint = now => this.draw(now);
    new ResizeObserver(() => soon(this.paint)).observe(canvas);
  }

  begin() {
    const scale = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = this.canvas;
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(height * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
    }
    this.g.setTransform(scale, 0, 0, scale, 0, 0);
    this.g.clearRect(0, 0, width, height);
    return { width, height };
  }
}

/** A square piece of the plane with its middle at the origin. */
class Plane extends Sheet {
  constructor(canvas) {
    super(canvas);
    this.scene = {};
  }

  /** Shows a scene; points that were elsewhere go there in a third of a second. */
  show(scene, slowly) {
    const before = this.scene.points && this.now || this.scene.points;
    this.scene = scene;
    this.now = scene.points;
    this.begun = null;
    this.from = slowly && !STILL.matches && before && scene.points && before.length === scene.points.length ? before : null;
    soon(this.paint);
  }

  x(v) { return this.side / 2 * (1 + v / REACH); }
  y(v) { return this.side / 2 * (1 - v / REACH); }

  draw(now) {
    this.side = this.begin().width;
    const { scene, g } = this;
    if (scene.wanted !== undefined) this.sectors(scene.wanted);
    this.axes();
    if (scene.threshold !== undefined && scene.threshold !== null) {
      this.line([scene.threshold, -REACH, scene.threshold, REACH], GOOD, 1.5, [6, 4]);
    }
    (scene.ways || []).forEach(way => this.line(way, FAINT, 1));
    (scene.arrows || []).forEach(a => this.arrows(a.places, a.values, a.scale, a.colour));
    if (scene.points) {
      if (this.from) {
        this.begun ??= now;
        const share = Math.min((now - this.begun) / 350, 1), eased = share * share * (3 - 2 * share);
        this.now = scene.points.map((v, i) => (1 - eased) * this.from[i] + eased * v);
        if (share < 1) soon(this.paint); else this.from = null;
      } else this.now = scene.points;
      this.points(this.now, scene);
    }
    if (scene.dots) { g.fillStyle = BLUE; scene.dots.forEach(([x, y]) => this.disc(x, y, 1.8)); }
    if (scene.probe) this.probe(scene.probe);
  }

  /** The parts of the plane whose nearest blob is wanted. */
  sectors(wanted) {
    for (let blob = 0; blob < 8; blob++) {
      if (!isWanted(wanted, blob)) continue;
      const middle = -blob * EIGHTH, g = this.g;
      g.fillStyle = "#e3f3e7";
      g.beginPath();
      g.moveTo(this.side / 2, this.side / 2);
      g.arc(this.side / 2, this.side / 2, this.side, middle - EIGHTH / 2, middle + EIGHTH / 2);
      g.fill();
    }
  }

  axes() {
    this.line([-REACH, 0, REACH, 0], "#e3e7ec", 1);
    this.line([0, -REACH, 0, REACH], "#e3e7ec", 1);
    this.g.strokeStyle = "#d5dae1";
    for (let blob = 0; blob < 8; blob++) {
      this.g.beginPath();
      this.g.arc(this.x(CENTRES[2 * blob]), this.y(CENTRES[2 * blob + 1]), 3 * DATA.spread * this.side / 2 / REACH, 0, 2 * Math.PI);
      this.g.stroke();
    }
  }

  line(way, colour, width, dashes = []) {
    const g = this.g;
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.setLineDash(dashes);
    g.beginPath();
    for (let i = 0; i < way.length; i += 2) g.lineTo(this.x(way[i]), this.y(way[i + 1]));
    g.stroke();
    g.setLineDash([]);
    g.lineWidth = 1;
  }

  /** Arrows the way images go: against the velocity, which points to noise. */
  arrows(places, values, scale, colour, width = 1.2) {
    const g = this.g, unit = this.side / 2 / REACH;
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.beginPath();
    for (let i = 0; i < places.length; i += 2) {
      const dx = -scale * values[i] * unit, dy = scale * values[i + 1] * unit, length = Math.hypot(dx, dy);
      if (length < 0.5) continue;
      const x = this.x(places[i]), y = this.y(places[i + 1]), head = Math.min(5, 0.45 * length) / length;
      g.moveTo(x, y);
      g.lineTo(x + dx, y + dy);
      g.moveTo(x + dx - head * (dx + 0.6 * dy), y + dy - head * (dy - 0.6 * dx));
      g.lineTo(x + dx, y + dy);
      g.lineTo(x + dx - head * (dx - 0.6 * dy), y + dy - head * (dy + 0.6 * dx));
    }
    g.stroke();
    g.lineWidth = 1;
  }

  disc(x, y, radius) {
    this.g.beginPath();
    this.g.arc(this.x(x), this.y(y), radius, 0, 2 * Math.PI);
    this.g.fill();
  }

  /** Wanted images are green discs, others orange rings, those in no blob crosses. Form tells what colour tells. */
  points(p, { good, stray }) {
    const g = this.g, size = Math.max(1.8, this.side / 200);
    g.lineWidth = 1.2;
    for (let i = 0; i < p.length / 2; i++) {
      const x = this.x(p[2 * i]), y = this.y(p[2 * i + 1]), liked = !good || good[i];
      g.fillStyle = g.strokeStyle = !good ? BLUE : liked ? GOOD : BAD;
      g.beginPath();
      if (stray && stray[i]) {
        g.moveTo(x - size, y - size); g.lineTo(x + size, y + size);
        g.moveTo(x - size, y + size); g.lineTo(x + size, y - size);
        g.stroke();
      } else {
        g.arc(x, y, size, 0, 2 * Math.PI);
        if (liked) g.fill(); else g.stroke();
      }
    }
    g.lineWidth = 1;
  }

  /** The three velocities at one place, and the picture that this place is. */
  probe({ x, y, arrows }) {
    this.g.fillStyle = INK;
    this.disc(x, y, 3);
    arrows.forEach(({ value, colour }) => this.arrows([x, y], value, 0.4, colour, 2.6));
    const side = 15, left = this.x(x) > this.side / 2 ? 8 : this.side - 2 * side - 8;
    pixels(this.g, left, 8, side, x, y, INK);
  }

  /** Where the mouse is, in the plane. */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [REACH * (2 * (event.clientX - box.left) / box.width - 1), REACH * (1 - 2 * (event.clientY - box.top) / box.height)];
  }
}

/** A point as what it is: a picture of two pixels, each from black at -3 to white at 3. */
function pixels(g, left, top, side, first, second, frame) {
  [first, second].forEach((value, i) => {
    const grey = Math.round(Math.min(Math.max((value + REACH) / (2 * REACH), 0), 1) * 255);
    g.fillStyle = `rgb(${grey},${grey},${grey})`;
    g.fillRect(left + i * side, top, side, side);
  });
  g.strokeStyle = frame;
  g.lineWidth = 2;
  g.strokeRect(left - 1, top - 1, 2 * side + 2, side + 2);
  g.lineWidth = 1;
}

/** The first images of a plane, as pictures. */
class Pictures extends Sheet {
  show(images) {
    this.images = images;
    soon(this.paint);
  }

  draw() {
    const { width, height } = this.begin(), side = height - 6, step = 2 * side + 9;
    if (!this.images) return;
    const { points, good } = this.images;
    for (let i = 0; i < points.length / 2 && (i + 1) * step <= width; i++) {
      pixels(this.g, 3 + i * step, 3, side, points[2 * i], points[2 * i + 1], !good ? BLUE : good[i] ? GOOD : BAD);
    }
  }
}
