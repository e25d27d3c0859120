"""A small WSGI and ASGI application that asks a model; started by gunicorn and uvicorn, with Arc where it is wanted."""

import asyncio
import json
import os

from harness import HOT, start

if os.environ.get("WITH_ARC"):
    ARC, _ = start()

import openai

CONNECT = {"base_url": os.environ["PROVIDER_URL"] + "/v1", "api_key": "local", "max_retries": 0}
ANSWERED = []
"""The names of the questions that were answered."""
CLIENT = openai.OpenAI(**CONNECT)


def ask(name):
    """Ask, and return the answer with the process that asked."""
    question = [{"role": "user", "content": name}]
    answer = CLIENT.chat.completions.create(model="gpt-4o", temperature=HOT, messages=question)
    ANSWERED.append(name)
    return {"said": answer.choices[0].message.content, "pid": os.getpid()}


def wsgi(environ, start_response):
    """Answer one request."""
    raw = json.dumps(ask(environ.get("HTTP_X_REQUEST_ID", ""))).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(raw)))])
    return [raw]


async def asgi(scope, receive, send):
    """Answer one request."""
    if scope["type"] != "http":
        return
    name = dict(scope["headers"]).get(b"x-request-id", b"").decode()
    raw = json.dumps(await asyncio.to_thread(ask, name)).encode()
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": raw})
