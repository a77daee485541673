// Records what Node, and the libraries that Okta's Workflows are made with, answer to seeded cases.
//
//   mkdir x && cd x && npm install moment@2 moment-timezone@0.6 lodash@4 mathjs croner && node …/tests/conformance/oracles/record.mjs
//
// A table is never changed by hand: change the cases here and record all of it again.

await import("./record/patterns.mjs");
await import("./record/numbers.mjs");
await import("./record/dates.mjs");
await import("./record/json.mjs");
await import("./record/urls.mjs");
await import("./record/text.mjs");
await import("./record/lists.mjs");
await import("./record/cron.mjs");
