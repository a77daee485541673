// Patterns: RegExp without the flag `u`, as Okta's Text cards use it.

import { chance, NODE, Table } from "./seeded.mjs";

const { below, of, times, may } = chance("patterns");
const table = new Table();

const LETTERS = [..."abcAB12_-. @,;/ä"];
const ESCAPES = ["\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\b", "\\B", "\\.", "\\-", "\\/", "\\@", "\\t", "\\n", "\\x41", "\\u00e4", "\\cJ", "\\0", "\\a", "\\z", "\\e"];
const IN_CLASS = ["a", "b", "A", "1", "_", ".", "@", "ä", " ", "a-c", "A-Z", "0-9", "\\d", "\\w", "\\s", "\\W", "\\S", "\\-", "\\]", "\\b", "&&", "[", "^", "\\.", "*", "+", "-"];
const ODD = ["{", "}", "]", "{,2}", "a{2", "{a}", "\\p{L}", "[^]", "[]", "[b-a]", "(", ")", "[", "*", "+", "a**", "a{2,1}", "\\", "(?x)", "(?i:a)"];
const AROUND = ["(?=a)", "(?!b)", "(?<=a)", "(?<!b)", "(a)\\1", "(?<k>b)\\k<k>"];
const COUNTS = ["*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "+?", "??", "{0}", "{0,2}?"];

let names = 0;
function atom(depth) {
  const kind = below(100);
  if (kind < 40) return of(LETTERS).replace(/[.\-]/, "\\$&");
  if (kind < 46) return ".";
  if (kind < 62) return of(ESCAPES);
  if (kind < 76) return `[${may(0.3) ? "^" : ""}${of(IN_CLASS)}${times(3, () => of(IN_CLASS)).join("")}]`;
  if (kind < 93 && depth > 0) return `(${of(["", "", "?:", `?<n${names++}>`])}${pattern(depth - 1)})`;
  if (kind < 95) return of(["^", "$"]);
  if (kind < 97) return of(AROUND);
  return may(0.25) ? of(ODD) : of(LETTERS);
}

function pattern(depth) {
  const part = () => atom(depth) + (may(0.3) ? of(COUNTS) : "");
  const branch = () => part() + times(2, part).join("");
  return branch() + (may(0.2) ? `|${may(0.1) ? "" : branch()}` : "");
}

const NEAR = [..."aabbcAB12_-.@,; ä\n\r\té "];
const text = () => times(14, () => of(NEAR)).join("");

function hold(look_for, look_in) {
  const flags = (case_sensitive, all) => (case_sensitive ? "" : "i") + (all ? "g" : "");
  const case_sensitive = may(0.7);
  const kind = below(3);
  if (kind === 0) {
    table.add("text.find_pattern", { look_in, look_for }, () => ({ position: look_in.search(new RegExp(look_for)) }));
  } else if (kind === 1) {
    table.add("text.extract_pattern", { look_in, look_for, case_sensitive }, () => {
      const found = look_in.match(new RegExp(look_for, flags(case_sensitive, false)));
      const all = [...look_in.matchAll(new RegExp(look_for, flags(case_sensitive, true)))].map((match) => match[0]);
      return { first: found?.[0] ?? null, groups: (found ?? []).slice(1).map((group) => group ?? null), all };
    });
  } else {
    const all_instances = may(0.6);
    const replace_with = times(3, () => of(["-", "<$&>", "$1", "$2", "$$", "$0", "$12", "$<n0>", "x"])).join("");
    table.add("text.replace_pattern", { look_in, look_for, replace_with, all_instances, case_sensitive }, () => ({
      text: look_in.replace(new RegExp(look_for, flags(case_sensitive, all_instances)), replace_with),
    }));
  }
}

for (let made = 0; made < 420; made++) hold(pattern(2), text());

// What flows look for: addresses, names, numbers, distinguished names.
const USED = ["^[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+$", "(\\d{4})-(\\d{2})-(\\d{2})", "CN=([^,]+)", "[^a-zA-Z0-9]", "^\\s+|\\s+$", "\\bst\\w*", "([^@]+)@(.*)", "(title)|(name)", "^(.*?)[ ,]+(.*)$", "[\\r\\n]+", "x*", "$", "^", "(a*)*", "(?:(a)|b)*", "(a)|(b)", "\\.?0+$", "[À-ÿ]+", "(\\w+)\\s(\\w+)", ".+", "[^]+", "\\W"];
const READ = ["jane.smith+x@mail.example.com", "2016-09-07 and 2017-10-08", "CN=Jane Smith,OU=IT,DC=example", "Straße 12\r\nStuttgart", "  Smith, Jane ", "xaxxb", "abab", "10.500", "a name and a title", "", "Zoë é"];
for (const look_for of USED) for (let made = 0; made < 4; made++) hold(look_for, of(READ));

// What was searched in another way once.
for (const [look_for, look_in] of [["Name: (.*)", "Name: Jane\r\nx"], ["\\a", "xa"], ["\\A", "xA"], ["\\z", "xz"], ["\\pL", "é pL"], ["\\01", "a\u0001"], ["[\\w-.]+@", "jane-x.y@"], ["\\B", "é"], ["x*", "xaxxb"]]) {
  table.add("text.extract_pattern", { look_in, look_for }, () => {
    const all = [...look_in.matchAll(new RegExp(look_for, "g"))];
    return { first: all[0]?.[0] ?? null, groups: (all[0] ?? []).slice(1), all: all.map((match) => match[0]) };
  });
}

// Names of groups in the replacement: of one that matched nothing, of none, and where no group has a name.
for (const look_for of ["(?<x>b)?a", "(b)?a", "(?<y>a)|b"]) {
  for (const replace_with of ["[$<x>]", "[$<x>$<y>$1$2]", "[$<x]", "[$<>]"]) {
    table.add("text.replace_pattern", { look_in: "aba", look_for, replace_with }, () => ({ text: "aba".replace(new RegExp(look_for, "g"), replace_with) }));
  }
}

// Letters whose capitals are unlike, and those that are two units long.
for (const letter of [..."sSſkKKßẞiIİıµμσςΣÅÅǅ"]) {
  for (const look_in of ["sSſ", "kKK", "ßẞ", "iIİı", "µμ", "σςΣ", "ÅÅå", "Ǆǅǆ"]) {
    table.add("text.extract_pattern", { look_in, look_for: `[${letter}]`, case_sensitive: false }, () => {
      const all = look_in.match(new RegExp(`[${letter}]`, "gi")) ?? [];
      return { first: all[0] ?? null, groups: [], all };
    });
  }
}
for (const look_for of ["b", "😀", "a.b", "a..b", "[^a]b", "\\W+", "\\ud83d", "\\u{1f600}", "😀?", "(?:😀)?b", "[😀]"]) {
  table.add("text.find_pattern", { look_in: "a😀b", look_for }, () => ({ position: "a😀b".search(new RegExp(look_for)) }));
}

table.write("patterns", "RegExp of V8", NODE);
