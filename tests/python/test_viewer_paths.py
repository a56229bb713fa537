"""The one path of a key stays itself in the clients people use: Python's urllib and requests, and curl.

Run by scripts/test.
"""

import http.server
import json
import pathlib
import subprocess
import threading
import unittest
import urllib.request

import requests

ROWS = json.loads((pathlib.Path(__file__).parents[1] / "cases" / "viewer-paths.json").read_text())["paths"]


class Recorder(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class ViewerPaths(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        self.server.seen = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.base = f"http://127.0.0.1:{self.server.server_port}"

    def test_the_one_path_of_every_key_arrives_as_it_was_written(self):
        clients = {
            "urllib": lambda url: urllib.request.urlopen(url).close(),
            "requests": requests.get,
            "curl": lambda url: subprocess.run(["curl", "-sS", "-o", "/dev/null", url], check=True, timeout=30),
        }
        self.assertGreater(len(ROWS), 30)
        for name, get in clients.items():
            for row in ROWS:
                get(self.base + row["path"])
                self.assertEqual(self.server.seen.pop(), row["path"], f"{name}: {row['key']!r}")


if __name__ == "__main__":
    unittest.main()
