// Numbers: arithmetic and texts of JavaScript, rounding of lodash, formulas of mathjs, fixed digits of Intl.

import { chance, load, NODE, Table, version } from "./seeded.mjs";

const _ = load("lodash");
const math = load("mathjs");
const { next, below, of, times, may } = chance("numbers");
const table = new Table();

/** What is no number in JavaScript is an error in a flow. */
const sure = (number) => {
  if (!Number.isFinite(number)) throw new Error("no number");
  return number;
};

const EDGES = [0, 1, -1, 0.5, -0.5, 2.5, -2.5, 1.005, 1.255, 4.35, 0.1, 0.3, 1e21, 1e-7, 123456789.125, 9007199254740991, 5e-324, 1.7976931348623157e308, -0.001, 999.995, 0.49999999999999994];
const number = () => {
  if (may(0.15)) return of(EDGES);
  const digits = below(7);
  const size = 10 ** below(9);
  return Number(((next() - 0.5) * size).toFixed(digits));
};
/** Numbers half-way between two others, as amounts of money are. */
const half = (decimals) => Number(`${below(4000) - 2000}.${String(below(10 ** decimals)).padStart(decimals, "0")}5`);

const LARGE = [1e15, 123456789012345680000, 1e21, 1e23, 4503599627370497.5, 9007199254740993, 45.035996273704967, 5.0123456789012345, 0.1];
for (let made = 0; made < 60 + 2 * LARGE.length; made++) {
  const decimals = below(5);
  const a = LARGE[(made - 60) >> 1] ?? (may(0.5) ? half(decimals) : number());
  table.add("number.round_to_decimals", { a, decimals }, () => ({ result: _.round(a, decimals) }));
  const [point, thousands] = of([[".", ""], [".", ","], [",", "."], [",", "'"]]);
  table.add("number.format", { a, decimals, point, thousands }, () => {
    const form = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, roundingMode: "halfCeil", signDisplay: "negative" };
    const parts = new Intl.NumberFormat("en-US", { ...form, useGrouping: thousands !== "" }).formatToParts(a);
    const signs = { group: thousands, decimal: point };
    return { text: parts.map(({ type, value }) => signs[type] ?? value).join("") };
  });
}
for (let made = 0; made < 40; made++) {
  const [a, b, decimals] = [number(), number(), below(7)];
  table.add("number.round", { a }, () => ({ result: Math.round(a) }));
  table.add("number.round_up", { a }, () => ({ result: Math.ceil(a) }));
  table.add("number.round_down", { a }, () => ({ result: Math.floor(a) }));
  table.add("number.divide", { a, b, decimals }, () => ({ result: sure(_.round(sure(a / b), decimals)) }));
  table.add("number.add", { a, b }, () => ({ total: sure(a + b) }));
  table.add("number.subtract", { a, b }, () => ({ difference: sure(a - b) }));
  table.add("number.multiply", { a, b }, () => ({ product: sure(a * b) }));
  table.add("number.remainder", { a, b }, () => ({ result: sure(a % b) }));
  const list = times(6, number);
  table.add("number.sum", { list }, () => ({ result: sure(_.sum(list)) }));
  table.add("number.average", { list }, () => ({ result: list.length ? sure(_.mean(list)) : null }));
  table.add("number.maximum", { list }, () => ({ result: _.max(list) ?? null }));
}
for (let made = 0; made < 25; made++) {
  const [a, b] = [Number((next() * 20).toFixed(below(4))), below(9) - 3];
  table.add("number.power", { a, b }, () => ({ result: sure(a ** b) }));
  table.add("number.square_root", { a }, () => ({ result: sure(Math.sqrt(a)) }));
  table.add("number.exponent", { a }, () => ({ result: sure(Math.exp(a)) }));
  table.add("number.log", { a }, () => ({ result: sure(Math.log(a)) }));
}

for (const [a, decimals] of [[4.07, 15], [-391805.345, 10], [1.005, 2], [2.345, 2]]) {
  table.add("number.round_to_decimals", { a, decimals }, () => ({ result: _.round(a, decimals) }));
}

// A number as a text, and the number at a text's start.
for (let made = 0; made < 60; made++) {
  const a = may(0.5) ? number() : Number(`${number()}e${below(50) - 25}`);
  if (Number.isFinite(a)) table.add("text.concatenate", { text_1: "", text_2: a }, () => ({ text: String(a) }));
}
const BEGINS = ["12", "-7", "+3", "1.5", ".5", "5.", "1e3", "1e", "1e+2", "-.5e-1", "0x1F", "1,234.50", "1_000", "Infinity", "-Infinity", "NaN", "", "  8", "\n9", "--1", "+-1", "1-1", "0b1", "00012", "1.2.3", "٣", "½", "e5", ".", "-", "1e400", "\u00a07", "\ufeff7", "12345678901234567890"];
for (const begin of BEGINS) {
  for (const end of ["", " kg", " ", "%"]) {
    const text = begin + end;
    table.add("number.increment", { a: text }, () => ({ result: sure(Number.parseFloat(text) + 1) }));
    table.add("number.parse", { text }, () => ({ result: sure(Number(text)) }));
  }
}

// Formulas.
const leaf = () => (may(0.5) ? of(["x", "y"]) : String(Math.abs(number())).replace(/e.*/, ""));
function formula(depth) {
  if (depth === 0) return leaf();
  const kind = below(12);
  const inner = () => formula(depth - 1);
  if (kind < 6) return `${inner()} ${of(["+", "-", "*", "/", "%"])} ${inner()}`;
  if (kind === 6) return `(${inner()})`;
  if (kind === 7) return `-${inner()}`;
  if (kind === 8) return `${of(["abs", "ceil", "floor", "sqrt"])}(${inner()})`;
  if (kind === 9) return `${of(["min", "max"])}(${inner()}, ${inner()})`;
  if (kind === 10) return `${below(4)}^${below(3)}`;
  return `${below(5)}!`;
}
for (let made = 0; made < 90; made++) {
  const [text, x, y] = [formula(3), number(), below(20) - 10];
  table.add("number.formula", { formula: text, x, y }, () => {
    const result = math.evaluate(text, { x, y });
    if (typeof result !== "number") throw new Error("no number");
    return { result: sure(result) };
  });
}

const { node, v8 } = NODE;
table.write("numbers", "arithmetic of V8, lodash (round, sum, mean), mathjs (formulas), Intl (fixed digits)", { node, v8, icu: process.versions.icu, lodash: version("lodash"), mathjs: version("mathjs") });
