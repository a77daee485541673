"""Makes each example of a page of cards into a flow that can run beside the others: `examples.py FOLDER PAGE...`."""

import pathlib
import re
import sys

out, *pages = map(pathlib.Path, sys.argv[1:])
out.mkdir(parents=True)
count = 0
for page in pages:
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S):
        for example in block.split("\n\n"):
            cards, told = re.split(r"^# ", example, maxsplit=1, flags=re.M)
            # What a card refuses by itself sends nothing.
            if told.startswith("fails") and "answered" not in told:
                continue
            count += 1
            # Names are taken once: each example gets its own people and groups.
            cards = re.sub(r"(?i)\b(ada|reader(?=s))", rf"\g<1>{count}", cards)
            flow = f"name: Example {count}\ncards:\n" + re.sub(r"^", "  ", cards, flags=re.M)
            (out / f"example_{count:03}.yaml").write_text(flow)
(out / "flowrun.yaml").write_text("name: Examples\nconnections: { okta: okta, personio: personio }\n")
