// Addresses: encodeURIComponent, url.parse (as Okta's card), URLSearchParams and the setters of URL.

import { chance, NODE, Table } from "./seeded.mjs";
import { parse } from "node:url";

const { below, of, times, may } = chance("urls");
const table = new Table();

const LETTERS = [..."aZ0-_.!~*'()%&=+?/#:@ ;,$[]{}|\\^`\"<>äß€😀\n\t"];
const text = (most) => times(most, () => of(LETTERS)).join("");

for (let made = 0; made < 60; made++) {
  const given = text(8);
  table.add("url.encode_component", { text: given }, () => ({ text: encodeURIComponent(given) }));
  const escaped = may(0.5) ? encodeURIComponent(given) : times(5, () => of(["%41", "%c3%a4", "%C3", "%e2%82%ac", "%f0%9f%98%80", "%", "%2", "%zz", "a", "+", "%00", "%ed%a0%80", "%c0%80"])).join("");
  table.add("url.decode_component", { text: escaped }, () => ({ text: decodeURIComponent(escaped) }));
}

for (let made = 0; made < 60; made++) {
  const query = (may(0.2) ? "?" : "") + times(4, () => of(["a", "b", "c d", "ä", "%61", ""]) + of(["=", "=", "", "=="]) + of(["1", "x+y", "%20", "%C3%BC", "", "%", "%zz", "é"])).join("&");
  table.add("url.decode_query", { query }, () => {
    const data = {};
    for (const [key, value] of new URLSearchParams(query)) data[key] = key in data ? [data[key], value].flat() : value;
    return { data };
  });
  const data = Object.fromEntries(times(4, () => [of(["a", "b", "c d", "ä&", "q="]), of(["1", text(5), 7, true, 0.5, ["x", text(3)]])]));
  table.add("url.encode_query", { data }, () => {
    const pairs = Object.entries(data).flatMap(([key, value]) => [value].flat().map((value) => [key, value]));
    return { query: pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&") };
  });
}

const PROTOCOLS = ["https:", "http:", "HTTPS:", "ftp:", "mailto:", "a+b:", "", "ws:", "file:"];
const HOSTS = ["example.com", "EXAMPLE.com", "a.b", "[::1]", "192.168.0.1", "exa mple.com", "b\u00fccher.de", "x_y.z", "", "a..b", "-a.b", "a.b.", "xn--bcher-kva.de"];
const ODD = ["//a.b/<x>?'1'", "/a?b='c d'", "//a@b@c/d", "//u@h/<x>", "///x", "//", "mailto://[::1]?x", "HTTPS:a.b?x", "<https://a.b/c>", "javascript:alert('x')", " https://a.b ", "https://a.b\\c?d\\e"];
for (let made = 0; made < 200 + ODD.length; made++) {
  const user = may(0.2) ? of(["u:p@", "u@", "@", "a@b@", "u%40:p@"]) : "";
  const port = may(0.4) ? of([":80", ":443", ":8080", ":", ":x", ":80x", ":099"]) : "";
  const path = of(["", "/", "/a/b", "/a b", "/../x", "\\a", "/\u00e4", "/%41", "/a;b", "/<x>"]);
  const query = may(0.5) ? of(["?", "?x=1", "?a=b&c=d e", "?x='1'", "?\u00fc", "??", "?a#b"]) : "";
  const hash = may(0.3) ? of(["#", "#top", "#a b", "#a?b", "##"]) : "";
  const url = ODD[made - 200] ?? of(PROTOCOLS) + of(["//", "//", "//", "/", ""]) + user + of(HOSTS) + port + path + query + hash;
  table.add("url.parse", { url }, () => {
    const { protocol, hostname, port, pathname, query, hash } = parse(url);
    const some = (part) => part || null;
    return { protocol: some(protocol), host: some(hostname), port: port === null || port === "" ? null : Number(port), path: some(pathname), query: some(query), fragment: some(hash?.slice(1)) };
  });
}

for (let made = 0; made < 60; made++) {
  const [host, path, fragment] = [of(["example.com", "a.b", "EXAMPLE.org", "b\u00fccher.de"]), `/${text(6)}`, text(4)];
  const port = of([80, 443, 8080]);
  table.add("url.build", { host, port, path, query: { q: host }, fragment }, () => {
    const url = new URL(`https://${host}`);
    url.port = String(port);
    url.pathname = path;
    url.search = `q=${encodeURIComponent(host)}`;
    url.hash = fragment;
    return { url: url.href };
  });
}

table.write("urls", "url.parse, URL, URLSearchParams and encodeURIComponent of Node", NODE);
