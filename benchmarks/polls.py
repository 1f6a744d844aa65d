"""Thousands of stations whose long polls are open at once: what they cost the server, and when they hear of a title."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import requests

from benchmarks.report import Report, percentile
from benchmarks.stations import Library, Station
from central_link.signing import Signed
from demo.cluster import Cluster
from demo.processes import PATIENCE_S, Server, run_or_fail

_AT_ONCE = 50
_WAIT_S = 55


@dataclass
class _Answer:
    status: int
    nonce: str
    content: bytes


def measure(report: Report, cluster: Cluster, folder: Path, count: int) -> None:
    """Hold `count` polls of one library open at a server of their own, add a title with another process."""
    url = cluster.url(cluster.create())
    where = ("--database", url)
    Library("mot").bring(folder, where, items=100, patrons=10)
    stations = [Station("mot", f"tram-{n}") for n in range(count)]
    with psycopg.connect(url) as connection:
        for station in stations:
            station.let_in(connection)
    server = Server(folder / "polls", database=url)
    server.start()
    try:
        asyncio.run(_hold(report, server, stations, folder))
    finally:
        server.stop()


async def _hold(report: Report, server: Server, stations: Sequence[Station], folder: Path) -> None:
    lines = [_Line(server, station) for station in stations]
    # Also what a server needs for its first request, once and for all.
    cursor = json.loads((await lines[0].ask("", 0)).content)["cursor"]
    while (page := json.loads((await lines[0].ask(cursor, 0)).content))["changes"]:
        cursor = page["cursor"]
    before_mb = server.rss_mb()
    few = asyncio.Semaphore(_AT_ONCE)
    await asyncio.gather(*(line.open(few) for line in lines))
    began = time.perf_counter()
    polls = [asyncio.create_task(line.ask(cursor, _WAIT_S)) for line in lines]
    # Each has been read, and looked for what is new, when one that came after all of them is answered.
    await asyncio.gather(*(line.sent.wait() for line in lines))
    last = _Line(server, stations[-1])
    await last.ask(cursor, 0)
    opened_s = time.perf_counter() - began
    await asyncio.sleep(1)
    held = sum(not poll.done() for poll in polls)
    report.figure("open_polls", held, "", 2_000, "higher")
    report.figure("polls_mb", server.rss_mb() - before_mb, "MB", 200)
    listing = folder / "one.csv"
    listing.write_text("Mã đầu sách,Nhan đề,Loại\nMOI,Đất rừng phương Nam,STK\n", encoding="utf-8")
    words = ["--library", "mot", "--library-name", "mot", "--kind", "titles", str(listing)]
    await asyncio.to_thread(run_or_fail, "central_server", "import", *server.where, *words)
    added = time.perf_counter()
    answers = await asyncio.wait_for(asyncio.gather(*polls), PATIENCE_S)
    heard = [line.answered - added for line in lines]
    if not all("Đất rừng phương Nam" in answer.content.decode() for answer in answers):
        raise RuntimeError("not every station has heard of the title")
    report.figure("title_reaches_half_s", percentile(heard, 50), "s")
    report.figure("title_reaches_all_s", max(heard), "s")
    report.context |= {"polls_opened_in_s": round(opened_s, 1), "polls_of": "one library, a title added by `import`"}
    for line in [*lines, last]:
        line.close()


class _Line:
    """One station's connection; asks as docs/protocol.md says."""

    def __init__(self, server: Server, station: Station) -> None:
        self._server = server
        self._station = station
        self._nonce: str | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.sent = asyncio.Event()
        self.answered = 0.0

    async def open(self, few: asyncio.Semaphore) -> None:
        """Connect, and get a nonce."""
        async with few:
            self._nonce = (await self._once("", 0)).nonce

    async def ask(self, cursor: str, wait: int) -> _Answer:
        answer = await self._once(cursor, wait)
        if answer.status == 401:
            answer = await self._once(cursor, wait)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {answer.content[:200]!r}")
        self.answered = time.perf_counter()
        return answer

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()

    async def _once(self, cursor: str, wait: int) -> _Answer:
        query = urlencode({"library": self._station.library, "cursor": cursor, "limit": 500, "wait": wait})
        request = requests.Request(
            "GET", f"{self._server.url}/v1/changes?{query}", auth=Signed(self._station.key, self._nonce)
        ).prepare()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", int(self._server.url.rpartition(":")[2]))
        reader, writer = self._streams
        headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        writer.write(f"GET {request.path_url} HTTP/1.1\r\nHost: tram\r\n{headers}\r\n".encode())
        await writer.drain()
        self.sent.set()
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        came = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        self._nonce = came.get("tram-nonce")
        return _Answer(
            int(head[0].split()[1]), self._nonce or "", await reader.readexactly(int(came["content-length"]))
        )
