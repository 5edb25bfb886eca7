"""A place that answers every operation alike and writes down what it was asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = f"iiot_{'a' * 8}_{'b' * 43}"
STATUS = {"invalid_argument": 400, "not_found": 404, "unavailable": 503}


class Stub:
    """``with Stub() as place: place.url, place.asked``; with a ``problem`` everything ends with that kind of error."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.problem: str | None = None
        self.breaks: str | None = None
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.asked.append((self.path, json.loads(body or b"{}")))
                stream = "text/event-stream" in self.headers.get("Accept", "")
                self.answer(*(stub.refusal() if stub.problem else stub.events() if stream else GOOD))

            def answer(self, status: int, kind: str, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def refusal(self) -> tuple[int, str, str]:
        assert self.problem
        return STATUS.get(self.problem, 500), "application/problem+json", told(self.problem)

    def events(self) -> tuple[int, str, str]:
        """An item, and then the end, or an error."""
        end = f"event: problem\ndata: {told(self.breaks)}" if self.breaks else "event: end\ndata:"
        return 200, "text/event-stream", f"data: {{}}\n\n{end}\n\n"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def told(code: str) -> str:
    """A problem (RFC 9457) as our servers write it; whether it can be tried again is other than usual."""
    about = {"node": "i=85"}
    return json.dumps({"code": code, "detail": f"it is {code}", "retryable": code != "unavailable", "about": about})


GOOD = (200, "application/json", "{}")
