#!/usr/bin/env python3
"""Kills a run at random moments and resumes it, again and again, until it has come to its end.

Each round serves the simulators on a port, starts the import over it, kills the process (SIGKILL: nothing is told, nothing cleaned
up) after a random time, goes on with `flowrun resume`, and kills that too, while there are kills left for the round. Then it looks
at what the outside world has seen: who was sent in sessions that were triggered, what the tables hold, how the run ended.

The right values are arithmetic: the simulated Personio says whom it has, and everybody who is to be sent is sent exactly once.

    tests/kills/kills.py FLOWRUN --kills 200 --employees 14000
"""

import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def serve(flowrun, employees, scale):
    """The simulators on a port of their own, and the environment that leads to them."""
    served = subprocess.Popen(
        [flowrun, "sandbox", "--port", "0", "--employees", str(employees), "--time-scale", str(scale)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    env = {}
    while True:
        line = served.stdout.readline().strip()
        if line.startswith("export "):
            line = line[len("export "):]
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            env[name] = value.strip("'\"")
        if "PERSONIO_CLIENT_SECRET" in env and "OKTA_API_TOKEN" in env and "PERSONIO_BASE_URL" in env and "OKTA_IDENTITY_SOURCE_ID" in env:
            return served, env


def runs(flowrun, env):
    told = subprocess.run([flowrun, "runs", "--json"], env=env, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def audited(home):
    """What the audit record says was sent: per session, who; and which sessions were triggered."""
    sent, triggered = collections.defaultdict(collections.Counter), set()
    for path in home.glob(".local/state/flowrun/*/audit/*.jsonl"):
        requests = {}
        for line in path.read_text().splitlines():
            event = json.loads(line)
            if event["event"] == "sending":
                requests[event["number"]] = event
            if event["event"] == "request" and event.get("status") and 200 <= event["status"] < 300:
                parts = event["path"].split("/")
                if event["path"].endswith("/start-import"):
                    triggered.add(parts[-2])
                for subject in event.get("sent", []):
                    sent[parts[parts.index("sessions") + 1]][subject["external_id"]] += 1
    return sent, triggered


def round_of(flowrun, flow, employees, kills, scale, chance, longest):
    home = pathlib.Path(tempfile.mkdtemp(prefix="flowrun-kills-"))
    served, settings = serve(flowrun, employees, scale)
    env = {"HOME": str(home), "PATH": os.environ["PATH"], **settings}
    options = ["--time-scale", str(scale)]
    command, killed, held = [flowrun, flow, "--live", *options], 0, 0
    try:
        while True:
            process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if kills > killed:
                try:
                    process.wait(chance.uniform(0.02, longest))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    killed += 1
            out, err = process.communicate(timeout=600)
            if process.returncode == -signal.SIGKILL:
                known = runs(flowrun, env)
                if known and known[0]["status"] == "done":
                    # It had ended, and was killed before it could say so.
                    out = out or "killed after its end"
                    break
                command = [flowrun, "resume", known[0]["run"], *options] if known else command
                continue
            if process.returncode == 3:
                raise SystemExit(f"the run is held, although every card of it can be looked up:\n{out}{err}")
            if process.returncode != 0:
                raise SystemExit(f"exit code {process.returncode}:\n{out}{err}")
            break
        known = runs(flowrun, env)
        assert len(known) == 1 and known[0]["status"] == "done", known
        sent, triggered = audited(home)
        last = out.strip().splitlines()[-1]
        people = collections.Counter()
        for session in triggered:
            people.update(sent[session])
        twice = [person for person, times in people.items() if times > 1]
        assert not twice, f"sent twice: {twice[:5]} of {len(twice)}"
        return killed, len(people), len(triggered), last
    finally:
        served.kill()
        served.wait()
        shutil.rmtree(home, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flowrun")
    parser.add_argument("--flow", default="flows/import.yaml")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--each", type=int, default=4, help="how many kills a round has")
    parser.add_argument("--employees", type=int, default=14_000)
    parser.add_argument("--time-scale", type=float, default=1000)
    parser.add_argument("--longest", type=float, default=3.0, help="the longest time before a kill, in seconds")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chance, done, unharmed = random.Random(args.seed), 0, 0
    started = time.monotonic()
    whole = round_of(args.flowrun, args.flow, args.employees, 0, args.time_scale, chance, args.longest)
    print(f"whole: {whole[1]} people in {whole[2]} sessions\n  {whole[3]}", flush=True)
    while done < args.kills:
        kills = min(args.each, args.kills - done)
        killed, people, sessions, last = round_of(
            args.flowrun, args.flow, args.employees, kills, args.time_scale, chance, args.longest)
        done += killed
        print(f"{done} kills: {people} people in {sessions} sessions", flush=True)
        if people != whole[1]:
            sys.exit(f"{whole[1]} people were to be sent, {people} were\n{last}")
        unharmed = unharmed + 1 if killed == 0 else 0
        if unharmed > 10:
            sys.exit("round after round ends before it is killed: give a shorter --longest")
    print(f"{done} kills, nobody twice, nobody lost, {time.monotonic() - started:.0f} s")


main()
