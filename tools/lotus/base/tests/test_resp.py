import io
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT / "services" / "store")]

from data import CommandError, Data
from lotus.resp import ProtocolError, StoreError, encode_command, read_value


class RespTest(unittest.TestCase):
    def test_command_is_read_back(self):
        self.assertEqual(
            read_value(io.BytesIO(encode_command("SET", "name", "lötus\r\n"))), ["SET", "name", "lötus\r\n"]
        )

    def test_error_is_a_value(self):
        self.assertIsInstance(read_value(io.BytesIO(b"-ERR no\r\n")), StoreError)

    def test_cut_value_is_noticed(self):
        with self.assertRaises(EOFError):
            read_value(io.BytesIO(b"$5\r\nlot"))

    def test_other_protocols_are_refused(self):
        with self.assertRaises(ProtocolError):
            read_value(io.BytesIO(b"GET / HTTP/1.1\r\n"))


class DataTest(unittest.TestCase):
    def test_queue_keeps_the_order(self):
        data = Data()
        data.run("LPUSH", ["queue", "first", "second"])
        self.assertEqual(data.run("BRPOP", ["queue", "1"]), ["queue", "first"])

    def test_wrong_type_is_refused(self):
        data = Data()
        data.run("LPUSH", ["queue", "first"])
        with self.assertRaises(CommandError):
            data.run("GET", ["queue"])

    def test_nx_sets_once(self):
        data = Data()
        self.assertEqual(data.run("SET", ["key", "1", "NX"]), "OK")
        self.assertIsNone(data.run("SET", ["key", "2", "NX"]))


if __name__ == "__main__":
    unittest.main()
