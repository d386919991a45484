"""Answers 200 to everything; with `check` it asks itself."""

import http.server
import sys
import urllib.request


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"tiny and well")

    def log_message(self, *_):
        pass


if sys.argv[1:] == ["check"]:
    urllib.request.urlopen("http://127.0.0.1:8000/health", timeout=2)
else:
    print("tiny listens", flush=True)
    http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever()
