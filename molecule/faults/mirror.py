# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module proxy of the files in a folder. While the folder beside it has a file "slow", it sends a byte a second."""

from __future__ import annotations

import http.server
import pathlib
import sys
import time

ROOT, SLOW, PORT = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])


class Mirror(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = (ROOT / self.path.lstrip("/")).resolve()
        if ROOT not in path.parents or not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        while data and SLOW.exists():
            self.wfile.write(data[:1])
            data = data[1:]
            time.sleep(1)
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    PORT.write_text(str(server.server_port))
    server.serve_forever()
