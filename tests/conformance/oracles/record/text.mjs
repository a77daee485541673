// Texts: String of JavaScript, Buffer and crypto of Node, deburr of lodash.

import { createHash, createHmac } from "node:crypto";
import { chance, load, NODE, Table, version } from "./seeded.mjs";

const _ = load("lodash");
const { below, of, times, may } = chance("text");
const table = new Table();

const LETTERS = [..."aabbcAB12 ,.-_ä\u00dfÉ\u0130\u0131\u03a3\u03c3\u03c2ŉ\ufb01ǅ😀👍\u00a0\u2003\u2028\ufeff\u0085\u180e\u200b\t\n\re\u0301한\u1e9e"];
const text = (most = 10) => times(most, () => of(LETTERS)).join("");
const count = () => of([-2, 0, 1, 2, 3, 5, 8, 20, 1.7]);

for (let made = 0; made < 28; made++) {
  const [given, look] = [text(), text(2)];
  table.add("text.to_lower_case", { text: given }, () => ({ text: given.toLowerCase() }));
  table.add("text.to_upper_case", { text: given }, () => ({ text: given.toUpperCase() }));
  table.add("text.trim", { text: given }, () => ({ text: given.trim() }));
  table.add("text.trim_start", { text: given }, () => ({ text: given.trimStart() }));
  table.add("text.trim_end", { text: given }, () => ({ text: given.trimEnd() }));
  table.add("text.length", { text: given }, () => ({ length: given.length }));
  table.add("text.find", { look_in: given, look_for: look }, () => ({ position: given.indexOf(look) }));
  const right = count();
  table.add("text.find_last", { look_in: given, look_for: look, right_most_position: right }, () => ({ position: given.lastIndexOf(look, right) }));
  table.add("text.contains", { text: given, look_for: look }, () => ({ result: given.includes(look) }));
  table.add("text.starts_with", { text: given, look_for: look }, () => ({ result: given.startsWith(look) }));
  table.add("text.ends_with", { text: given, look_for: look }, () => ({ result: given.endsWith(look) }));
  const [start_at, end_before] = [count(), count()];
  table.add("text.text_segment", { text: given, start_at, end_before }, () => ({ segment: given.substring(start_at, end_before) }));
  table.add("text.at", { text: given, position: start_at }, () => ({ text: given.charAt(start_at) }));
  const [length, fill] = [count(), text(3)];
  table.add("text.pad_start", { text: given, length, fill }, () => ({ text: given.padStart(length, fill) }));
  table.add("text.pad_end", { text: given, length, fill }, () => ({ text: given.padEnd(length, fill) }));
  table.add("text.repeat", { text: look, times: Math.max(0, length) }, () => ({ text: look.repeat(Math.max(0, length)) }));
  table.add("text.reverse", { text: given }, () => ({ text: [...given].reverse().join("") }));
  const separator = may(0.8) ? of([",", " ", "a", "ab", "\n", "."]) : "";
  table.add("text.split", { text: given, separator }, () => ({ list: given.split(separator) }));
  const replace_with = of(["", "-", "$1", "$&", "xyz"]);
  table.add("text.replace", { look_in: given, look_for: look || "a", replace_with }, () => ({ text: given.replace(look || "a", () => replace_with) }));
  table.add("text.replace", { look_in: given, look_for: look || "a", replace_with, all_instances: true }, () => ({ text: given.replaceAll(look || "a", () => replace_with) }));
  const form = of(["NFC", "NFD", "NFKC", "NFKD"]);
  table.add("text.normalize", { text: given, form }, () => ({ text: given.normalize(form) }));
  const other = may(0.3) ? given : text(2);
  table.add("text.compare", { text_1: given, text_2: other }, () => ({ order: given < other ? -1 : given > other ? 1 : 0, equal: given === other }));
  table.add("text.concatenate", { text_1: given, text_2: other }, () => ({ text: given + other }));
}

// Letters with marks of the Latin alphabets, those of Unicode's blocks Latin-1 and Latin Extended-A.
for (let from = 0xc0; from < 0x180; from += 8) {
  const given = Array.from({ length: 8 }, (_, at) => String.fromCodePoint(from + at)).join("");
  table.add("text.remove_diacritics", { text: given }, () => ({ text: _.deburr(given) }));
}

// Capital and small letters of every script: one letter in forty.
for (let at = 0x80; at < 0x1f000; at += 1) {
  const letter = String.fromCodePoint(at);
  if (!/\p{L}/u.test(letter) || letter.toUpperCase() === letter.toLowerCase() || !may(0.012)) continue;
  table.add("text.to_upper_case", { text: letter }, () => ({ text: letter.toUpperCase() }));
  table.add("text.to_lower_case", { text: letter }, () => ({ text: letter.toLowerCase() }));
}

// Bytes.
const ALGORITHMS = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
for (let made = 0; made < 40; made++) {
  const [data, key, algorithm] = [text(20), text(8) || "k", of(ALGORITHMS)];
  const digest = of(["hex", "base64", "base64url"]);
  table.add("encryption.hash", { data, algorithm, digest }, () => ({ hash: createHash(algorithm).update(data).digest(digest) }));
  const written = of(["hex", "base64"]);
  table.add("encryption.hmac", { data, key, algorithm, digest: written }, () => ({ hash: createHmac(algorithm, key).update(data).digest(written) }));
  table.add("text.base64", { text: data }, () => ({ text: Buffer.from(data).toString("base64") }));
  const code = Buffer.from(data).toString(of(["base64", "base64url"]));
  table.add("text.base64_decode", { text: code }, () => ({ text: Buffer.from(code, "base64").toString() }));
  const [from, to] = [of(["utf8", "hex", "base64", "base64url"]), of(["hex", "base64", "base64url", "utf8"])];
  const name = (encoding) => (encoding === "utf8" ? "text" : encoding);
  const given = Buffer.from(data).toString(from);
  table.add("encryption.convert_encoding", { text: given, from: name(from), to: name(to) }, () => ({ text: Buffer.from(given, from).toString(to) }));
}

table.write("text", "String of V8, Buffer and crypto of Node, lodash (deburr)", { ...NODE, openssl: process.versions.openssl, lodash: version("lodash") });
