#!/usr/bin/env python3
"""Kills `flowrun serve` at random moments, under load from callers of an endpoint and from Okta's event hooks, and starts it again.

Callers send unique numbers, each under an Idempotency-Key or without one; deliveries hold
events with unique uuids. Who is not answered asks again, as callers with a key do and as Okta does; a call without a key is not
repeated. Each run waits a moment and writes its number into a kept table.

The right values are arithmetic: what was answered with 2xx has run once, by the table and by the list of runs.

    tests/kills/serve.py FLOWRUN --kills 200
"""

import argparse
import collections
import json
import os
import pathlib
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

SECRET = "Basic a2lsbHM6a2lsbHM="

PROJECT = {
    "flowrun.yaml": "name: Kills\ntables:\n  ran: { kept: true, columns: { what: text } }\n",
    "order.yaml": """\
trigger: { api_endpoint: { security: public, alias: order, rate: 1000, burst: 1000 } }
inputs: { number: text }
outputs: { number: text }
cards:
  - { card: flow_control.wait_for, with: { delay: 1 } }
  - { card: tables.create_row, with: { table: ran, what: "order {{ inputs.number }}" } }
  - { card: flow_control.return, with: { number: $.inputs.number } }
""",
    "heard.yaml": """\
trigger: { event: { event: okta.user_added_to_group, source: hook } }
inputs: { UUID: text }
cards:
  - { card: flow_control.wait_for, with: { delay: 1 } }
  - { card: tables.create_row, with: { table: ran, what: "heard {{ inputs.UUID }}" } }
""",
}


class Service:
    """`flowrun serve`, started again and again over the same store."""

    def __init__(self, flowrun, home, env, scale):
        self.command = [flowrun, "serve", str(home / "flows"), "--port", "0", "--log", "json",
                        "--state", str(home / "state"), "--time-scale", str(scale)]
        self.env, self.errors = env, open(home / "errors", "a+")
        self.address = None

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        told, address = [], None
        for line in self.process.stderr:
            told.append(line)
            if line.startswith("listening at "):
                address = line.split()[-1]
            if line.startswith("sign in"):
                self.link = line.split()[-1]
                break
        else:
            raise SystemExit(f"the service ended: {''.join(told)}")
        threading.Thread(target=shutil.copyfileobj, args=(self.process.stderr, self.errors), daemon=True).start()
        self.address = address

    def kill(self):
        self.address = None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Load:
    """Callers and deliveries, and what they know."""

    def __init__(self, service, seed):
        self.service, self.lock, self.chance = service, threading.Lock(), random.Random(seed)
        self.numbers, self.over = 0, False
        self.accepted, self.perhaps, self.runs = set(), set(), set()
        self.answers, self.wrong, self.asked_again = collections.Counter(), [], 0

    def number(self, count=1):
        with self.lock:
            self.numbers += count
            return self.numbers

    def post(self, path, body, headers, tries):
        """The status and headers of an answer; nothing if nobody answers, however often it is tried."""
        for attempt in range(tries):
            address = self.service.address
            while address is None:
                time.sleep(0.005)
                address = self.service.address
            request = urllib.request.Request(address + path, json.dumps(body).encode(), {"content-type": "application/json", **headers})
            with self.lock:
                self.asked_again += attempt > 0
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    answer.read()
                    return answer.status, answer.headers
            except urllib.error.HTTPError as answer:
                # The service ends or is busy, or the first call under this key is under way: asked again.
                if answer.code not in (409, 429, 503):
                    return answer.code, answer.headers
            except OSError:
                pass
            except Exception as broken:  # an answer that was cut off
                if not isinstance(broken, (ValueError, EOFError)) and "HTTP" not in type(broken).__name__ and "Incomplete" not in type(broken).__name__:
                    raise
            time.sleep(0.01)
        return None, {}

    def order(self):
        while not self.over:
            number = self.number()
            key = {"idempotency-key": f"k{number}"} if number % 4 else {}
            status, headers = self.post("/api/flo/order/invoke", {"number": str(number)}, key, 10_000 if key else 1)
            what, run = f"order {number}", headers.get("x-okta-workflows-execution-id")
            with self.lock:
                self.answers[f"order {status}"] += 1
                if status and 200 <= status < 300 and run:
                    self.accepted.add(what)
                    self.runs.add(run)
                else:
                    self.perhaps.add(what)
                    if key and status != 504:
                        self.wrong.append(f"{what} was answered {status}")

    def deliver(self):
        while not self.over:
            count = self.chance.randint(1, 5)
            last = self.number(count)
            numbers = range(last - count + 1, last + 1)
            body = {"eventId": f"d{last}", "data": {"events": [event(number) for number in numbers]}}
            status, _ = self.post("/hooks/okta/people", body, {"authorization": SECRET}, 10_000)
            with self.lock:
                self.answers[f"hook {status}"] += 1
                if status == 204:
                    self.accepted.update(f"heard u{number}" for number in numbers)
                else:
                    self.wrong.append(f"delivery d{last} was answered {status}")


def event(number):
    """An event in the form of Okta's LogEvent."""
    return {
        "uuid": f"u{number}", "published": "2026-03-01T08:00:00.000Z", "eventType": "group.user_membership.add", "version": "0",
        "severity": "INFO", "displayMessage": "Add user to group membership", "outcome": {"result": "SUCCESS"},
        "actor": {"id": "00uadmin", "type": "User", "alternateId": "admin@example.com", "displayName": "Admin"},
        "target": [
            {"id": f"00u{number % 50}", "type": "User", "alternateId": "a@example.com", "displayName": "A"},
            {"id": "00gstaff", "type": "UserGroup", "alternateId": "unknown", "displayName": "Staff"},
        ],
    }


class Interface:
    """The service's interface, for whoever signed in by its link."""

    def __init__(self, service):
        cookies = urllib.request.HTTPCookieProcessor()
        self.opener, self.address = urllib.request.build_opener(cookies), service.address
        try:
            self.opener.open(service.link, timeout=60).read()
        except urllib.error.HTTPError as answer:
            # It leads to a page that may not be there; who has the cookie is signed in.
            if not list(cookies.cookiejar):
                raise SystemExit(f"nobody is signed in by the link: {answer.code}") from answer

    def items(self, path):
        after = ""
        while after is not None:
            with self.opener.open(f"{self.address}/api/v1/projects/flows/{path}limit=200{after}", timeout=60) as answer:
                page = json.load(answer)
            yield from page["items"]
            after = f"&cursor={urllib.request.quote(page['next'])}" if page["next"] else None


def settled(interface, load):
    """All runs and rows, once none goes on any more and nothing that was accepted waits, or after a time in which that should be so."""
    until = time.monotonic() + 60
    while True:
        runs = list(interface.items("runs?"))
        ran = collections.Counter(row["columns"]["what"] for row in interface.items("tables/ran/rows?"))
        goes_on = any(run["status"] in ("running", "waiting") for run in runs)
        if time.monotonic() > until or not goes_on and load.accepted <= ran.keys():
            return runs, ran
        time.sleep(0.5)


def judge(load, service):
    # The link to sign in by is worth something for 15 minutes of the service's time.
    service.kill()
    service.start()
    interface = Interface(service)
    wrong, (runs, ran) = list(load.wrong), settled(interface, load)
    by_flow = collections.Counter(run["flow"] for run in runs)
    for what, times in ran.items():
        if times > 1:
            wrong.append(f"{what} ran {times} times")
        if what not in load.accepted and what not in load.perhaps:
            wrong.append(f"{what} ran, and nobody was answered so")
    wrong += [f"{what} was accepted and never ran" for what in load.accepted if what not in ran]
    wrong += [f"run {run} was answered, and is not there" for run in load.runs - {run["run"] for run in runs}]
    wrong += [f"run {run['run']} of {run['flow']} is {run['status']}: {run.get('error')}" for run in runs if run["status"] != "done"]
    for flow in ("order", "heard"):
        written = sum(1 for what in ran if what.split()[0] == flow)
        if written != by_flow[flow]:
            wrong.append(f"{by_flow[flow]} runs of {flow} have written {written} rows")
    return wrong, len(runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flowrun")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--callers", type=int, default=6)
    parser.add_argument("--hooks", type=int, default=2)
    parser.add_argument("--time-scale", type=float, default=20)
    parser.add_argument("--longest", type=float, default=1.0, help="the longest time before a kill, in seconds")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    home = pathlib.Path(tempfile.mkdtemp(prefix="flowrun-kills-"))
    (home / "flows").mkdir()
    for name, text in PROJECT.items():
        (home / "flows" / name).write_text(text)
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "FLOWRUN_HOOK_PEOPLE": SECRET}
    started, chance = time.monotonic(), random.Random(args.seed)
    service = Service(args.flowrun, home, env, args.time_scale)
    load = Load(service, args.seed)
    threads = [threading.Thread(target=load.order, daemon=True) for _ in range(args.callers)]
    threads += [threading.Thread(target=load.deliver, daemon=True) for _ in range(args.hooks)]
    passed = False
    try:
        service.start()
        [thread.start() for thread in threads]
        for kill in range(args.kills):
            time.sleep(chance.uniform(0, args.longest))
            service.kill()
            service.start()
            if (kill + 1) % 20 == 0:
                print(f"{kill + 1} kills: {len(load.accepted)} accepted, {time.monotonic() - started:.0f} s", flush=True)
        load.over = True
        [thread.join(120) for thread in threads]
        wrong, runs = judge(load, service)
        told = ", ".join(f"{count} of {answer}" for answer, count in sorted(load.answers.items()))
        print(f"{args.kills} kills: {len(load.accepted)} accepted, {load.asked_again} asked again, {runs} runs; answers: {told}")
        if wrong:
            raise SystemExit("\n".join(wrong[:20] + [f"{len(wrong)} wrong; see {home}"]))
        passed = True
        print(f"none lost, none twice, {time.monotonic() - started:.0f} s")
    finally:
        service.kill()
        if passed:
            shutil.rmtree(home, ignore_errors=True)


main()
