// JSON: JSON.parse and JSON.stringify. Integers of more than 53 bits and keys that look like integers are left out: there a
// JavaScript engine changes digits and order, and flows keep them.

import { chance, load, NODE, Table, version } from "./seeded.mjs";

const _ = load("lodash");
const { next, below, of, times, may } = chance("json");
const table = new Table();

const LETTERS = [..."aZ 0\"\\/\b\f\n\r\t\u0000\u001f\u007fäß€😀\u2028\ufeff<&'"];
const text = () => times(6, () => of(LETTERS)).join("");
const key = () => `k${times(2, () => of([..."ab ä\"."])).join("")}`;
const number = () => of([0, -1, 7, 0.5, -0.25, 1e21, 1e-7, 1.5e300, 123456789, 9007199254740991, Number((next() * 1000).toFixed(below(5)))]);
function value(depth) {
  const kind = below(depth > 0 ? 7 : 4);
  if (kind === 0) return of([null, true, false]);
  if (kind === 1) return number();
  if (kind < 4) return text();
  if (kind === 4) return times(4, () => value(depth - 1));
  return Object.fromEntries(times(4, () => [key(), value(depth - 1)]));
}

for (let made = 0; made < 120; made++) {
  const [given, pretty] = [value(3), may(0.4)];
  table.add("json.stringify", { value: given, pretty }, () => {
    const text = JSON.stringify(given, null, pretty ? 2 : 0);
    return { text, bytes: Buffer.byteLength(text) };
  });
}

// Texts: as they were written, or with a sign changed.
const SIGNS = [..."{}[],:\"\\0123456789.eE+-tfn u\n\t'/"];
const changed = (text) => {
  const [at, sign] = [below(text.length + 1), of(SIGNS)];
  return text.slice(0, at) + of([sign, "", sign]) + text.slice(at + below(2));
};
const MORE = ["", " ", "1 ", "01", "-0", "-", "1.", ".5", "1e", "1e5", "1E+2", "+1", "0x1", "NaN", "Infinity", "nul", "true false", "[1,]", "[,1]", "{\"a\":1,}", "{a:1}", "{'a':1}", "\"\\x41\"", "\"\\u00e9\"", "\"\\u12\"", "\"\\ud83d\\ude00\"", "\"a\nb\"", "\"a\tb\"", "\"\u007f\"", "\"\\/\"", "// c\n1", "[1]x", "\u00a01", "\u000b1", "{\"a\":1,\"a\":2}", "[[[[]]]]", "{\"\":0}", "\"\u2028\"", "1e400", "-1e-400", "[1e5,1.0,100]", "\"\\u0000\"", "{\"a\":{\"b\":[]}}", "undefined", "[\"a\" \"b\"]", "{\"a\" 1}", "{\"a\":}", "{1:2}", "\ufeff1", "[1 2]", "tru", "\"", "[", "{", "}", "]"];
const texts = [...MORE, ...Array.from({ length: 150 }, () => changed(JSON.stringify(value(2), null, below(2))))];
for (const text of texts) {
  const read = () => {
    const read = JSON.parse(text);
    if (JSON.stringify(read) !== JSON.stringify(read, (_, part) => (typeof part === "number" && !Number.isSafeInteger(part) && Number.isInteger(part) ? null : part))) return undefined;
    return read;
  };
  let valid = true;
  try {
    if (read() === undefined || JSON.stringify(read()).match(/"\d+":/)) continue;
  } catch {
    valid = false;
  }
  table.add("json.parse", { text }, () => ({ value: read() }));
  if (may(0.3)) table.add("json.is_valid", { text }, () => ({ valid }));
}

// Numbers of 17 to 22 digits.
for (const given of [133497504000000000, 1e16, 1e20, 123456789012345680000, 1e21, -1e21, 1e-6, 1e-7]) {
  table.add("json.stringify", { value: { given } }, () => ({ text: JSON.stringify({ given }) }));
}

// Depth.
for (const depth of [1, 100, 126, 127, 128]) {
  for (const [open, close] of [["[", "]"], ["{\"a\":", "}"]]) {
    const text = open.repeat(depth) + "1" + close.repeat(depth);
    table.add("json.is_valid", { text }, () => ({ valid: JSON.parse(text) !== undefined }));
  }
}

for (let made = 0; made < 60; made++) {
  const object = Object.fromEntries(times(3, () => [of(["a", "b", "c"]), { a: value(1), b: [value(1), { c: value(0) }] }]));
  const path = [of(["a", "b", "c"]), ...times(3, () => of(["a", "b", "c", "0", "1", "2"]))].join(".");
  table.add("json.get", { text: JSON.stringify(object), path }, () => {
    const found = _.get(object, path, null);
    // What a text has is no member of it: no flow reads a letter by a path.
    return { value: found };
  });
}

table.write("json", "JSON of V8, lodash (get)", { node: NODE.node, v8: NODE.v8, lodash: version("lodash") });
