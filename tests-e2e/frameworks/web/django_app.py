"""Django: sync and async views, under WSGI and under ASGI; tags set in a middleware that can do both."""

import sys
from pathlib import Path

from harness import Step

sys.path.insert(0, str(Path(__file__).parent))
from asking import STATE, asked, crowd, each_its_own, prepare, serve_asgi, serve_wsgi, text


def middleware(get_response):
    from asgiref.sync import iscoroutinefunction

    if iscoroutinefunction(get_response):

        async def tagged(request):
            with STATE["tags"](request_id=request.headers["x-request-id"], app="shop"):
                return await get_response(request)

    else:

        def tagged(request):
            with STATE["tags"](request_id=request.headers["x-request-id"], app="shop"):
                return get_response(request)

    return tagged


middleware.sync_capable = middleware.async_capable = True


def steps(url):
    import openai
    from django import setup
    from django.conf import settings
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application
    from django.http import JsonResponse
    from django.urls import path

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="local", max_retries=0)

    def sync(request):
        return JsonResponse({"said": text(client.chat.completions.create(**asked(request.headers["x-request-id"])))})

    async def later(request):
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="local", max_retries=0) as loop_client:
            answer = await loop_client.chat.completions.create(**asked(request.headers["x-request-id"]))
        return JsonResponse({"said": text(answer)})

    module = sys.modules[__name__]
    module.urlpatterns = [path("sync", sync), path("async", later)]
    settings.configure(
        ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[f"{__name__}.middleware"], SECRET_KEY="local",
    )  # fmt: skip
    setup()
    wsgi, asgi = serve_wsgi(get_wsgi_application()), serve_asgi(get_asgi_application())
    return [
        Step("WSGI, sync views", lambda: crowd(wsgi, "/sync"), prepare=prepare, check=each_its_own),
        Step("WSGI, async views", lambda: crowd(wsgi, "/async"), prepare=prepare, check=each_its_own),
        Step("ASGI, sync views", lambda: crowd(asgi, "/sync"), prepare=prepare, check=each_its_own),
        Step("ASGI, async views", lambda: crowd(asgi, "/async"), prepare=prepare, check=each_its_own),
    ]
