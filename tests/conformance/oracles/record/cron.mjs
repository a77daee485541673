// Schedules: which expressions are any, and which of them ever come. By croner.

import { chance, load, Table, version } from "./seeded.mjs";

const { Cron } = load("croner");
const { below, of, times, may } = chance("cron");
const table = new Table();

const FIELDS = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  { least: 1, most: 12, names: ["JAN", "feb", "Dec"] },
  { least: 0, most: 7, names: ["MON", "sun", "Fri"] },
];
const number = ({ least, most, names }) => {
  if (names.length && may(0.2)) return of(names);
  return String(may(0.95) ? least + below(most - least + 1) : of([most + 1, -1, "x", "1.5", "", "+1", "01", 100]));
};
function part(field) {
  const kind = below(10);
  const step = may(0.9) ? 1 + below(20) : of([0, "x", "", 99]);
  if (kind < 3) return "*";
  if (kind < 4) return `*/${step}`;
  if (kind < 5) return `${number(field)}-${number(field)}`;
  if (kind < 6) return `${number(field)}-${number(field)}/${step}`;
  return number(field);
}
const field = (field) => [part(field), ...(may(0.2) ? [part(field)] : [])].join(",");

function add(cron) {
  table.add("schedule", { cron }, () => ({ comes: new Cron(cron, { timezone: "UTC" }).nextRun(new Date("2026-01-01T00:00:00Z")) !== null }));
}
for (let made = 0; made < 240; made++) {
  const fields = FIELDS.map(field);
  if (may(0.2)) fields.unshift(field({ ...FIELDS[0] }));
  if (may(0.04)) fields.pop();
  add(fields.join(may(0.9) ? " " : "  "));
}
// Days that months have, and those that none has.
for (const day of ["29", "30", "31", "28-29", "30-31", "30,31", "*/30", "29,31", "31/1"]) {
  for (const month of ["2", "FEB", "4", "2,4", "*/2", "1-2", "4,6,9,11", "2-4/2"]) {
    for (const weekday of ["*", "?", "mon"]) if (weekday === "*" || may(0.3)) add(`0 0 ${day} ${month} ${weekday}`);
  }
}

table.write("cron", "croner", { croner: version("croner") });
