"""What the scripts of the Python clients share: each call is one line of JSON on standard output.

{"call": "list_users", "worked": true} or {"call": "get_user", "worked": false, "why": "404 E0000007 ..."};
`why` is what the client itself said. `run` makes the table of it.
"""

import json
import sys


def tell(call, why=None):
    """Writes down one call: it worked, or why it did not."""
    line = {"call": call, "worked": why is None}
    if why is not None:
        line["why"] = " ".join(str(why).split())[:400]
    print(json.dumps(line), flush=True)
    print(("ok    " if why is None else "FAILS ") + call, file=sys.stderr)


def call(name, function, *arguments, wants=None, **named):
    """Makes a call of a client without async; `wants` says what is wrong with its answer, if anything."""
    try:
        answer = function(*arguments, **named)
        wrong = wants(answer) if wants else None
    except (Exception, SystemExit) as error:  # Whatever a client raises is its way to fail.
        tell(name, f"{type(error).__name__}: {error}")
        return None
    tell(name, wrong)
    return answer


def some(answer):
    """An answer that lists at least one."""
    return None if answer else f"nothing is listed: {answer!r}"


def of(key, value):
    """An answer whose attribute is this."""

    def wants(answer):
        is_value = getattr(answer, key, None)
        return None if is_value == value else f"{key} is {is_value!r}, not {value!r}"

    return wants
