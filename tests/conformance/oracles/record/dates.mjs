// Dates: moment and moment-timezone, which Okta's Workflows use.

import { chance, load, Table, version } from "./seeded.mjs";

const moment = load("moment");
load("moment-timezone");
moment.suppressDeprecationWarnings = true;
/** The present of the cards that the test runs: a time alone is that of today. */
moment.now = () => 1473206485670;

const { below, of, times, may } = chance("dates");
const table = new Table();

const ZONES = ["UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "US/Pacific", "America/Sao_Paulo", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland", "Pacific/Apia", "Africa/Cairo", "America/Phoenix", "Pacific/Kiritimati", "Europe/Dublin", "Africa/Casablanca"];
/** Times beside which clocks are set somewhere. */
const SET = ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2016-03-13T10:00:00Z", "2016-11-06T06:00:00Z", "2024-04-06T15:00:00Z", "2011-12-30T10:00:00Z", "2024-02-29T12:00:00Z", "2015-12-31T23:59:59.999Z", "2016-01-03T00:00:00Z"].map(Date.parse);
const MINUTE = 60_000;
const instant = () => (may(0.4) ? of(SET) + (below(600) - 300) * MINUTE : below(2_145_916_800) * 1000 + below(1000));
const iso = (at) => new Date(at).toISOString();
const sure = (date) => {
  if (!date.isValid()) throw new Error("no date");
  return date.toISOString();
};

// Written in a format.
const CODES = ["YYYY", "YY", "Y", "M", "MM", "MMM", "MMMM", "Q", "D", "DD", "Do", "DDD", "DDDD", "d", "e", "E", "dd", "ddd", "dddd", "W", "WW", "GGGG", "GG", "w", "ww", "gggg", "gg", "H", "HH", "h", "hh", "k", "kk", "m", "mm", "s", "ss", "S", "SS", "SSS", "a", "A", "Z", "ZZ", "z", "X", "x", "Mo", "Qo", "DDDo", "do", "wo", "Wo", "L", "LL", "LLL", "LLLL", "LT", "LTS", "l", "ll", "lll", "llll"];
const BETWEEN = [" ", "-", "/", ".", ", ", ":", "T", "[T]", " [at] ", "", "[week] "];
for (let made = 0; made < 110; made++) {
  const format = of(CODES) + times(5, () => of(BETWEEN) + of(CODES)).join("");
  const [at, time_zone] = [instant(), of(ZONES)];
  table.add("date_time.date_to_text", { date: iso(at), format, time_zone }, () => ({ text: moment.tz(at, time_zone).format(format) }));
}

// Read in a format: what was written in it, as it is or with a letter changed.
const FORMATS = ["YYYY-MM-DD", "MM/DD/YYYY", "D.M.YYYY", "DD.MM.YY", "D MMM YYYY", "MMMM D, YYYY", "YYYY-MM-DD HH:mm", "YYYY-MM-DDTHH:mm:ss.SSS", "YYYY-MM-DD HH:mm:ss Z", "ddd, DD MMM YYYY HH:mm:ss ZZ", "M/D/YY h:mm a", "h:mm A", "HH:mm", "DDDD YYYY", "YYYY [Q]Q", "GGGG-[W]WW-E", "X", "x", "YYYYMMDD", "YYYYMMDDHHmmss", "Do MMMM YYYY", "dddd D MMMM YYYY", "YYYY", "MM-YYYY", "L", "LL", "LLL", "LT", "kk:mm", "YYYY-MM-DD hh A", "D/M/Y"];
const changed = (text) => {
  const at = below(text.length + 1);
  const kind = below(4);
  const letter = of([..."0123456789 -/.:aZ+,"]);
  if (kind === 0) return text.slice(0, at) + text.slice(at + 1);
  if (kind === 1) return text.slice(0, at) + letter + text.slice(at);
  if (kind === 2) return text.slice(0, at) + letter + text.slice(at + 1);
  return text.replace(/[-/.]/g, of(["-", "/", ".", " "]));
};
for (let made = 0; made < 190; made++) {
  const [format, time_zone] = [of(FORMATS), of(ZONES)];
  const written = moment.tz(instant(), time_zone).format(format);
  const text = may(0.5) ? written : changed(written);
  table.add("date_time.text_to_date", { text, format, time_zone }, () => ({ date: sure(moment.tz(text, format, time_zone)) }));
}
for (const text of ["00:30", "23:59", "24:00", "24:30", "25:00", "72:46"]) {
  for (const format of ["HH:mm", "kk:mm"]) table.add("date_time.text_to_date", { text, format }, () => ({ date: sure(moment.utc(text, format)) }));
}
// What was read in another way once.
for (const [text, format] of [["1/2/16", "M/D/YYYY"], ["07.09.16", "DD.MM.YYYY"], ["7-Sep-2016", "D MMM YYYY"], ["2016 09 07", "YYYY-MM-DD"], ["9999-12-31", "YYYY-MM-DD"]]) {
  table.add("date_time.text_to_date", { text, format }, () => ({ date: sure(moment.utc(text, format)) }));
}
// Times that clocks skip or show twice.
const LOCAL = { "Europe/Berlin": ["2026-03-29 02:30", "2026-10-25 02:30", "2026-03-29 02:00", "2026-10-25 03:00"], "America/New_York": ["2026-03-08 02:30", "2026-11-01 01:30"], "Australia/Lord_Howe": ["2026-10-04 02:10", "2026-04-05 01:45"], "Pacific/Apia": ["2011-12-30 12:00"], "America/Sao_Paulo": ["2018-11-04 00:30"] };
for (const [time_zone, texts] of Object.entries(LOCAL)) {
  for (const text of texts) {
    const format = "YYYY-MM-DD HH:mm";
    table.add("date_time.text_to_date", { text, format, time_zone }, () => ({ date: sure(moment.tz(text, format, time_zone)) }));
  }
}

// ISO 8601.
const ISO = ["2016-09-07", "20160907", "2016-W36-3", "2016W363", "2016-W36", "2016-251", "2016251", "2016-09", "2016", "+002016-09-07", "-000001-01-01", "2016-09-07T09", "2016-09-07T09:05", "2016-09-07 09:05", "2016-09-07T0905", "2016-09-07T09:05:03", "2016-09-07T090503", "2016-09-07T09:05:03.5", "2016-09-07T09:05:03,250", "2016-09-07T09:05:03.123456789", "2016-09-07T24:00", "2016-09-07T24:00:01", "2016-09-07T25:00", "2016-09-07T09:60", "2016-13-01", "2016-02-30", "2015-02-29", "2016-W54-1", "2015-W53-7", "2016-366", "2015-366", "2016-000", "2016-09-07T", "2016-9-7", "2016-09-07T9:05", "2016/09/07", "07.09.2016", "2016-09-07T09:05:60", "2016-09-07T09:05:03.", "9999-12-31", "0001-01-01", "2016-00-01", "2016-W36-8", "2016-W36-0"];
for (const text of ISO) {
  for (const end of ["", "Z", "+02", "+0200", "-07:30", "+25:00", " ", "x"]) {
    if (end === "" || may(0.3)) table.add("date_time.iso", { date: text + end }, () => ({ output: sure(moment.utc(text + end, moment.ISO_8601, true)) }));
  }
}

// Moved, compared, taken apart.
const UNITS = ["milliseconds", "seconds", "minutes", "hours", "days", "weeks", "months", "years"];
const PARTS = { year: "year", quarter: "quarter", month: "month", week: "isoWeek", day: "day", hour: "hour", minute: "minute", second: "second" };
for (let made = 0; made < 70; made++) {
  const [a, b, time_zone, units] = [instant(), may(0.5) ? instant() : null, of(ZONES), of(UNITS)];
  const amount = may(0.9) ? below(60) - 30 : below(20) / 4;
  table.add("date_time.add", { start_date: iso(a), add: amount, units, time_zone }, () => ({ date: sure(moment.tz(a, time_zone).add(amount, units)) }));
  table.add("date_time.subtract", { start_date: iso(a), subtract: amount, units }, () => ({ date: sure(moment.utc(a).subtract(amount, units)) }));
  const unit = of(Object.keys(PARTS));
  table.add("date_time.start_of", { date: iso(a), unit, time_zone }, () => ({ date: sure(moment.tz(a, time_zone).startOf(PARTS[unit])) }));
  table.add("date_time.end_of", { date: iso(a), unit, time_zone }, () => ({ date: sure(moment.tz(a, time_zone).endOf(PARTS[unit])) }));
  const end = b ?? a + (below(200) - 100) * 1800 * 1000;
  table.add("date_time.difference", { start_date: iso(a), end_date: iso(end), time_zone }, () => {
    const [from, to] = [moment.tz(a, time_zone), moment.tz(end, time_zone)];
    return Object.fromEntries(["days", "months", "years", "hours", "minutes", "seconds", "milliseconds"].map((unit) => [unit, to.diff(from, unit, true)]));
  });
  table.add("date_time.compare", { date_a: iso(a), date_b: iso(end), unit, time_zone }, () => {
    const [from, to] = [moment.tz(a, time_zone), moment.tz(end, time_zone)];
    return { before: from.isBefore(to, PARTS[unit]), same: from.isSame(to, PARTS[unit]), after: from.isAfter(to, PARTS[unit]) };
  });
  table.add("date_time.parts", { date: iso(a), time_zone }, () => {
    const at = moment.tz(a, time_zone);
    return { year: at.year(), quarter: at.quarter(), month: at.month() + 1, day: at.date(), hour: at.hour(), minute: at.minute(), second: at.second(), millisecond: at.millisecond(), weekday: at.isoWeekday(), week: at.isoWeek(), day_of_year: at.dayOfYear(), offset: at.utcOffset() };
  });
  if (made % 5 === 0) table.add("date_time.epoch", { date: iso(a) }, () => ({ output: moment(a).unix() }));
}

table.write("dates", "moment, moment-timezone", { moment: version("moment"), "moment-timezone": version("moment-timezone"), tzdata: moment.tz.dataVersion });
