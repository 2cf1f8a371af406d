# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A small HTTP server that plays the bridge: records requests, answers as told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

TOKEN = "fake-bridge-token"
HANG_S = 30
POLL_S = 0.02
CONFIG_TIME = "2026-01-31T10:00:00.000Z"


def error_body(message, *errors):
    """Return a fault as the bridge answers it; errors are (path, message)."""
    listed = [{"path": path, "message": text} for path, text in errors]
    return {"status": "error", "message": message, "errors": listed}


class FakeBridge:
    """Use as context manager. ``script`` maps "METHOD /path" to what is done:

    a tuple ``(status, body)``, or a function of the recorded request that returns one;
    or the word ``hang``, ``close``, ``html``, ``redirect`` or ``large``.
    """

    def __init__(self, token=TOKEN):
        self.token = token
        self.requests = []
        self.configuration = None
        self.source = "push"
        self.script = {
            "POST /config": self._apply,
            "GET /config": lambda request: (200, self.configuration or {"devices": []}),
            "GET /api/configurations": lambda request: (200, self.history()),
            "GET /health": lambda request: (200, self.health()),
        }
        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.bridge = self
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(POLL_S,), daemon=True
        )
        self.thread.start()
        return self

    def __exit__(self, *_exception):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def health(self, **changed):
        """Return the body of ``GET /health``."""
        devices = len((self.configuration or {}).get("devices", []))
        return {
            "status": "ok",
            "version": "0.1.0",
            "uptime_seconds": 10,
            "mqtt_connected": True,
            "odoo_reachable": None,
            "devices": devices,
            "devices_configured": devices,
            "subscriptions": 0,
            "active_sessions": 0,
            "events_pending": 0,
            "events_parked": 0,
            "last_config_update": CONFIG_TIME if self.configuration else None,
            "problems": [],
            **changed,
        }

    def history(self):
        """Return the body of ``GET /api/configurations``."""
        return {"configurations": [{"source": self.source}], "next_before": None}

    def sent(self, route):
        """Return the recorded requests of one "METHOD /path"."""
        return [request for request in self.requests if request["route"] == route]

    def _device_ids(self, configuration=None):
        devices = (configuration or self.configuration or {}).get("devices", [])
        return {one["device_id"] for one in devices}

    def _apply(self, request):
        before, after = self._device_ids(), self._device_ids(request["body"])
        self.configuration = request["body"]
        return 200, {
            "status": "success",
            "message": "Configuration applied",
            "devices_configured": len(after),
            "timestamp": CONFIG_TIME,
            "added": sorted(after - before),
            "updated": [],
            "removed": sorted(before - after),
            "warnings": [],
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self):
        bridge = self.server.bridge
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        request = {
            "route": f"{self.command} {parts.path}",
            "query": dict(parse_qsl(parts.query)),
            "body": json.loads(raw) if raw else None,
            "authorization": self.headers.get("Authorization"),
        }
        bridge.requests.append(request)
        is_open = parts.path == "/health"
        if not is_open and request["authorization"] != f"Bearer {bridge.token}":
            return self._answer(401, error_body("The token is missing or wrong"))
        done = bridge.script.get(request["route"])
        if done is None:
            return self._answer(404, error_body("There is no such route"))
        if callable(done):
            done = done(request)
        if isinstance(done, str):
            return self._misbehave(done)
        return self._answer(*done)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

    def _misbehave(self, word):
        if word == "html":
            return self._send(200, b"<html>Bad gateway</html>", "text/html")
        if word == "redirect":
            return self._send(
                302, b"", "text/html", Location=self.server.bridge.url + "/else"
            )
        if word == "large":
            return self._answer(200, {"filler": "x" * (6 * 1024 * 1024)})
        if word == "hang":
            self.server.bridge.released.wait(HANG_S)
        self.close_connection = True
        return None

    def _answer(self, status, body):
        self._send(status, json.dumps(body).encode(), "application/json")

    def _send(self, status, content, content_type, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            # The one who asked has gone, as it may with an answer too large.
            self.close_connection = True

    def log_message(self, *_arguments):
        """Say nothing: the log is Odoo's."""
