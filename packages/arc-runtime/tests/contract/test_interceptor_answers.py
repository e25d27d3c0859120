"""What is reported of an answer: its status, tokens and end, however the application takes it, and when."""

import asyncio
import gc
from typing import Any, Callable, List

import pytest

from arc_runtime.interceptors.memory import MemoryClient, MemoryInterceptor
from arc_runtime.interceptors.provenance import current_call, tags
from arc_runtime.model import Call, Decision


def raw(driver: Any, client: Any) -> Any:
    return (
        client.chat.completions.with_raw_response if driver.provider == "openai" else client.messages.with_raw_response
    )


def streaming(driver: Any, client: Any) -> Any:
    resource = client.chat.completions if driver.provider == "openai" else client.messages
    if not hasattr(resource, "with_streaming_response"):
        pytest.skip("this release has no with_streaming_response")
    return resource.with_streaming_response


def test_the_status_of_a_plain_answer_is_the_real_one(driver: Any, recorder: Any) -> None:
    driver.wire.statuses = [500]
    undo = driver.interceptor().install(recorder)
    driver.run(lambda client: driver.create(client, **driver.arguments()), max_retries=1)
    undo()
    assert recorder.outcome.http_status == 200


def test_a_raw_answer_is_read_as_well_as_a_parsed_one(driver: Any, recorder: Any) -> None:
    undo = driver.interceptor().install(recorder)
    driver.run(lambda client: raw(driver, client).create(**driver.arguments()))
    undo()
    outcome = recorder.outcome
    assert (outcome.http_status, outcome.input_tokens, outcome.output_tokens) == (200, 11, 7)
    assert outcome.response == driver.wire.answer


def read_raw_stream(driver: Any, parse: bool, limit: int = 100) -> List[Any]:
    """Return what comes of a stream inside a raw response."""
    arguments = driver.arguments(stream=True)
    if not driver.is_async:
        answer = raw(driver, driver.make_client()).create(**arguments)
        return [chunk for chunk, _ in zip(answer.parse(), range(limit))] if parse else []

    async def inside() -> List[Any]:
        client = driver.make_client()
        answer = await raw(driver, client).create(**arguments)
        parsed = answer.parse()
        stream = await parsed if asyncio.iscoroutine(parsed) else parsed
        chunks = [chunk async for chunk in stream]
        await client.close()
        return chunks

    return asyncio.run(inside())


def test_a_stream_inside_a_raw_response_is_watched_to_its_end(driver: Any, recorder: Any) -> None:
    plain = read_raw_stream(driver, parse=True)
    undo = driver.interceptor().install(recorder)
    watched = read_raw_stream(driver, parse=True)
    undo()
    gc.collect()
    assert watched == plain
    outcome = recorder.outcome
    assert (outcome.status, outcome.http_status) == ("ok", 200)
    assert (outcome.input_tokens, outcome.output_tokens) == (11, 7)
    assert outcome.finish_reason in ("stop", "end_turn")
    assert 0 < outcome.first_chunk_s <= outcome.provider_s


def test_a_streaming_response_is_watched_to_its_end(driver: Any, recorder: Any) -> None:
    def read() -> Any:
        if not driver.is_async:
            with streaming(driver, driver.make_client()).create(**driver.arguments(stream=True)) as answer:
                return b"".join(answer.iter_bytes())

        async def inside() -> Any:
            client = driver.make_client()
            async with streaming(driver, client).create(**driver.arguments(stream=True)) as answer:
                content = b"".join([piece async for piece in answer.iter_bytes()])
            await client.close()
            return content

        return asyncio.run(inside())

    plain = read()
    undo = driver.interceptor().install(recorder)
    assert read() == plain
    undo()
    gc.collect()
    outcome = recorder.outcome
    assert (outcome.status, outcome.http_status, outcome.output_tokens) == ("ok", 200, 7)


def test_an_early_close_is_told_at_once(driver: Any, recorder: Any) -> None:
    """Not when the object goes away, which may be much later."""
    if not hasattr(driver.stream_type, "close"):
        pytest.skip("this release cannot close a stream")
    undo = driver.interceptor().install(recorder)
    kept: List[Any] = []
    if driver.is_async:

        async def inside(client: Any) -> None:
            stream = await driver.create(client, **driver.arguments(stream=True))
            kept.append(stream)
            await stream.__anext__()
            assert recorder.finished == []
            await stream.close()
            assert len(recorder.finished) == 1

        driver.run(inside)
    else:
        kept.append(driver.create(driver.make_client(), **driver.arguments(stream=True)))
        next(kept[0])
        assert recorder.finished == []
        kept[0].close()
    undo()
    outcome = recorder.outcome
    assert outcome.status == "cancelled"
    assert outcome.first_chunk_s is not None
    assert outcome.http_status == 200


def test_who_stops_after_the_finish_reason_has_the_whole_answer(driver: Any, recorder: Any) -> None:
    undo = driver.interceptor().install(recorder)
    driver.consume(limit=2 if driver.provider == "openai" else 3)
    undo()
    gc.collect()
    assert recorder.outcome.status == "ok"


def test_a_task_that_is_cancelled_in_the_middle_of_a_stream(driver: Any, recorder: Any) -> None:
    if not driver.is_async:
        pytest.skip("tasks are asynchronous")
    first = driver.wire.sse().split(b"\n\n")[0] + b"\n\n"

    class Stalls(driver.http.AsyncByteStream):  # type: ignore[misc,name-defined]  # of the SDK's own HTTP library
        """A body that begins and never ends."""

        async def __aiter__(self) -> Any:
            yield first
            await asyncio.sleep(3600)

    async def inside() -> None:
        driver.wire = lambda request: driver.http.Response(200, stream=Stalls())
        client = driver.make_client()
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in await driver.create(client, **driver.arguments(stream=True)):
                begun.set()

        task = asyncio.ensure_future(read())
        await asyncio.wait_for(begun.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await client.close()

    undo = driver.interceptor().install(recorder)
    asyncio.run(inside())
    undo()
    gc.collect()
    assert recorder.outcome.status == "cancelled"
    assert recorder.outcome.error_type == "CancelledError"
    assert recorder.outcome.first_chunk_s is not None


def test_the_application_can_ask_which_call_this_is(driver: Any, make_recorder: Callable[..., Any]) -> None:
    for listening in (True, False):
        seen = make_recorder()
        seen.listening = listening
        inside: List[Any] = []
        wire = driver.wire

        def reply(request: Any, wire: Any = wire, inside: List[Any] = inside) -> Any:
            inside.extend([current_call(), current_call()])
            return wire(request)

        driver.wire = reply
        undo = driver.interceptor().install(seen)
        with tags({"user": "x"}):
            driver.call()
        undo()
        driver.wire = wire
        call, again = inside
        assert call == again
        assert len(call.call_id) == 32
        assert (call.provider, call.tags, call.thread) == (driver.provider, (("user", "x"),), "MainThread")
        assert bool(call.task) is driver.is_async
        if listening:
            assert seen.finished[0][0].call_id == call.call_id
            assert seen.finished[0][0].tags == (("user", "x"),)
    assert current_call() is None


def test_a_fix_that_the_sdk_could_not_encode_is_not_applied(driver: Any, make_recorder: Callable[..., Any]) -> None:
    class Odd:
        pass

    for value in ({1, 2}, Odd(), float("inf"), {"deep": [b"bytes"]}, {1: "key"}):
        seen = make_recorder(lambda call, value=value: Decision({**call.body, "stop": value}, (), "fixed"))
        undo = driver.interceptor().install(seen)
        assert driver.call() is not None
        undo()
        assert "stop" not in driver.wire.bodies[-1]
        assert seen.finished[0][1].reason == "failed"


def test_what_the_application_itself_put_in_may_stay_beside_a_fix(
    driver: Any, make_recorder: Callable[..., Any]
) -> None:
    def decide(call: Call) -> Decision:
        messages = [{"role": "user", "content": "first"}, *call.body["messages"]]
        return Decision({**call.body, "messages": messages}, (), "fixed")

    undo = driver.interceptor().install(make_recorder(decide))
    driver.call(messages=[{"role": "user", "content": [{"type": "text", "text": "Hello"}]}])
    undo()
    assert [message["role"] for message in driver.wire.bodies[0]["messages"]] == ["user", "user"]


def test_a_fix_changes_the_body_and_nothing_else(driver: Any, make_recorder: Callable[..., Any]) -> None:
    more = {"extra_headers": {"x-mine": "1"}, "extra_query": {"trace": "2"}, "timeout": 7}
    driver.call(**more)
    decide = lambda call: Decision({**call.body, "temperature": 0.5}, (), "fixed")  # noqa: E731
    undo = driver.interceptor().install(make_recorder(decide))
    driver.call(**more)
    undo()
    without, with_us = driver.wire.requests
    assert (with_us.method, with_us.url) == (without.method, without.url)
    names = {"content-length"}
    assert [item for item in with_us.headers.multi_items() if item[0] not in names] == [
        item for item in without.headers.multi_items() if item[0] not in names
    ]
    assert with_us.extensions["timeout"] == without.extensions["timeout"]
    assert driver.wire.bodies[1]["temperature"] == 0.5


def test_one_client_alone(driver: Any, recorder: Any) -> None:
    original = driver.owner.__dict__["request"]
    interceptor = driver.interceptor()

    async def inside(client: Any, other: Any) -> None:
        before = dict(vars(client))
        undo = interceptor.install_on(client, recorder)
        assert driver.owner.__dict__["request"] is original
        for one in (client, other, client.with_options(timeout=3)):
            answer = driver.create(one, **driver.arguments())
            if driver.is_async:
                await answer
        assert len(recorder.decided) == 2
        whole = interceptor.install(recorder)
        answer = driver.create(client, **driver.arguments())
        if driver.is_async:
            await answer
        assert len(recorder.decided) == 3, "patched twice is intercepted once"
        whole()
        undo()
        undo()
        ours = {"request", "copy", "with_options", "_process_response"}
        assert not ours & set(vars(client)) - set(before)
        if driver.is_async:
            await client.close()
            await other.close()

    async def run() -> None:
        await inside(driver.make_client(), driver.make_client())

    asyncio.run(run())
    assert [outcome.http_status for _, _, outcome in recorder.finished] == [200] * 3


def test_one_client_of_the_fake_alone(recorder: Any) -> None:
    interceptor, client, other = MemoryInterceptor(), MemoryClient(), MemoryClient()
    undo = interceptor.install_on(client, recorder)
    for one in (client, other):
        one.request({"model": "m"})
    whole = interceptor.install(recorder)
    client.request({"model": "m"})
    whole()
    client.request({"model": "m"})
    undo()
    client.request({"model": "m"})
    assert len(recorder.decided) == 3
    assert "request" not in vars(client)


def test_a_refused_request_is_repaired_and_sent_once_more(driver: Any, recorder: Any) -> None:
    repaired = Decision({"temperature": 0.1}, (), "retried")
    recorder.repair = lambda call, decision, error: repaired._replace(body={**call.body, "temperature": 0.1})
    driver.wire.statuses = [400]
    undo = driver.interceptor().install(recorder)
    assert driver.call() is not None
    undo()
    assert [body["temperature"] for body in driver.wire.bodies] == [0.95, 0.1]
    assert [(error.http_status, "refused with 400" in error.message) for error in recorder.refusals] == [(400, True)]
    assert recorder.outcome.status == "ok"
    assert recorder.finished[0][1].reason == "retried"


def test_a_request_that_is_refused_again_raises_the_second_error(driver: Any, recorder: Any) -> None:
    recorder.repair = lambda call, decision, error: Decision({**call.body, "temperature": 0.1}, (), "retried")
    driver.wire.statuses = [400, 422, 400]
    undo = driver.interceptor().install(recorder)
    with pytest.raises(driver.status_error) as caught:
        driver.call()
    undo()
    assert caught.value.status_code == 422
    assert len(driver.wire.bodies) == 2
    assert len(recorder.refusals) == 1
    assert (recorder.outcome.status, recorder.outcome.http_status) == ("error", 422)


class Mapping:
    def restore(self, answer: Any) -> None:
        answer.id = "restored"


@pytest.mark.parametrize("listening", [True, False])
def test_an_answer_is_restored_where_the_decision_says_how(
    driver: Any, make_recorder: Callable[..., Any], listening: bool
) -> None:
    seen = make_recorder(lambda call: Decision(None, (), "fixed", Mapping()))
    seen.listening = listening
    undo = driver.interceptor().install(seen)
    assert driver.call().id == "restored"
    chunks = driver.consume()[1:]
    undo()
    assert {chunk.id for chunk in chunks if hasattr(chunk, "id")} == {"restored"}
    assert len(chunks) > 2
    assert [outcome.status for _, _, outcome in seen.finished] == ["ok", "ok"]
