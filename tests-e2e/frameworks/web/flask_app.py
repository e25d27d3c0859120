"""Flask, a thread per request, and async views; tags set around each request."""

import sys
from pathlib import Path

from harness import Step

sys.path.insert(0, str(Path(__file__).parent))
from asking import STATE, asked, crowd, each_its_own, prepare, serve_wsgi, text


def steps(url):
    import openai
    from flask import Flask, request

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="local", max_retries=0)
    app = Flask(__name__)

    @app.get("/sync")
    def sync():
        with STATE["tags"](request_id=request.headers["x-request-id"], app="shop"):
            return {"said": text(client.chat.completions.create(**asked(request.headers["x-request-id"])))}

    @app.get("/async")
    async def later():
        name = request.headers["x-request-id"]
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="local", max_retries=0) as loop_client:
            with STATE["tags"](request_id=name, app="shop"):
                return {"said": text(await loop_client.chat.completions.create(**asked(name)))}

    address = serve_wsgi(app)
    return [
        Step("sync views", lambda: crowd(address, "/sync"), prepare=prepare, check=each_its_own),
        Step("async views", lambda: crowd(address, "/async"), prepare=prepare, check=each_its_own),
    ]
