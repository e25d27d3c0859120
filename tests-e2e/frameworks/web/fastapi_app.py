"""FastAPI on uvicorn: async views, sync views in its threads, a streamed answer; tags set in a middleware."""

import sys
from pathlib import Path

from harness import Step

sys.path.insert(0, str(Path(__file__).parent))
from asking import STATE, asked, crowd, each_its_own, prepare, serve_asgi, text


def steps(url):
    import openai
    from fastapi import FastAPI, Request

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="local", max_retries=0)
    later = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="local", max_retries=0)
    app = FastAPI()

    @app.middleware("http")
    async def tagged(request: Request, call_next):
        with STATE["tags"](request_id=request.headers["x-request-id"], app="shop"):
            return await call_next(request)

    @app.get("/async")
    async def in_loop(request: Request):
        return {"said": text(await later.chat.completions.create(**asked(request.headers["x-request-id"])))}

    @app.get("/sync")
    def in_thread(request: Request):
        return {"said": text(client.chat.completions.create(**asked(request.headers["x-request-id"])))}

    @app.get("/stream")
    async def streamed(request: Request):
        name = request.headers["x-request-id"]
        pieces = [
            chunk.choices[0].delta.content or ""
            async for chunk in await later.chat.completions.create(**asked(name), stream=True)
        ]
        return {"said": "".join(pieces)}

    address = serve_asgi(app)
    return [
        Step("async views", lambda: crowd(address, "/async"), prepare=prepare, check=each_its_own),
        Step("sync views", lambda: crowd(address, "/sync"), prepare=prepare, check=each_its_own),
        Step("streamed answers", lambda: crowd(address, "/stream"), prepare=prepare, check=each_its_own),
    ]
