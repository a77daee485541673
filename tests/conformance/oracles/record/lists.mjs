// Lists: those functions of lodash whose names the cards have.

import { chance, load, Table, version } from "./seeded.mjs";

const _ = load("lodash");
const { below, of, times, may } = chance("lists");
const table = new Table();

const TEXTS = ["a", "B", "b", "ä", "10", "9", "", "a b", "Z", "😀", "ﬁ", "é", "e\u0301"];
const number = () => of([3, -1, 0, 2.5, 10, 9, 1e21]);
const item = () => of([number(), of(TEXTS), true, false, null, [1], [1, [2]], { a: 1 }, { a: 1, b: "x" }, { b: "x", a: 1 }, "1", 1]);
const list = (most, make = item) => times(most, make);

for (let made = 0; made < 40; made++) {
  const sorted = may(0.5) ? list(7, number) : list(7, () => of(TEXTS));
  table.add("list.sort", { list: sorted }, () => ({ list: _.sortBy(sorted) }));
  const people = list(6, () => ({ n: of(["a", "b", "c"]), age: number() }));
  table.add("list.sort", { list: people, path: "age" }, () => ({ list: _.sortBy(people, "age") }));
  const [one, two] = [list(6), list(6)];
  table.add("list.union", { list_1: one, list_2: two }, () => ({ list: _.unionWith(one, two, _.isEqual) }));
  table.add("list.difference", { list_1: one, list_2: two }, () => ({ list: _.differenceWith(one, two, _.isEqual) }));
  table.add("list.intersection", { list_1: one, list_2: two }, () => ({ list: _.intersectionWith(one, two, _.isEqual) }));
  table.add("list.remove_duplicates", { list: one }, () => ({ list: _.uniqWith(one, _.isEqual) }));
  table.add("list.flatten", { lists: one }, () => ({ list: _.flattenDeep(one) }));
  table.add("list.reverse", { list: one }, () => ({ list: [...one].reverse() }));
  table.add("list.length", { list: one }, () => ({ length: _.size(one) }));
  table.add("list.get_first_item", { list: one }, () => ({ item: _.first(one) ?? null }));
  table.add("list.get_last_item", { list: one }, () => ({ item: _.last(one) ?? null }));
  table.add("list.pluck", { list: people, key: "age" }, () => ({ values: _.map(people, "age") }));
}

table.write("lists", "lodash", { lodash: version("lodash") });
