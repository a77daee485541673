#!/usr/bin/env python3
"""What `flowrun serve` costs, beside a plain axum program in the same minutes.

    cargo build --release && cargo build --release -p flowrun-tests --example plain_service
    tests/benches/serve.py target/release/flowrun target/release/examples/plain_service

Needs `wrk` (Debian's package of that name).
"""

import json
import os
import pathlib
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

FLOWRUN, PLAIN = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
SECRET = "Basic YmVuY2g6YmVuY2g="

ADD = """\
trigger: { api_endpoint: { security: public, alias: add, rate: 10000, burst: 10000 } }
inputs: { a: number, b: number }
outputs: { sum: number }
cards:
  - { id: s, card: number.add, with: { a: $.inputs.a, b: $.inputs.b } }
  - { card: flow_control.return, with: { sum: $.s.total } }
"""

HEARD = """\
trigger: { event: { event: okta.user_added_to_group, source: hook } }
inputs: { UUID: text }
outputs: { uuid: text }
cards:
  - { card: flow_control.return, with: { uuid: $.inputs.UUID } }
"""

TICKS = 'trigger: { schedule: { cron: "* * * * *" } }\ncards:\n  - { card: flow_control.assign, with: { a: 1 } }\n'

CALL = """\
wrk.method = "POST"
wrk.body = '{"a": 1, "b": 2}'
wrk.headers["content-type"] = "application/json"
"""


class Service:
    """A service over a folder of its own, with these flows."""

    def __init__(self, flows, *options):
        self.home = tempfile.TemporaryDirectory()
        home = pathlib.Path(self.home.name)
        (home / "flows").mkdir()
        for name, text in {"flowrun.yaml": "name: Bench\n", **flows}.items():
            (home / "flows" / name).write_text(text)
        env = {**os.environ, "HOME": str(home), "FLOWRUN_HOOK_BENCH": SECRET}
        command = [FLOWRUN, "serve", str(home / "flows"), "--port", "0", "--state", str(home / "state"), *options]
        started = time.perf_counter()
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        told = []
        for line in self.process.stderr:
            told.append(line)
            if line.startswith("listening at "):
                self.address = line.split()[-1]
                break
        else:
            raise SystemExit("".join(told))
        urllib.request.urlopen(self.address + "/livez").read()
        self.start_ms = (time.perf_counter() - started) * 1000
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.store = home / "state" / "store.db"

    def memory_mb(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.home.cleanup()


def called(url, seconds=10):
    """What wrk says of so many seconds of calls: how many a second, the median, 99 of 100, and how many were not 2xx."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(CALL)
        script.flush()
        command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", script.name, url]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    half, most = (re.search(rf"{part}%\s+(\S+)", text)[1] for part in (50, 99))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate, half, most, int(wrong[1]) if wrong else 0


def starts():
    times = []
    for _ in range(9):
        with Service({"add.yaml": ADD}) as service:
            times.append(service.start_ms)
    print(f"start on an empty store, until /livez answers: median {statistics.median(times):.0f} ms, best {min(times):.0f} ms")


def idle():
    flows = {f"tick{number}.yaml": TICKS.replace("* * * * *", "0 3 * * *") for number in range(20)}
    with Service(flows) as service:
        time.sleep(3)
        before = service.cpu()
        time.sleep(30)
        used = (service.cpu() - before) / 30 * 100
        print(f"idle with 20 flows: {service.memory_mb():.0f} MB, {used:.2f} % of a core")


def endpoint():
    plain = subprocess.Popen([PLAIN], stdout=subprocess.PIPE, text=True)
    address = plain.stdout.readline().split()[-1]
    with Service({"add.yaml": ADD}) as service:
        for turn in range(2):
            rate, half, most, wrong = called(address + "/add")
            print(f"plain axum, 16 callers: {rate:,.0f} calls/s, median {half}, 99 of 100 {most}, {wrong} refused")
            rate, half, most, wrong = called(service.address + "/api/flo/add/invoke")
            print(f"endpoint, journaled, 16 callers: {rate:,.0f} calls/s, median {half}, 99 of 100 {most}, {wrong} refused")
    plain.terminate()


def hooks():
    took, wrong = [], []
    with Service({"heard.yaml": HEARD, "flowrun.yaml": "name: Bench\nconnections: { okta: okta }\n"}) as service:
        def deliver(number):
            events = [{"uuid": f"{number}-{place}", "published": "2026-01-05T09:00:00.000Z", "eventType": "group.user_membership.add",
                       "version": "0", "severity": "INFO", "displayMessage": "x", "actor": {"id": "00u1", "type": "User"},
                       "outcome": {"result": "SUCCESS"},
                       "target": [{"id": f"00u{place}", "type": "User"}, {"id": "00g1", "type": "UserGroup"}]} for place in range(5)]
            body = {"eventType": "com.okta.event_hook", "eventTypeVersion": "1.0", "cloudEventsVersion": "0.1",
                    "source": "https://acme.okta.com/api/v1/eventHooks/who1", "eventId": f"e{number}",
                    "eventTime": "2026-01-05T09:00:00.000Z", "contentType": "application/json", "data": {"events": events}}
            request = urllib.request.Request(service.address + "/hooks/okta/bench", json.dumps(body).encode(),
                                             {"content-type": "application/json", "authorization": SECRET})
            began = time.perf_counter()
            try:
                with urllib.request.urlopen(request) as answer:
                    answer.read()
                    took.append((time.perf_counter() - began) * 1000)
            except Exception as error:  # noqa: BLE001
                wrong.append(repr(error))
        began, threads = time.perf_counter(), []
        for number in range(2000):
            time.sleep(max(0, began + number / 100 - time.perf_counter()))
            threads.append(threading.Thread(target=deliver, args=(number,)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        rate = len(took) / (time.perf_counter() - began)
    took.sort()
    if not took:
        raise SystemExit(wrong[0])
    print(f"hook batches of 5 events at {rate:.0f} a second, until 204: median {took[len(took) // 2]:.1f} ms, "
          f"99 of 100 {took[len(took) * 99 // 100]:.1f} ms, {len(wrong)} refused")


def schedules():
    flows = {f"tick{number}.yaml": TICKS for number in range(1000)}
    with Service(flows) as service:
        time.sleep(190)
        store = sqlite3.connect(f"file:{service.store}?mode=ro", uri=True)
        started = [row[0] for row in store.execute("SELECT started_us FROM run WHERE cause = 'schedule'")]
    minutes = {}
    for at_us in started:
        minutes.setdefault(at_us // 60_000_000, []).append(at_us % 60_000_000 / 1e6)
    for late in minutes.values():
        if len(late) == 1000:
            print(f"1,000 schedules of one minute: all started within {max(late):.2f} s, half within {statistics.median(late):.2f} s")


if __name__ == "__main__":
    for part in sys.argv[3:] or ["starts", "idle", "endpoint", "hooks", "schedules"]:
        globals()[part]()
