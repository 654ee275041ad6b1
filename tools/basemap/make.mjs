// Makes the base map of Indonesia and its neighbours from world-atlas (Natural Earth
// 1:10m, public domain): npm install && npm run make. Each country is cut to the box,
// thinned by Douglas and Peucker, and rounded; islands too small to be seen are left
// out, of Indonesia those below one square kilometre. The same packages give the same
// bytes.
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { createHash } from "node:crypto";
import { feature } from "topojson-client";

const box = [92, -13, 144, 9]; // west, south, east, north
const home = "Indonesia";
const tolerance = { home: 0.006, other: 0.02 }; // degrees
const smallest = { home: 0.00008, other: 0.002 }; // square degrees
const out = new URL("../../web/static/map/indonesia.geojson", import.meta.url);

// cut keeps the part of a ring on one side of a line (Sutherland and Hodgman).
function cut(ring, inside, cross) {
  const kept = [];
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i], b = ring[(i + 1) % ring.length];
    if (inside(a)) kept.push(a);
    if (inside(a) !== inside(b)) kept.push(cross(a, b));
  }
  return kept;
}

function cutToBox(ring) {
  const [w, s, e, n] = box;
  const atX = (x) => (a, b) => [x, a[1] + ((b[1] - a[1]) * (x - a[0])) / (b[0] - a[0])];
  const atY = (y) => (a, b) => [a[0] + ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]), y];
  ring = ring.slice(0, -1);
  ring = cut(ring, (p) => p[0] >= w, atX(w));
  ring = cut(ring, (p) => p[0] <= e, atX(e));
  ring = cut(ring, (p) => p[1] >= s, atY(s));
  ring = cut(ring, (p) => p[1] <= n, atY(n));
  return ring;
}

function area(ring) {
  let sum = 0;
  ring.forEach((a, i) => {
    const b = ring[(i + 1) % ring.length];
    sum += a[0] * b[1] - b[0] * a[1];
  });
  return Math.abs(sum / 2);
}

function distance(p, a, b) {
  const dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length));
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

function thin(line, far) {
  if (line.length < 3) return line;
  let worst = 0, at = 0;
  for (let i = 1; i < line.length - 1; i++) {
    const d = distance(line[i], line[0], line[line.length - 1]);
    if (d > worst) [worst, at] = [d, i];
  }
  if (worst <= far) return [line[0], line[line.length - 1]];
  return [...thin(line.slice(0, at + 1), far).slice(0, -1), ...thin(line.slice(at), far)];
}

function tidy(ring, far, least) {
  ring = cutToBox(ring);
  if (ring.length < 3 || area(ring) < least) return null;
  const half = Math.floor(ring.length / 2); // a closed line has no ends: two halves
  ring = [...thin(ring.slice(0, half + 1), far).slice(0, -1), ...thin([...ring.slice(half), ring[0]], far)];
  ring = ring.map(([x, y]) => [Math.round(x * 1000) / 1000, Math.round(y * 1000) / 1000]);
  ring = ring.filter((p, i) => i === 0 || p[0] !== ring[i - 1][0] || p[1] !== ring[i - 1][1]);
  return ring.length < 4 ? null : ring;
}

const source = new URL("node_modules/world-atlas/countries-10m.json", import.meta.url);
const world = JSON.parse(readFileSync(source));
const features = [];
for (const country of feature(world, world.objects.countries).features) {
  const kind = country.properties.name === home ? "home" : "other";
  const shapes = country.geometry?.type === "Polygon" ? [country.geometry.coordinates] : (country.geometry?.coordinates ?? []);
  const kept = [];
  for (const [outer, ...holes] of shapes) {
    const ring = tidy(outer, tolerance[kind], smallest[kind]);
    if (ring) kept.push([ring, ...holes.map((h) => tidy(h, tolerance[kind], smallest[kind])).filter(Boolean)]);
  }
  if (kept.length === 0) continue;
  features.push({
    type: "Feature",
    properties: { name: country.properties.name, home: kind === "home" },
    geometry: { type: "MultiPolygon", coordinates: kept },
  });
}
features.sort((a, b) => a.properties.home - b.properties.home || (a.properties.name < b.properties.name ? -1 : 1));
mkdirSync(new URL(".", out), { recursive: true });
const text = JSON.stringify({ type: "FeatureCollection", features }) + "\n";
writeFileSync(out, text);
console.log(`${features.length} countries, ${text.length} bytes, sha256 ${createHash("sha256").update(text).digest("hex")}`);
