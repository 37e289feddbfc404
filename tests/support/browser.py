"""A real Chromium without a window, for tests that look at a page: it is asked through its pipe, so that no port is
opened and no driver is needed. Everything it keeps is in a folder that is gone at the end.

    with Browser() as browser:
        browser.open(path)
        browser.ask("document.title")
"""

import base64
import json
import os
import pathlib
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import zlib

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# For one answer. Long, as the machine may be busy; nothing is measured here.
PATIENCE_S = 60


def find_browser():
    """Its path, or None."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Browser:
    """One browser with one page. `events` has everything it has told of its own accord."""

    def __init__(self):
        self.events = []
        self._waiting = b""
        self._number = 0
        self._session = None
        self._folder = tempfile.TemporaryDirectory(prefix="headcount-browser-", ignore_cleanup_errors=True)

    def __enter__(self):
        words = [find_browser(), "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars",
                 "--no-first-run", "--disable-background-networking", "--disable-component-update",
                 "--disable-dev-shm-usage", "--disable-breakpad", "--user-data-dir=" + self._folder.name]
        if os.geteuid() == 0:
            words.append("--no-sandbox")  # it would not start as root with one
        read_ours, write_its = os.pipe()
        read_its, write_ours = os.pipe()

        # It reads from descriptor 3 and writes to 4.
        def place_descriptors():
            its = (os.dup(read_its), os.dup(write_its))
            os.dup2(its[0], 3)
            os.dup2(its[1], 4)
            os.set_inheritable(3, True)
            os.set_inheritable(4, True)

        self._process = subprocess.Popen(  # pylint: disable=consider-using-with
            words + ["about:blank"], preexec_fn=place_descriptors, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "HOME": self._folder.name, "XDG_CONFIG_HOME": self._folder.name})
        os.close(read_its)
        os.close(write_its)
        self._read, self._write = read_ours, write_ours
        try:
            targets = self.call("Target.getTargets")["targetInfos"]
            page = next(target["targetId"] for target in targets if target["type"] == "page")
            self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
            for domain in ("Page", "Network", "Log", "Runtime"):
                self.call(domain + ".enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            os.write(self._write, b'{"id":0,"method":"Browser.close"}\0')
            self._process.wait(timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        try:
            os.killpg(self._process.pid, signal.SIGKILL)  # what it has left behind in its session, which is ours
        except ProcessLookupError:
            pass
        os.close(self._write)
        # Its helpers hold the other end: when all are gone there is an end, and the folder is nobody's any more.
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and select.select([self._read], [], [], 1)[0] and os.read(self._read, 65536):
            pass
        os.close(self._read)
        self._folder.cleanup()

    def call(self, method, **params):
        """The result of one of its methods."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(deadline)
            if answer.get("id") != self._number:
                self.events.append(answer)
                continue
            if "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            return answer["result"]

    def wait_for(self, method):
        """Until it has told of such an event, since this was called or the page was opened."""
        deadline = time.monotonic() + PATIENCE_S
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._next(deadline))

    def _next(self, deadline):
        while b"\0" not in self._waiting:
            if not select.select([self._read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self._read, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self._waiting += piece
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)

    def open(self, path):
        """Shows that file; returns when it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        self.wait_for("Page.loadEventFired")

    def ask(self, expression):
        """The value of an expression, or of a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def resize(self, width, height, scale=1, mobile=False):
        """Of the page, in its own units."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)

    def prefer(self, scheme, media="screen"):
        """light or dark, on a screen or in print."""
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, scale=1, height=4000):
        """The page as the bytes of a PNG, from its top, up to that height."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height), "scale": scale}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])


def png_pixels(data):
    """The colours of a PNG of eight bits a channel, line by line, as tuples of red, green and blue."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG")
    at, packed, width, channels = 8, b"", 0, 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, _, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            channels = {2: 3, 6: 4}.get(colour, 0)
            if depth != 8 or interlaced or not channels:
                raise ValueError("not eight bits of red, green and blue, line by line")
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    rows = _unfiltered(zlib.decompress(packed), width * channels, channels)
    return [tuple(row[i:i + 3]) for row in rows for i in range(0, len(row), channels)]


def _unfiltered(raw, stride, step):
    rows, before = [], bytearray(stride)
    for at in range(0, len(raw), stride + 1):
        kind, row = raw[at], bytearray(raw[at + 1:at + 1 + stride])
        for i in range(stride) if kind else ():
            left = row[i - step] if i >= step else 0
            above, corner = before[i], before[i - step] if i >= step else 0
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = above
            elif kind == 3:
                guess = (left + above) // 2
            else:
                estimate = left + above - corner
                guess = min((left, above, corner), key=lambda value: abs(estimate - value))
            row[i] = (row[i] + guess) & 255
        rows.append(bytes(row))
        before = row
    return rows
