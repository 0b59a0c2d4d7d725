// Pictures for fixtures: small drawn scenes with and without a car, so that no photograph stands in the repository.

/** Numbers in [0, 1) from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const sceneSize = 64;
type Rgb = readonly [number, number, number];

/** A scene of 64 x 64 RGB bytes; the same seed gives the same one. */
export function scene(seed: number, isCar: boolean): Uint8Array {
  const next = random(seed * 2 + (isCar ? 1 : 0));
  const pixels = new Uint8Array(sceneSize * sceneSize * 3);
  const sky: Rgb = [120 + next() * 100, 150 + next() * 80, 190 + next() * 60];
  const ground: Rgb = [70 + next() * 90, 70 + next() * 80, 60 + next() * 50];
  const horizon = 30 + next() * 16;
  paint(pixels, (x, y) => {
    const noise = (next() - 0.5) * 14;
    const base = y < horizon ? sky : ground;
    const shade = y < horizon ? 1 - y / 220 : 0.8 + (y - horizon) / 120;
    return [base[0] * shade + noise, base[1] * shade + noise, base[2] * shade + noise + x / 30];
  });
  if (isCar) drawCar(pixels, next);
  else drawOther(pixels, next);
  return pixels;
}

function drawCar(pixels: Uint8Array, next: () => number): void {
  const body: Rgb = [60 + next() * 190, 30 + next() * 150, 30 + next() * 180];
  const left = 5 + next() * 8;
  const width = 40 + next() * 12;
  const top = 30 + next() * 6;
  const height = 12 + next() * 4;
  const cabin = 0.2 + next() * 0.15;
  paint(pixels, (x, y) => {
    const u = (x - left) / width;
    const slope = (y - (top - height)) / height;
    if (y >= top - height && y < top && u > cabin + (1 - slope) * 0.12 && u < 0.85 - (1 - slope) * 0.15) {
      const isGlass = slope > 0.2 && slope < 0.85 && Math.abs(u - 0.52) > 0.03;
      return isGlass ? [150, 180, 200] : [body[0] * 0.85, body[1] * 0.85, body[2] * 0.85];
    }
    if (u >= 0 && u <= 1 && y >= top && y < top + height) return y < top + 2 ? brighter(body) : body;
    return null;
  });
  for (const at of [0.22, 0.78]) {
    disc(pixels, left + at * width, top + height, 6.5, [25, 25, 28]);
    disc(pixels, left + at * width, top + height, 3, [150, 150, 155]);
  }
}

function drawOther(pixels: Uint8Array, next: () => number): void {
  const kind = Math.floor(next() * 4);
  const x = 22 + next() * 20;
  const colour: Rgb = [40 + next() * 200, 60 + next() * 160, 40 + next() * 190];
  if (kind === 0) {
    box(pixels, x - 2, 34, 5, 24, [90, 62, 40]);
    for (let i = 0; i < 7; i++) {
      disc(pixels, x + (next() - 0.5) * 22, 20 + next() * 16, 8 + next() * 4, [
        30 + next() * 40,
        90 + next() * 60,
        35,
      ]);
    }
  } else if (kind === 1) {
    box(pixels, x - 16, 26, 32, 26, colour);
    paint(pixels, (px, py) =>
      py > 12 && py <= 26 && Math.abs(px - x) < (py - 12) * 1.4 ? [130, 60, 50] : null,
    );
    box(pixels, x - 10, 32, 7, 8, [200, 215, 225]);
    box(pixels, x + 3, 36, 8, 16, [80, 55, 45]);
  } else if (kind === 2) {
    disc(pixels, x, 36, 13, colour);
    disc(pixels, x + 11, 24, 7, brighter(colour));
    disc(pixels, x + 13, 22, 1.6, [15, 15, 15]);
    paint(pixels, (px, py) =>
      px > x + 17 && px < x + 24 && Math.abs(py - 25) < (x + 24 - px) / 3 ? [230, 160, 40] : null,
    );
  } else {
    paint(pixels, (px, py) => (py > 38 && py < 50 && Math.abs(px - x) < 26 - (py - 38) ? colour : null));
    paint(pixels, (px, py) =>
      py > 10 && py < 37 && px >= x && px - x < (py - 10) * 0.7 ? [240, 236, 225] : null,
    );
    box(pixels, x - 1, 9, 2, 30, [70, 50, 40]);
  }
}

function paint(pixels: Uint8Array, at: (x: number, y: number) => Rgb | null): void {
  for (let y = 0; y < sceneSize; y++) {
    for (let x = 0; x < sceneSize; x++) {
      const rgb = at(x, y);
      if (rgb) {
        for (let c = 0; c < 3; c++) {
          pixels[(y * sceneSize + x) * 3 + c] = Math.max(0, Math.min(255, Math.round(rgb[c]!)));
        }
      }
    }
  }
}

function disc(pixels: Uint8Array, cx: number, cy: number, radius: number, rgb: Rgb): void {
  paint(pixels, (x, y) => ((x - cx) ** 2 + (y - cy) ** 2 < radius ** 2 ? rgb : null));
}

function box(pixels: Uint8Array, left: number, top: number, width: number, height: number, rgb: Rgb): void {
  paint(pixels, (x, y) => (x >= left && x < left + width && y >= top && y < top + height ? rgb : null));
}

function brighter([r, g, b]: Rgb): Rgb {
  return [r * 1.15 + 12, g * 1.15 + 12, b * 1.15 + 12];
}

/** The scene mirrored and turned about its middle, the edge's pixels repeated outside. */
export function turned(image: Uint8Array, degrees: number, isFlipped: boolean): Uint8Array {
  const out = new Uint8Array(image.length);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const clamp = (n: number) => Math.max(0, Math.min(sceneSize - 1, Math.round(n)));
  for (let y = 0; y < sceneSize; y++) {
    for (let x = 0; x < sceneSize; x++) {
      const [dx, dy] = [(isFlipped ? 63 - x : x) - 31.5, y - 31.5];
      const from = (clamp(31.5 - sin * dx + cos * dy) * sceneSize + clamp(31.5 + cos * dx + sin * dy)) * 3;
      out.set(image.subarray(from, from + 3), (y * sceneSize + x) * 3);
    }
  }
  return out;
}
