// What the recorders in Node share: chance that is the same each time, and tables.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Packages are those of the folder in which the recorder runs. */
export const load = createRequire(join(process.cwd(), "any.js"));

export const SEED = 20160907;

/** Draws by mulberry32, from a seed of its own for each family, so that one more case in one leaves the others as they are. */
export function chance(family) {
  let state = [...family].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) | 0, SEED);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (most) => Math.floor(next() * most);
  const of = (items) => items[below(items.length)];
  const times = (most, make) => Array.from({ length: below(most + 1) }, make);
  return { next, below, of, times, may: (share) => next() < share };
}

/** Rows of a family: what `answer` gives is what the card should give, and what it throws is that it should refuse. */
export class Table {
  rows = new Map();

  add(card, inputs, answer) {
    let right;
    try {
      right = answer();
    } catch {
      right = "refused";
    }
    const row = JSON.stringify([card, inputs, right]);
    // No text of flowrun holds half a character, and JSON would hide a number that is none.
    const half = /(^|[^\\])(\\\\)*\\ud[89a-f]/.test(row);
    if (half || Object.values(right).some((part) => Number.isNaN(part))) return;
    this.rows.set(JSON.stringify([card, inputs]), row);
  }

  write(family, oracle, versions) {
    const head = { family, oracle, versions, seed: SEED, recorded: new Date().toISOString().slice(0, 10), command: "node record.mjs" };
    const file = join(dirname(fileURLToPath(import.meta.url)), "..", `${family}.jsonl`);
    writeFileSync(file, [JSON.stringify(head), ...this.rows.values(), ""].join("\n"));
    console.log(`${family}: ${this.rows.size} rows`);
  }
}

export const version = (name) => load(`${name}/package.json`).version;
export const NODE = { node: process.versions.node, v8: process.versions.v8, unicode: process.versions.unicode };
