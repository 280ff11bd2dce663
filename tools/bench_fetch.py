"""Benchmarks picture fetching: ours, img2dataset, and a requests loop, in one run against a local nginx.

    python tools/bench_fetch.py [--quick] [--json FILE]

Each contender runs alone in its own process against the same server; only the work is timed, not imports and start.
img2dataset is measured twice: the tool as users run it, in one process and without any resizing; and at its kindest,
its function `download_image_with_retry` in a thread pool, without its sharding and writing. All heed X-Robots-Tag
where they can; ours also asks robots.txt and checks addresses, types and sizes. Without nginx (`apt-get install
nginx-light`) a small server of our own takes its place, and a line says so.

Then our client runs twice more with hosts that answer after 50 ms, alone and among bad ones: as many hostile hosts
(slow drip, endless body, wrong length, redirect loop, gzip bomb, 10,000 headers, reset, 429 without end, silence,
garbage), and dead ones until these are half of all hosts (refused, never connecting, without address). Goals: three
times the tool's pictures a CPU second; four fifths of the undisturbed rate among bad hosts; bounded memory.
"""

from __future__ import annotations

import argparse
import asyncio
import glob
import hashlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import bench

THREADS = 32
HOSTS = 20
SIZES = (4_000, 12_000, 30_000, 80_000)
"""Bytes of the pictures served, in turn."""

HOSTILE = ("drip", "endless", "short", "loop", "bomb", "headers", "reset", "busy", "silent", "garbage")
LATENCY = 0.05
"""Seconds until hosts named far answer, as hosts on a network do."""

MEMORY_MB = 400
"""What our client may hold at most among bad hosts."""

BAD_URLS = 10
"""URLs of each hostile or dead host."""

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types {{ image/jpeg jpg; }}
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; rewrite ^/[0-9]*([0-9])$ /$1.jpg break; }}
}}
"""

RATIO, KEPT = 3.0, 0.8


def picture(size: int) -> bytes:
    """Bytes that begin as a JPEG does; nothing here decodes."""
    return b"\xff\xd8\xff\xe0" + bytes(range(1, 256)) * (size // 255)


@cache
def bomb() -> bytes:
    """A hundred megabytes of zeros, gzipped."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(100)) + packer.flush()


class Server(asyncio.Protocol):
    """Serves pictures as fast as asyncio can; hosts named after a vice have it."""

    bodies = [picture(size) for size in SIZES]

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            path = head.split(b" ", 2)[1]
            host = head.lower().partition(b"\r\nhost: ")[2].partition(b"\r\n")[0].partition(b".")[0]
            vice = host.rstrip(b"0123456789").decode()
            if vice in HOSTILE and path != b"/robots.txt":
                asyncio.get_running_loop().create_task(self.mistreat(vice))
                return
            if not path[1:].partition(b"?")[0].isdigit():  # robots.txt, ai.txt and the like
                self.transport.write(b"HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n")
                continue
            body = self.bodies[int(path[1:].partition(b"?")[0]) % len(self.bodies)]
            head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body)
            if host.startswith(b"far"):
                asyncio.get_running_loop().call_later(LATENCY, self.transport.write, head + body)
            else:
                self.transport.write(head + body)

    async def mistreat(self, vice: str) -> None:
        write, ok = self.transport.write, b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
        if vice == "drip":
            write(ok + b"Content-Length: 100000\r\n\r\n" + picture(500))
            while not self.transport.is_closing():
                await asyncio.sleep(0.5)
                write(b"x")
        elif vice == "endless":
            write(ok + b"Transfer-Encoding: chunked\r\n\r\n")
            while not self.transport.is_closing():
                if self.transport.get_write_buffer_size() < 1 << 17:
                    write(b"10000\r\n" + bytes(65536) + b"\r\n")
                await asyncio.sleep(0.005)
        elif vice == "short":
            write(ok + b"Content-Length: 90000\r\n\r\n" + picture(500))
        elif vice == "loop":
            write(b"HTTP/1.1 302 Found\r\nLocation: /1\r\nContent-Length: 0\r\n\r\n")
            return
        elif vice == "bomb":
            body = bomb()
            write(ok + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        elif vice == "headers":
            write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n")
        elif vice == "busy":
            write(b"HTTP/1.1 429 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
            return
        elif vice == "garbage":
            write(b"\x00\x01\x02 not http\r\n\r\n")
        elif vice == "silent":
            await asyncio.sleep(60)
        self.transport.close()


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def nginx(folder: str) -> tuple[subprocess.Popen[bytes], int] | None:
    """A started nginx that serves the pictures under every number, and its port; None where there is none."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        return None
    os.makedirs(os.path.join(folder, "www"))
    for digit in range(10):
        with open(os.path.join(folder, "www", f"{digit}.jpg"), "wb") as stream:
            stream.write(picture(SIZES[digit % len(SIZES)]))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(os.path.join(folder, "nginx.conf"), "w") as stream:
        stream.write(NGINX.format(folder=folder, port=port))
    os.chmod(folder, 0o755)  # its worker may run as another user
    process = subprocess.Popen(
        [program, "-p", folder, "-c", os.path.join(folder, "nginx.conf")], stderr=subprocess.DEVNULL
    )
    for _ in range(100):
        time.sleep(0.05)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        if process.poll() is not None:
            return None
    process.kill()
    return None


def hole() -> list[socket.socket]:
    """A listening socket, the first, whose queue is full: connections to it never come about."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(listening.getsockname())
    return [listening, *waiting]


def ours(urls: list[str], port: int, bad_port: int) -> Counter[str]:
    from m3w_builder.fetch import FetchConfig, Fetched, fetch_all
    from m3w_builder.stage import Drop

    sockets = hole()
    hole_port = sockets[0].getsockname()[1]
    config = FetchConfig(
        resolve={
            "*.test": f"127.0.0.1:{port}",
            "*.bad": f"127.0.0.1:{bad_port}",
            "*.refused": "127.0.0.1:1",
            "*.hole": f"127.0.0.1:{hole_port}",
        },
        connect_timeout=3.0,
        per_host=8,
        total_timeout=5.0,
        idle_timeout=3.0,
        retries=1,
        retry_wait=0.1,
    )
    said: Counter[str] = Counter()
    sink = open(os.devnull, "wb")  # noqa: SIM115
    for url, result in fetch_all(urls, config):
        good = ".test/" in url
        said[result.reason if isinstance(result, Drop) else "ok"] += 1
        if isinstance(result, Fetched):
            hashlib.sha256(result.body).hexdigest()  # img2dataset hashes too
            sink.write(result.body)
        if good:
            said["good"] += not isinstance(result, Drop)
            said["good_ms"] = round((time.perf_counter() - BEGUN) * 1000)
    return said


def img2dataset_function(urls: list[str], port: int, bad_port: int) -> Counter[str]:
    """Its download function in its kind of thread pool, and nothing else of it."""
    from img2dataset.downloader import download_image_with_retry

    def one(url: str) -> str:
        # It has no host map: the address and port stand in the URL.
        row = (0, f"http://127.0.0.1:{port}/{url.rsplit('/', 1)[1]}")
        _, stream, error = download_image_with_retry(row, 10, 1, None, ["noai", "noimageai", "noindex", "noimageindex"])
        return "ok" if stream is not None and stream.read() else str(error)

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(one, urls))


def img2dataset_tool(urls: list[str], port: int, bad_port: int) -> Counter[str]:
    """The tool as users run it, in one process, without any resizing or re-encoding."""
    import pandas
    from img2dataset import download

    with tempfile.TemporaryDirectory() as folder:
        listing = os.path.join(folder, "urls.txt")
        with open(listing, "w") as stream:
            stream.write(
                "".join(f"http://127.0.0.1:{port}/{url.rsplit('/', 1)[1]}?{n}\n" for n, url in enumerate(urls))
            )
        download(
            listing,
            output_folder=os.path.join(folder, "out"),
            output_format="webdataset",
            disable_all_reencoding=True,
            processes_count=1,
            thread_count=THREADS,
            number_sample_per_shard=5000,
            enable_wandb=False,
        )
        said: Counter[str] = Counter()
        for path in glob.glob(os.path.join(folder, "out", "*.parquet")):
            for status in pandas.read_parquet(path)["status"]:
                said["ok" if status == "success" else str(status)] += 1
        return said


def requests_loop(urls: list[str], port: int, bad_port: int) -> Counter[str]:
    import requests

    session = requests.Session()
    adapter = requests.adapters.HTTPAdapter(pool_connections=HOSTS, pool_maxsize=THREADS)
    session.mount("http://", adapter)

    def one(url: str) -> str:
        answer = session.get(f"http://127.0.0.1:{port}/{url.rsplit('/', 1)[1]}", timeout=10)
        return "ok" if answer.ok and answer.content else str(answer.status_code)

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(one, urls))


CONTENDERS = {
    "ours": ours,
    "img2dataset": img2dataset_tool,
    "img2dataset, function": img2dataset_function,
    "requests": requests_loop,
}
BEGUN = 0.0


def spent(work: Callable[[], Counter[str]]) -> tuple[tuple[float, float], Counter[str]]:
    """What some work takes, in seconds of the wall's clock and of the processor, and what it said."""
    wall, cpu = time.perf_counter(), bench.cpu_seconds()
    said = work()
    return (time.perf_counter() - wall, bench.cpu_seconds() - cpu), said


def run_one(name: str, urls: list[str], port: int, bad_port: int) -> dict[str, Any]:
    """Run a contender in this process, first on a few URLs: what that costs, imports and start, is not counted."""
    global BEGUN
    work = CONTENDERS[name]
    work(urls[:HOSTS], port, bad_port)  # imports
    start = [spent(lambda: work(urls[:HOSTS], port, bad_port))[0] for _ in range(2)]
    BEGUN = time.perf_counter()
    whole, said = spent(lambda: work(urls, port, bad_port))
    # Under load a start may by chance take longer than all of the work: then nothing is taken off.
    wall, cpu = (
        total - least if total > least else total
        for total, least in zip(whole, map(min, zip(*start, strict=True)), strict=True)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"pictures": said["ok"], "wall_s": wall, "cpu_s": cpu, "peak_mb": peak, "answers": dict(said)}
    return {**figures, "per_cpu_s": said["ok"] / cpu, "per_wall_s": said["ok"] / wall}


def ask(name: str, count: int, port: int, bad_port: int, *flags: str) -> dict[str, Any]:
    """Run a contender in a process of its own."""
    command = [
        sys.executable,
        __file__,
        "--one",
        name,
        "--count",
        str(count),
        "--port",
        str(port),
        "--bad-port",
        str(bad_port),
    ]
    out = subprocess.run([*command, *flags], capture_output=True, text=True, check=True)
    return json.loads(out.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def urls_of(count: int, bad: bool, far: bool) -> list[str]:
    """The pictures of the good hosts; with `bad` those of as many hostile hosts, and of twice as many dead ones."""
    urls = [f"http://{'far' if far else 'good'}{n % HOSTS}.test/{n}" for n in range(count)]
    if not bad:
        return urls
    hosts = [f"{HOSTILE[n % len(HOSTILE)]}{n}.bad" for n in range(HOSTS)]
    dead = ("dead{}.refused", "dead{}.hole", "dead{}.nowhere.invalid", "dead{}.hole")
    hosts += [dead[n % len(dead)].format(n) for n in range(2 * HOSTS)]
    worse = [f"http://{host}/{n}" for n in range(BAD_URLS) for host in hosts]
    step = max(1, count // len(worse))  # spread among the good ones, as on real pages
    for n, url in enumerate(worse):
        urls.insert(n * (step + 1), url)
    return urls


def main() -> int:
    parser = bench.options(__doc__, quick="a fifth of the pictures")
    parser.add_argument("--count", type=int, default=0, help="pictures to fetch")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--hostile", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--far", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--bad-port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return 0
    if options.one:
        urls = urls_of(options.count, options.hostile, options.far)
        print(json.dumps(run_one(options.one, urls, options.port, options.bad_port)))
        return 0
    count = options.count or (2_000 if options.quick else 10_000)
    servers = [
        subprocess.Popen(
            [sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for _ in "12"
    ]
    folder = tempfile.mkdtemp(prefix="bench-fetch-")
    served = nginx(folder)
    try:
        port, bad_port = (int(server.stdout.readline()) for server in servers if server.stdout)
        if served is None:
            print("nginx is not there (apt-get install nginx-light): a server of our own takes its place")
        figures = {name: ask(name, count, served[1] if served else port, bad_port) for name in CONTENDERS}
        figures["ours, far"] = ask("ours", count, port, bad_port, "--far")
        figures["ours, far, among bad"] = ask("ours", count, port, bad_port, "--far", "--hostile")
    finally:
        if served:
            served[0].terminate()
            served[0].wait()
        shutil.rmtree(folder, ignore_errors=True)
        for server in servers:
            server.kill()
    return report(figures, options.json, "nginx" if served else "own")


def report(figures: dict[str, dict[str, Any]], path: str, server: str) -> int:
    """Print the table, write the JSON; 1 where a goal is missed."""
    forms = {
        "pictures": ",",
        "wall_s": ".2f",
        "cpu_s": ".2f",
        "per_cpu_s": ",.0f",
        "per_wall_s": ",.0f",
        "peak_mb": ".0f",
    }
    cells = [[name, *(format(row[what], form) for what, form in forms.items())] for name, row in figures.items()]
    print(bench.table(["", "pictures", "wall s", "CPU s", "a CPU s", "a wall s", "peak MB"], cells))
    hostile = figures["ours, far, among bad"]
    print(
        "among bad hosts, reasons:",
        ", ".join(f"{reason} {n}" for reason, n in sorted(hostile["answers"].items()) if reason[:4] != "good"),
    )
    calm = figures["ours, far"]["answers"]
    kept = (hostile["answers"]["good"] / hostile["answers"]["good_ms"]) / (calm["good"] / calm["good_ms"])
    ratio = figures["ours"]["per_cpu_s"] / figures["img2dataset"]["per_cpu_s"]
    goals = {
        f"pictures a CPU second against img2dataset: {ratio:.2f} (goal {RATIO})": ratio >= RATIO,
        f"rate of the good hosts among bad ones: {kept:.2f} (goal {KEPT})": kept >= KEPT,
        f"peak memory among bad hosts: {hostile['peak_mb']:.0f} MB (goal {MEMORY_MB})": hostile["peak_mb"] <= MEMORY_MB,
    }
    for text, met in goals.items():
        print("met   " if met else "MISSED", text)
    missed = [text for text, met in goals.items() if not met]
    others = {name: row["per_cpu_s"] for name, row in figures.items() if not name.startswith("ours")}
    ratios = {f"to {name}": figures["ours"]["per_cpu_s"] / rate for name, rate in others.items()}
    facts = {"server": server, "figures": figures, "ratios": ratios, "goals": goals, "missed_goals": missed}
    bench.write(path, facts, "aiohttp", "img2dataset", "requests")
    return 1 if missed else 0  # told in the lines above


if __name__ == "__main__":
    sys.exit(main())
