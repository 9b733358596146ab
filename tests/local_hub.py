"""A Hugging Face hub of one repository on this machine, since tests may not use the network."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "c0ffee" + "0" * 34


@contextmanager
def serve(repository: str, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve `folder` as `repository`; gives the endpoint, and the growing list of files fetched."""
    fetched: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(with_body=False)

        def do_GET(self) -> None:
            self.answer(with_body=True)

        def answer(self, with_body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            files = {file.name: file for file in folder.iterdir()}
            if path.startswith(f"/api/models/{repository}/tree"):
                entries = [
                    {"type": "file", "path": name, "size": file.stat().st_size, "oid": oid(file)}
                    for name, file in files.items()
                ]
                self.reply(200, json.dumps(entries).encode(), {}, with_body)
            elif path.startswith(f"/api/models/{repository}"):
                siblings = [{"rfilename": name} for name in files]
                body = {"id": repository, "modelId": repository, "sha": COMMIT, "siblings": siblings}
                self.reply(200, json.dumps(body).encode(), {}, with_body)
            elif (name := path.rpartition("/")[2]) in files and f"/{repository}/resolve/" in path:
                if with_body:
                    fetched.append(name)
                headers = {"ETag": f'"{oid(files[name])}"', "X-Repo-Commit": COMMIT}
                self.reply(200, files[name].read_bytes(), headers, with_body)
            else:
                self.reply(404, b"{}", {"X-Error-Code": "RepoNotFound"}, with_body)

        def reply(self, status: int, body: bytes, headers: dict[str, str], with_body: bool) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", fetched
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def oid(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()
