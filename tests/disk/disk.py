#!/usr/bin/env python3
"""Runs over a disk and a clock that one can't rely on, and looks what became of them.

A small library (shim.c, built here with `cc`) stands between flowrun and its files. Each round serves the simulators, has the import
run over them, real requests through a proxy that writes down what it saw, and lets one thing go wrong:

  faults  one change or sync of a file fails, or it and all after it: no space, an error of the disk, a file system that may only be
          read. Changes and syncs are counted in a run without faults; each is hit once in long form, a sample of them in short.
  start   the same for good from one of the first changes on, without a store and with one
  slow    each sync takes 50 ms
  clock   it is set back in the middle of a run, or between a crash and its resume
  power   the process is killed at a random moment, and its files are put back to what may be left of them after a loss of power:
          all that was synced; of what was not, any part, down to single sectors of 512 bytes; of names in folders that were not
          synced the old or the new. Then it goes on from there, through up to three losses.

What must come of it: who reads the end of a run that failed is told what is wrong and what to do; no request that changes something
has left that the store does not know of; `flowrun doctor` finds the store well; and once the disk is, `flowrun resume`, or a new run
where none came to be stored, ends with what a run without trouble ends with: the same people in Okta, the same tables, everybody
sent once in a session that was triggered. The right values are those of a run without trouble, and the proxy's record.

What is taken from SQLite's word, not shown here: that a write harms nothing beside it (powersafe overwrite), and that the index of
its log (-shm) is made anew after a crash: it is written through a mapping, which no library sees, and gets random bytes here. Of
files that runs hold (blobs) the import has none; a disk that lies about syncs loses what it likes, and is here the control: the
same losses, with all syncs taken for lies, must show requests that the store does not know of.

    tests/disk/disk.py FLOWRUN --short
    tests/disk/disk.py FLOWRUN --only power --round 17 --seed 1
"""

import argparse
import collections
import concurrent.futures
import errno
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SCALE = 1000
PATIENCE = 120

# What can go wrong with a file, by its error number: what one must read of it.
WORDS = {
    errno.ENOSPC: r"disk is full|No space left",
    # What can't be opened is all that SQLite tells of an error that is over when one looks.
    errno.EIO: r"the disk failed|Input/output error|unable to open database file",
    errno.EROFS: r"Read-only file system",
}
# What is hit, whether it stays so, and with what.
FAULTS = [("write", "+", errno.ENOSPC), ("write", "", errno.EIO), ("write", "+", errno.EROFS), ("write", "+", errno.EIO)]
LASTING = [errno.ENOSPC, errno.EROFS, errno.EIO]
# How many changes make a store that has something in it, at least.
MAKING = 40
SYNC_FAULTS = [("sync", "", errno.EIO), ("sync", "+", errno.EIO)]


class Unexpected(Exception):
    """What must not be."""


def must(holds, what):
    if not holds:
        raise Unexpected(what)


# -- the world -----------------------------------------------------------------------------------------------------------------------


class World:
    """The simulators, and a proxy before them that writes down each request that would change something in Okta."""

    def __init__(self, flowrun, employees):
        self.seen, self.under_way, self.lock = [], 0, threading.Lock()
        world = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                world.pass_on(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_one

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 128

            def handle_error(self, *_):
                pass  # The client was killed.

        self.proxy = Server(("127.0.0.1", 0), Handler)
        port = self.proxy.server_address[1]
        self.served = subprocess.Popen(
            [flowrun, "sandbox", "--port", "0", "--employees", str(employees), "--time-scale", str(SCALE), "--behind", f"127.0.0.1:{port}"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.env = {}
        while not {"PERSONIO_CLIENT_SECRET", "PERSONIO_BASE_URL", "OKTA_API_TOKEN", "OKTA_IDENTITY_SOURCE_ID"} <= self.env.keys():
            line = self.served.stdout.readline()
            must(line, "the simulators do not start")
            name, equals, value = line.strip().removeprefix("export ").partition("=")
            if equals:
                self.env[name] = value.strip("'\"")
        self.port = int(self.env["OKTA_ORG_URL"].rsplit(":", 1)[1])
        self.env = {name: value.replace(f":{self.port}", f":{port}") for name, value in self.env.items()}
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()

    def pass_on(self, handler):
        """Hands a request to the simulators, and their answer back."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = {"method": handler.command, "path": handler.path, "body": body, "status": None}
        with self.lock:
            self.under_way += 1
            if handler.command != "GET" and handler.path.startswith("/api/v1/"):
                self.seen.append(request)
        try:
            onward = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
            host = handler.headers["Host"]
            onward.request(handler.command, handler.path, body or None, {**headers, "Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "http"})
            answer = onward.getresponse()
            content, request["status"] = answer.read(), answer.status
            onward.close()
        finally:
            with self.lock:
                self.under_way -= 1
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def settle(self):
        """Waits until what is under way has arrived."""
        while self.under_way:
            time.sleep(0.005)

    def users(self):
        """Who is in Okta."""
        users, url = [], f"http://127.0.0.1:{self.port}/api/v1/users?limit=200"
        while url:
            request = urllib.request.Request(url, headers={"Authorization": f"SSWS {self.env['OKTA_API_TOKEN']}"})
            with urllib.request.urlopen(request) as answer:
                users += [(user["profile"]["login"], user["status"], json.dumps(user["profile"], sort_keys=True)) for user in json.load(answer)]
                links = re.findall(r'<([^>]*)>; *rel="next"', ", ".join(answer.headers.get_all("Link") or []))
            url = links[0] if links else None
        return sorted(users)

    def people(self, since):
        """Who was sent in sessions that were triggered, and how often."""
        sent, triggered = collections.defaultdict(list), set()
        for request in self.seen[since:]:
            found = re.search(r"/sessions/([^/]+)/(bulk-upsert|start-import)$", request["path"])
            if found and 200 <= (request["status"] or 0) < 300:
                session, what = found.groups()
                if what == "start-import":
                    triggered.add(session)
                else:
                    sent[session] += [profile["externalId"] for profile in json.loads(request["body"])["profiles"]]
        return collections.Counter(person for session in triggered for person in sent[session])

    def close(self):
        self.served.kill()
        self.served.wait()
        self.served.stdout.close()
        self.proxy.shutdown()
        self.proxy.server_close()


# -- a home, and flowrun in it -------------------------------------------------------------------------------------------------------


class Home:
    """Somebody's home, which lies on the disk that can't be relied on."""

    def __init__(self, setting, world):
        self.setting, self.world = setting, world
        self.beside = pathlib.Path(tempfile.mkdtemp(prefix="flowrun-disk-"))
        self.path, self.log = self.beside / "home", self.beside / "log"
        self.path.mkdir()
        self.flow, self.earlier, self.stays = setting.flow, [], False

    def flowrun(self, *args, **shim):
        """Has flowrun do something; with settings of the shim, under it. What it says is one text."""
        env = {"HOME": str(self.path), "PATH": os.environ["PATH"], **self.world.env}
        if shim:
            self.log.unlink(missing_ok=True)
            env |= {"LD_PRELOAD": str(self.setting.shim), "DISK_BELOW": str(self.path), "DISK_LOG": str(self.log)}
            env |= {f"DISK_{name.upper()}": str(value) for name, value in shim.items()}
        try:
            done = subprocess.run([self.setting.flowrun, *args], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise Unexpected(f"`flowrun {' '.join(args)}` has not ended after {PATIENCE} s:\n{error.stdout}") from error
        self.world.settle()
        must("panicked" not in done.stdout, done.stdout)
        return done.returncode, done.stdout

    def run(self, **shim):
        return self.flowrun(self.flow, "--live", "--time-scale", str(SCALE), **shim)

    def resume(self, run, **shim):
        return self.flowrun("resume", run, "--time-scale", str(SCALE), **shim)

    def runs(self):
        """The runs, the newest first, but for those that a round began with."""
        code, told = self.flowrun("runs", "--json")
        must(code == 0, told)
        return [run for run in json.loads(told) if run["run"] not in self.earlier]

    def run_before(self):
        """Has a run behind it from the start; gives how much the world has seen of it."""
        code, told = self.run()
        must(code == 0, told)
        self.earlier = [run["run"] for run in self.runs()]
        return len(self.world.seen)

    def store(self):
        """The folder of the project's store; none where there is none."""
        found = list(self.path.glob(".local/state/flowrun/*/store.db"))
        return found[0].parent if found and found[0].stat().st_size else None

    def rows(self, sql):
        """Rows of a copy of the database, as a connection beside flowrun's sees it; none where there is no store."""
        folder = self.store()
        if not folder:
            return []
        with tempfile.TemporaryDirectory(dir=self.beside) as copy:
            for name in ("store.db", "store.db-wal", "store.db-journal"):
                if (folder / name).exists():
                    shutil.copyfile(folder / name, pathlib.Path(copy) / name)
            connection = sqlite3.connect(pathlib.Path(copy) / "store.db")
            try:
                return connection.execute(sql).fetchall()
            except sqlite3.OperationalError as error:
                must("no such table" in str(error), f"{sql}: {error}")
                return []
            finally:
                connection.close()

    def unknown(self):
        """The requests that the world has seen and the store does not know of."""
        lines = [json.loads(text) for (text,) in self.rows("SELECT text FROM audit")]
        noted = collections.Counter((line["method"], line["path"]) for line in lines if line["event"] == "sending")
        return collections.Counter((request["method"], request["path"].split("?")[0]) for request in self.world.seen) - noted

    def has_lost(self):
        """Whether requests are missing, or what is there can't even be read."""
        try:
            return bool(self.unknown())
        except (sqlite3.DatabaseError, ValueError):
            return True

    def must_be_well(self):
        """Nothing has left that is not stored, and all that is stored is as it was written."""
        must(not self.unknown(), f"requests that the store does not know of: {dict(self.unknown())}")
        if self.store():
            code, told = self.flowrun("doctor", "--state", str(self.store()))
            nothing = not self.world.seen and re.search("there is no store|nothing is stored", told)
            must(code == 0 or nothing, f"flowrun doctor:\n{told}")

    def go_on(self, **shim):
        """Goes on with what has not ended, or runs anew if nothing was stored."""
        known = self.runs()
        if known and known[0]["status"] in ("done",):
            return "had ended", 0, ""
        if known and known[0]["status"] == "running":
            return "resumed", *self.resume(known[0]["run"], **shim)
        must(not known, f"a run is {known[0]['status'] if known else ''}")
        return "run anew", *self.run(**shim)

    def must_end_right(self, since=0):
        """What a run has led to that has ended: the same as one without trouble."""
        known, whole = self.runs(), self.setting.whole
        must(known and all(run["status"] == "done" for run in known), f"runs: {known}")
        people = self.world.people(since)
        twice = [person for person, times in people.items() if times > 1]
        must(not twice, f"sent twice: {twice[:5]} of {len(twice)}")
        must(len(people) == whole["people"], f"{whole['people']} people were to be sent, {len(people)} were")
        must(self.world.users() == whole["users"], "Okta's users are not those of a run without trouble")
        must(self.tables() == whole["tables"], f"tables: {self.tables()} instead of {whole['tables']}")
        self.must_be_well()

    def tables(self):
        return dict(self.rows("SELECT name, (SELECT count(*) FROM kept_row WHERE tab = kept_table.id) FROM kept_table"))

    def put_back(self, disk, chance):
        """Has what may be left on a disk in place of what is there."""
        for path in self.path.iterdir():
            shutil.rmtree(path)
        disk.leave(self.path, chance)

    def changes(self):
        """What the shim wrote down: what, inode, offset, bytes, paths."""
        data, at = self.log.read_bytes(), 0
        while at < len(data):
            end = data.index(b"\n", at)
            what, inode, offset, length, path, other = data[at:end].decode().split("\t")
            at = end + 1 + int(length)
            yield what, int(inode), int(offset), data[end + 1:at], path, other

    def close(self):
        if not self.stays:
            shutil.rmtree(self.beside, ignore_errors=True)


class Setting:
    """What all rounds share."""

    def __init__(self, args, shim):
        self.flowrun, self.flow, self.shim, self.employees = args.flowrun, args.flow, shim, args.employees
        self.tell, self.losses, self.lies_found, self.times = args.tell, 0, 0, 1

    def rounds(self):
        """The world and a home for one round."""
        world = World(self.flowrun, self.employees)
        return world, Home(self, world)

    def measure(self):
        """A run without trouble: what the others must come to, and how much it writes."""
        world, home = self.rounds()
        try:
            code, told = home.run(log=home.log)
            must(code == 0, told)
            known = collections.Counter("sync" if what == "sync" else "write" for what, *_ in home.changes())
            self.writes, self.syncs = known["write"], known["sync"]
            self.whole = {"people": len(world.people(0)), "users": world.users(), "tables": home.tables()}
            must(self.whole["people"] and world.seen, told)
            home.must_end_right()
        finally:
            world.close()
            home.close()


# -- what goes wrong -----------------------------------------------------------------------------------------------------------------


def fails(setting, chance, home, fault):
    """A run that a fault hits somewhere, what one reads of it, and how it goes on once that is over."""
    since = home.run_before() if chance.random() < 0.3 else 0
    what, stays, error, number = fault
    code, told = home.run(fault=f"{what}:{number}{stays}:{error}")
    if not any(what == "fault" for what, *_ in home.changes()):
        must(code == 0, told)
        outcome = "not met"
    elif code == 0:
        outcome = "harmless"
    else:
        if setting.tell:
            print(f"-- {what} {number}{stays}, {errno.errorcode[error]}: exit code {code}\n" + told[-600:], flush=True)
        must(code > 0, f"ended by signal {-code}:\n{told}")
        must(re.search(WORDS[error], told), f"does not say that it was {errno.errorcode[error]}:\n{told}")
        must("help:" in told, f"says no remedy:\n{told}")
        home.must_be_well()
        outcome, code, more = home.go_on()
        must(code == 0, f"{outcome}, then:\n{more}\nat first:\n{told}")
    home.must_end_right(since)
    return outcome


def faults(setting, chance, number):
    """A fault at one change or sync; as many rounds as there are of these hit each once, fewer are spread over all."""
    every = setting.writes + setting.syncs
    place = (number + 1) * max(1, every // setting.times) % every
    if place < setting.writes:
        fault = (*FAULTS[number % len(FAULTS)], place + 1)
    else:
        fault = (*SYNC_FAULTS[number % len(SYNC_FAULTS)], place - setting.writes + 1)
    return lambda home: fails(setting, chance, home, fault)


def start(setting, chance, number):
    """A fault that lasts, from one of the first changes on: those that make the store, if there is none."""
    place, which = divmod(number, len(LASTING))
    place *= max(1, MAKING // (setting.times // len(LASTING) or 1))
    return lambda home: fails(setting, chance, home, ("write", "+", LASTING[which], place + 1))


def slow(setting, chance, number):
    """Slow syncs change nothing."""
    def go(home):
        code, told = home.run(slow=50)
        must(code == 0, told)
        home.must_end_right()
        return "ended right"
    return go


def clock(setting, chance, number):
    """The clock is set back in the middle of a run, or between a crash and its resume."""
    back = -chance.choice([3600, 30 * 24 * 3600])
    place = chance.randrange(1, setting.writes + setting.syncs)

    def times(home):
        entries = home.rows("SELECT run, seq, at_us FROM journal ORDER BY run, seq")
        for (run, _, before), (other, seq, after) in zip(entries, entries[1:]):
            must(run != other or before <= after, f"entry {seq} is {before - after} us before the one before it")
        return len(entries)

    def save_data(home):
        """Has it run the flow in a project that saves data: its journal stays when a run has ended."""
        flow, project = pathlib.Path(setting.flow), home.beside / "flows"
        shutil.copytree(flow.parent, project)
        with open(project / "flowrun.yaml", "a") as manifest:
            manifest.write("\nsave_data: on\n")
        home.flow = str(project / flow.name)

    def go(home):
        save_data(home)
        if number % 2:
            code, told = home.run(clock=f"{place}:{back}")
            must(code == 0, told)
            outcome = "in the middle"
        else:
            code, told = home.run(kill=place)
            must(code in (0, -signal.SIGKILL), told)
            how, code, told = home.go_on(clock=f"0:{back}")
            must(code == 0, told)
            outcome = f"before it {how.replace('run anew', 'began')}"
        must(times(home), "there is no journal to be looked at")
        home.must_end_right()
        return outcome
    return go


# -- a loss of power -----------------------------------------------------------------------------------------------------------------


class File:
    """What a file holds on the disk, and what was done to it since."""

    def __init__(self, synced=b""):
        self.synced, self.since = bytearray(synced), []

    def do(self, content, change):
        what, offset, data = change
        if what == "truncate":
            del content[offset:]
            content.extend(bytes(offset - len(content)))
        else:
            content.extend(bytes(max(0, offset - len(content))))
            content[offset:offset + len(data)] = data

    def sync(self):
        for change in self.since:
            self.do(self.synced, change)
        self.since = []

    def left(self, chance):
        """What may be left of it: all that was synced, and any part of the rest."""
        content, kept = bytearray(self.synced), chance.choice([0.1, 0.5, 0.9])
        for what, offset, data in self.since:
            if what == "truncate" or chance.random() < 0.7:
                if chance.random() < kept:
                    self.do(content, (what, offset, data))
                continue
            # Torn: of each sector all or nothing.
            at = offset
            while at < offset + len(data):
                end = min(offset + len(data), (at // 512 + 1) * 512)
                if chance.random() < kept:
                    self.do(content, (what, at, data[at - offset:end - offset]))
                at = end
        return bytes(content)


class Folder:
    """A folder, whose names are in the disk's list."""


class Disk:
    """What is on the disk below a folder, and what was done to it since."""

    def __init__(self, root, lies=False):
        self.root, self.lies = root, lies
        self.names, self.since, self.inodes = {str(root): [Folder()]}, set(), {}
        for path in sorted(root.rglob("*")):
            node = Folder() if path.is_dir() else File(path.read_bytes())
            self.names[str(path)] = [node]
            self.inodes[path.stat().st_ino] = node

    def follow(self, changes):
        for what, inode, offset, data, path, other in changes:
            if what == "create":
                self.inodes[inode] = File()
                self.name(path, self.inodes[inode])
            elif what == "mkdir":
                self.name(path, Folder())
            elif what == "unlink":
                self.name(path, None)
            elif what == "rename":
                self.name(other, self.names[path][-1])
                self.name(path, None)
            elif what in ("write", "truncate"):
                self.inodes[inode].since.append((what, offset, data))
            elif what == "sync" and not self.lies:
                if isinstance(self.names.get(path, [None])[-1], Folder):
                    for name in [name for name in self.since if str(pathlib.Path(name).parent) == path]:
                        self.names[name] = self.names[name][-1:]
                        self.since.discard(name)
                else:
                    self.inodes[inode].sync()
        return self

    def name(self, path, node):
        """A name means something else from now on; until its folder is synced it may come back as anything that it has meant."""
        self.names.setdefault(path, [None]).append(node)
        self.since.add(path)

    def leave(self, to, chance):
        """Puts what may be left of it into a folder."""
        for path in sorted(self.names):
            node = chance.choice(self.names[path]) if path in self.since else self.names[path][-1]
            place = to / pathlib.Path(path).relative_to(self.root)
            if node is None or not place.parent.is_dir():
                continue
            if isinstance(node, Folder):
                place.mkdir(mode=0o700, exist_ok=True)
            elif path.endswith("-shm"):
                place.write_bytes(chance.randbytes(32768))
            else:
                place.write_bytes(node.left(chance))
                place.chmod(0o600)


def power(setting, chance, number):
    """Losses of power, one after the other, and the way on from each."""

    def go(home):
        since = home.run_before() if chance.random() < 0.3 else 0
        losses = 0
        while losses < 3:
            disk, lying = Disk(home.path), Disk(home.path, lies=True)
            # What goes on, or has a run behind it, has less to do.
            place = 1 + int(chance.random() * (setting.writes + setting.syncs) * (0.6 if losses or since else 1))
            if not losses:
                code, told = home.run(kill=place)
            else:
                _, code, told = home.go_on(kill=place)
            must(code in (0, -signal.SIGKILL), f"under the shim, killed at {place}:\n{told}")
            if code == 0:
                break
            losses += 1
            setting.losses += 1
            log = list(home.changes())
            home.put_back(lying.follow(log), chance)
            setting.lies_found += home.has_lost()
            home.put_back(disk.follow(log), chance)
            home.must_be_well()
            if chance.random() < 0.5:
                break
        how, code, told = home.go_on()
        must(code == 0, f"{how}:\n{told}")
        home.must_end_right(since)
        return how if losses else "killed too late"
    return go


# -- rounds --------------------------------------------------------------------------------------------------------------------------

# How often each is done in short, and in long form; none: once at each change and sync.
KINDS = {start: (6, 120), faults: (8, None), clock: (2, 24), slow: (1, 2), power: (6, 200)}


def one(setting, kind, number, seed):
    world, home = setting.rounds()
    try:
        return kind(setting, random.Random(f"{seed} {kind.__name__} {number}"), number)(home)
    except Exception as error:
        why = error if isinstance(error, Unexpected) else f"{type(error).__name__}: {error}"
        home.stays = True
        raise Unexpected(f"{kind.__name__} {number} of seed {seed} (--only {kind.__name__} --round {number} --seed {seed}), all that is left of it is in {home.beside}: {why}") from error
    finally:
        world.close()
        home.close()


def build(into):
    library = pathlib.Path(into) / "shim.so"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, HERE / "shim.c", "-lpthread"], check=True)
    return library


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flowrun")
    parser.add_argument("--flow", default="flows/import.yaml")
    parser.add_argument("--employees", type=int, default=60)
    parser.add_argument("--short", action="store_true", help="a sample, in less than a minute")
    parser.add_argument("--only", choices=[kind.__name__ for kind in KINDS])
    parser.add_argument("--times", type=int, help="how many rounds of each kind")
    parser.add_argument("--round", type=int, help="only this one")
    parser.add_argument("--tell", action="store_true", help="print what one reads of each fault")
    parser.add_argument("--jobs", type=int, default=2, help="how many rounds at the same time")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if sys.platform != "linux" or not shutil.which("cc"):
        print("skipped: a disk that fails needs Linux, and `cc` to build it")
        return
    with tempfile.TemporaryDirectory(prefix="flowrun-disk-") as into:
        setting = Setting(args, build(into))
        setting.measure()
        print(f"whole: {setting.whole['people']} people, {setting.writes} changes and {setting.syncs} syncs", flush=True)
        for kind, (short, long) in KINDS.items():
            if args.only in (None, kind.__name__):
                rounds(setting, kind, args, args.times or (short if args.short else long or setting.writes + setting.syncs))


def rounds(setting, kind, args, times):
    """All rounds of a kind, and a line of what came of them; ends the process at the first that is not as it must be."""
    started, outcomes = time.monotonic(), collections.Counter()
    setting.losses, setting.lies_found, setting.times = 0, 0, times
    numbers = range(times) if args.round is None else [args.round]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        under_way = [pool.submit(one, setting, kind, number, args.seed) for number in numbers]
        try:
            for done in concurrent.futures.as_completed(under_way):
                outcomes[done.result()] += 1
        except Unexpected as error:
            pool.shutdown(cancel_futures=True)
            sys.exit(str(error))
    if kind is power and args.round is None:
        if not setting.lies_found:
            sys.exit("a disk that lies about syncs is not found out: these rounds can't fail")
        outcomes["losses in all"], outcomes["of them found out when syncs are lies"] = setting.losses, setting.lies_found
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{kind.__name__}: {len(numbers)} rounds in {time.monotonic() - started:.0f} s: {told}", flush=True)


main()
