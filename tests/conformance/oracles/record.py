"""Records what Python's csv, expat and json answer to seeded cases: python3 tests/conformance/oracles/record.py

A table is never changed by hand: change the cases here and record all of it again.
"""

import csv, datetime, io, json, platform, random
from pathlib import Path
from xml.parsers import expat

SEED = 20160907
REFUSED = "refused"


class Table:
    def __init__(self, family, oracle, versions):
        self.family, self.rows, self.chance = family, {}, random.Random(f"{SEED} {family}")
        self.head = {"family": family, "oracle": oracle, "versions": {"python": platform.python_version(), **versions}, "seed": SEED,
                     "recorded": str(datetime.date.today()), "command": "python3 record.py"}

    def add(self, card, inputs, answer):
        try:
            right = answer()
        except (csv.Error, expat.ExpatError, ValueError):
            right = REFUSED
        if right is not None:
            self.rows[dumps([card, inputs])] = dumps([card, inputs, right])

    def write(self):
        file = Path(__file__).with_name(f"{self.family}.jsonl")
        file.write_text("\n".join([dumps(self.head), *self.rows.values(), ""]), encoding="utf-8")
        print(f"{self.family}: {len(self.rows)} rows")


def dumps(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def changed(chance, text, letters):
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice([chance.choice(letters), ""]) + text[at + chance.randrange(2):]


def csv_family():
    table = Table("csv", "csv of Python, strict; a blank line is no row", {})
    chance = table.chance
    letters = list("aab12 ,;\"'\n\rä€\t") + ["\r\n", '""']

    def text(most):
        return "".join(chance.choice(letters) for _ in range(chance.randrange(most + 1)))

    def read(text, separator, quote):
        # A quote that is switched off is any letter.
        options = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, **options) if row]
        # Rows of different lengths are the card's own to refuse.
        return {"rows": rows} if len({len(row) for row in rows}) <= 1 else None

    for _ in range(320):
        separator, width = chance.choice([",", ",", ";", "\t"]), chance.randrange(1, 4)
        rows = [[text(4) for _ in range(width)] for _ in range(chance.randrange(1, 4))]
        out = io.StringIO(newline="")
        end = chance.choice(["\n", "\r\n"])
        if end == "\n":
            # Before version 3.13 Python leaves a carriage return without quotes where lines do not end with one.
            rows = [[field.replace("\r", "") for field in row] for row in rows]
        csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
        written = out.getvalue()
        table.add("csv.build", {"rows": rows, "separator": separator, "line_break": "lf" if end == "\n" else "crlf"}, lambda: {"text": written})
        given = written if chance.random() < 0.5 else changed(chance, written, letters)
        quote = '"' if chance.random() < 0.9 else chance.choice(["'", ""])
        table.add("csv.parse", {"text": given, "header": False, "separator": separator, "quote": quote}, lambda: read(given, separator, quote))
        plain = [["id", "name", "x y"][:width], *rows]
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=separator).writerows(plain)
        named = out.getvalue()
        if chance.random() < 0.4:
            table.add("csv.parse", {"text": named, "separator": separator}, lambda: {"rows": list(csv.DictReader(io.StringIO(named, newline=""), delimiter=separator, strict=True))})
    table.write()


def xml_family():
    table = Table("xml", "expat", {"expat": expat.EXPAT_VERSION})
    chance = table.chance
    texts = ["a", "b ", " ", "\n", "ä", "€", "😀", "&lt;", "&amp;", "&gt;", "&apos;", "&quot;", "&#65;", "&#x20AC;", "<![CDATA[<x>&]]>", "<!-- c -->", "<?p i?>", "\r\n", "\t"]
    odd = ["&nbsp;", "&", "<", "]]>", "&#0;", "&#1;", "&#xD800;", "<!-- -- -->", "\x01", "<1/>", "&#;", "&lt", "<![CDATA[", "\ufffe", "<a", "</a>", "<?xml version='1.0'?>", "&#x1F600;", "&#x110000;"]
    names = ["a", "b", "s:a", "ä", "_x", "a.b", "a-1", "x1"]
    bad = ["1a", "-a", "a b", ".a", "a$", "·a", ""]

    def name():
        return chance.choice(names if chance.random() < 0.97 else bad)

    def attribute():
        quote = chance.choice("'\"")
        value = "".join(chance.choice(["x", " ", "&lt;", "&#10;", "&#9;", "\n", "\t", "ä", "'" if quote == '"' else '"', ">"]) for _ in range(chance.randrange(4)))
        if chance.random() < 0.04:
            value += chance.choice(["<", "&", "&nbsp;", quote])
        return f"{chance.choice([' ', ' ', '  ', chr(10)] if chance.random() < 0.95 else [''])}{name()}{chance.choice(['=', '=', ' = '])}{quote}{value}{quote}"

    def element(depth):
        tag = name()
        head = tag + "".join(attribute() for _ in range(chance.choice([0, 0, 1, 2])))
        if chance.random() < 0.2:
            return f"<{head}/>"
        inner = "".join(element(depth - 1) if depth and chance.random() < 0.4 else chance.choice(texts) if chance.random() < 0.97 else chance.choice(odd) for _ in range(chance.randrange(5)))
        return f"<{head}{chance.choice(['', '', ' '])}>{inner}</{tag}{chance.choice(['', '', ' '])}>"

    for _ in range(330):
        head = chance.choice(["", "", "", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n", "<!-- x -->", "\n", "<?p?>", "<?XML p?>", "<?xml version='1.0' standalone='no'?>", "<?xml version='1.0' x='no'?>", "<?xml standalone='no' version='1.0'?>", "<?xml  version = \"1.0\"  encoding='ISO-8859-1' ?>", "<?xml version='1.0'encoding='UTF-8'?>", "\ufeff", " <?xml version='1.0'?>", "<!DOCTYPE a>", "<?xml version='1.1'?>", "<?xml encoding='UTF-8'?>"])
        text = head + element(2) + chance.choice(["", "", "", "\n", "<!-- y -->", "<?q r?>", "x", "<a/>"])
        if chance.random() < 0.35:
            text = changed(chance, text, list("<>/&'\"= ax!-?\n"))
        table.add("xml.parse", {"text": text}, lambda: {"object": tree(text)})
    # What was read as XML once, and is none.
    for text in ["<1/>", '<a i="<"/>', "<a>]]></a>", "<a>\u0001</a>", "<a>&#1;</a>", "<a><?xml version='1.0'?></a>", "<a x='1'y='2'/>"]:
        table.add("xml.parse", {"text": text}, lambda: {"object": tree(text)})
    table.write()


def tree(text):
    """What expat reads, in the form that the card documents."""
    parser, stack = expat.ParserCreate("utf-8"), [({}, [])]

    def start(name, attributes):
        stack.append(({f"@{key}": value for key, value in attributes.items()}, []))

    def end(name):
        members, parts = stack.pop()
        value = "".join(parts)
        if members:
            value = {**members, **({"#text": value.strip()} if value.strip() else {})}
        around = stack[-1][0]
        if name not in around:
            around[name] = value
        elif isinstance(around[name], list):
            around[name].append(value)
        else:
            around[name] = [around[name], value]

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda part: stack[-1][1].append(part)
    parser.Parse(text.encode(), True)
    return stack[0][0]


def digits_family():
    """What JavaScript changes: integers of any length, and the order of keys that look like integers."""
    table = Table("digits", "json of Python", {})
    chance = table.chance

    def value(depth):
        kind = chance.randrange(5 if depth else 2)
        if kind < 2:
            return chance.choice([1, -1]) * chance.randrange(10 ** chance.randrange(1, 40))
        if kind == 2:
            return [value(depth - 1) for _ in range(chance.randrange(4))]
        return {chance.choice(["", "-", "x"]) + str(chance.randrange(1000)): value(depth - 1) for _ in range(chance.randrange(4))}

    for _ in range(120):
        text = dumps(value(3))
        table.add("json.parse", {"text": text}, lambda: {"value": json.loads(text)})
        table.add("json.stringify", {"value": json.loads(text)}, lambda: {"text": text, "bytes": len(text.encode())})
    table.write()


csv_family()
xml_family()
digits_family()
