"""What the three web programs share: views that ask a model, many requests at once, and the check of their tags."""

import contextlib
import json
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from harness import HOT

REQUESTS = 24
STATE = {"tags": lambda **tags: contextlib.nullcontext()}
"""``tags`` is `Arc.tags` where there is an Arc."""


def prepare(arc):
    """Let the programs use the tags of this Arc."""
    STATE["tags"] = arc.tags


def asked(name):
    """Return the parameters of a call that carries the name of its request."""
    return {"model": "gpt-4o", "temperature": HOT, "messages": [{"role": "user", "content": name}]}


def text(answer):
    """Return what an answer says."""
    return answer.choices[0].message.content


def crowd(address, path):
    """Ask many times at once, each with its own name; return the answers in order."""

    def ask(number):
        request = urllib.request.Request(f"{address}{path}", headers={"x-request-id": f"r{number}"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read())["said"]

    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(ask, range(REQUESTS)))


def each_its_own(events):
    """Return what is wrong with the tags: each call has those of the request that it was made for, and no others."""
    if len(events) != REQUESTS:
        return f"{len(events)} events"
    wrong = [
        (event["tags"], event["body"]["messages"][0]["content"])
        for event in events
        if event["tags"] != {"request_id": event["body"]["messages"][0]["content"], "app": "shop"}
    ]
    return f"mixed tags: {wrong[:3]}" if wrong else ""


def serve_asgi(app):
    """Serve in a thread and return the address."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        threading.Event().wait(0.01)
    return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"


def serve_wsgi(app):
    """Serve in a thread, with a thread per request, and return the address."""
    import socketserver
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

    class Threaded(socketserver.ThreadingMixIn, WSGIServer):
        daemon_threads = True
        request_queue_size = 64

        def server_bind(self):
            socketserver.TCPServer.server_bind(self)
            self.server_name, self.server_port = self.server_address[:2]
            self.setup_environ()

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    server = Threaded(("127.0.0.1", 0), Quiet)
    server.set_app(app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
