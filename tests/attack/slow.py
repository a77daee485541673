#!/usr/bin/env python3
"""Clients that are slow on purpose, against a served project: heads and bodies that never end, and streams that stay open.

    tests/attack/slow.py FLOWRUN

What must hold: others are answered all the while; who sends a head or a body by drops is cut off in time (docs/service.md says when);
1,000 streams may be open, the next one is refused with 503; and all of that costs no more memory than docs/safety.md says.
"""

import http.cookiejar
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

FLOW = """\
trigger: { api_endpoint: { security: public, alias: order, rate: 1000, burst: 1000 } }
cards:
  - { card: flow_control.assign, with: { done: true } }
"""
SLOW, STREAMS, HEAD, MEMORY = 300, 1_000, 30, 64

# Where bodies are sent, and how many seconds they may take there.
BODIES = {"/api/flo/order/invoke": 30, "/hooks/deploys": 60}


def served(flowrun, home):
    (home / "flows").mkdir()
    (home / "flows" / "order.yaml").write_text(FLOW)
    process = subprocess.Popen(
        [flowrun, "serve", str(home / "flows"), "--port", "0", "--log", "off", "--state", str(home / "state")],
        env={"HOME": str(home), "PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("listening at "):
            port = int(line.rsplit(":", 1)[1])
        if line.startswith("sign in"):
            return process, port, line.split()[-1]
    raise SystemExit("the service ended")


def memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def connected(port, text):
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(text.encode())
    return client


class Others(threading.Thread):
    """Somebody who calls the flow all the while; how long the slowest answer took."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.url, self.slowest, self.count, self.over = f"http://127.0.0.1:{port}/api/flo/order/invoke", 0.0, 0, False

    def run(self):
        while not self.over:
            began = time.monotonic()
            urllib.request.urlopen(urllib.request.Request(self.url, b"{}", {"content-type": "application/json"}), timeout=30).read()
            self.slowest, self.count = max(self.slowest, time.monotonic() - began), self.count + 1
            time.sleep(0.02)


def cut_off(port, what, head, drop, limit):
    """Sends a drop a second to many connections; all must be gone soon after the limit, and none much before."""
    began, clients, ended = time.monotonic(), [connected(port, head) for _ in range(SLOW)], []
    while clients and time.monotonic() - began < limit + 15:
        time.sleep(1)
        for client in list(clients):
            try:
                client.sendall(drop)
                client.setblocking(False)
                gone = client.recv(4_096) == b""
            except BlockingIOError:
                gone = False
            except OSError:
                gone = True
            if gone:
                clients.remove(client)
                client.close()
                ended.append(time.monotonic() - began)
            else:
                client.setblocking(True)
    if clients:
        raise SystemExit(f"{what}: {len(clients)} of {SLOW} connections were still there after {limit + 15} s")
    print(f"{what}: {SLOW} connections, cut off after {min(ended):.0f} to {max(ended):.0f} s", flush=True)
    if min(ended) < limit - 5:
        raise SystemExit(f"{what}: somebody was cut off after {min(ended):.0f} s, and may take {limit} s")


def streams(port, link, process):
    jar = http.cookiejar.CookieJar()
    try:
        urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar)).open(link).read()
    except urllib.error.HTTPError:
        pass
    cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    asks = f"GET /api/v1/events HTTP/1.1\r\nhost: localhost:{port}\r\ncookie: {cookie}\r\n\r\n"
    before, clients = memory(process), []
    for _ in range(STREAMS):
        clients.append(connected(port, asks))
    told = {client.recv(12).decode() for client in clients}
    if told != {"HTTP/1.1 200"}:
        raise SystemExit(f"of {STREAMS} streams some were answered {told}")
    refused = connected(port, asks).recv(12).decode()
    if refused != "HTTP/1.1 503":
        raise SystemExit(f"one more stream was answered {refused}")
    took = memory(process) - before
    print(f"streams: {STREAMS} open, one more refused; {took:.0f} MB", flush=True)
    [client.close() for client in clients]
    until = time.monotonic() + 30
    while connected(port, asks).recv(12).decode() != "HTTP/1.1 200":
        if time.monotonic() > until:
            raise SystemExit("who has gone away keeps a stream's place")
        time.sleep(0.5)
    return took


def main():
    flowrun = sys.argv[1]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    home = pathlib.Path(tempfile.mkdtemp(prefix="flowrun-slow-"))
    process, port, link = served(flowrun, home)
    try:
        others = Others(port)
        others.start()
        took = streams(port, link, process)
        cut_off(port, "heads", "POST /api/flo/order/invoke HTTP/1.1\r\nhost: localhost\r\n", b"x: y\r\n", HEAD)
        for path, limit in BODIES.items():
            head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 100000\r\n\r\n"
            cut_off(port, f"bodies of {path}", head, b"x", limit)
        others.over = True
        others.join(60)
        print(f"others: {others.count} calls meanwhile, the slowest {others.slowest * 1000:.0f} ms; {memory(process):.0f} MB in all")
        if not others.count or others.slowest > 5 or took > MEMORY or others.is_alive():
            raise SystemExit("others were kept waiting, or streams take too much memory")
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(home, ignore_errors=True)


main()
