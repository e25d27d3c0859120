import sys
import unittest
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "libs"))

from lotus.client import Client, LastGood
from lotus.errors import Rejected, Unavailable
from lotus.server import HttpServer


class Flaky(BaseHTTPRequestHandler):
    statuses: list = []

    def do_GET(self):
        status = self.statuses.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'{"fine": true}')

    def log_message(self, *_):
        pass


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.server = HttpServer(("127.0.0.1", 0), Flaky)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def test_failure_is_tried_again(self):
        Flaky.statuses = [503, 200]
        self.assertEqual(Client(self.url, timeout_s=2.0, retries=1, backoff_s=0).get("/"), {"fine": True})

    def test_retries_end(self):
        Flaky.statuses = [503, 503, 200]
        with self.assertRaises(Unavailable):
            Client(self.url, timeout_s=2.0, retries=1, backoff_s=0).get("/")

    def test_rejection_is_final(self):
        Flaky.statuses = [409, 200]
        with self.assertRaises(Rejected):
            Client(self.url, timeout_s=2.0, retries=1, backoff_s=0).get("/")

    def test_last_good_answer_is_kept(self):
        Flaky.statuses = [200, 503]
        client = Client(self.url, timeout_s=2.0)
        kept = LastGood(lambda: client.get("/"))
        self.assertEqual(kept.get(), kept.get())


if __name__ == "__main__":
    unittest.main()
