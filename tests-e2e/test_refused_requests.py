"""Requests written from documented rules: the strict provider refuses each, and takes it repaired."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

openai = pytest.importorskip("openai")
pytest.importorskip("anthropic")

import threading  # noqa: E402

from fixes.judges import StrictJudge, keeps_the_words  # noqa: E402
from strict_provider.record import Record  # noqa: E402
from strict_provider.server import Provider  # noqa: E402

from arc_runtime import Arc  # noqa: E402
from arc_runtime.config import DEFAULT_PACKS  # noqa: E402
from arc_runtime.fixes import RISKS  # noqa: E402
from arc_runtime.model import Call, Event  # noqa: E402
from arc_runtime.patterns.files import load_pack  # noqa: E402
from arc_runtime.patterns.index import PatternIndex  # noqa: E402
from arc_runtime.pipeline import Pipeline  # noqa: E402

ROWS = [
    json.loads(line) for line in (ROOT / "tests-e2e" / "requests" / "refused.jsonl").read_text("utf-8").splitlines()
]
USER = {"role": "user", "content": "Hello"}


@pytest.fixture(scope="module")
def judge() -> Iterator[StrictJudge]:
    made = StrictJudge()
    yield made
    made.close()


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    patterns = [pattern for name in DEFAULT_PACKS for pattern in load_pack(name).patterns]
    return Pipeline(PatternIndex().changed(patterns), 0.5, RISKS)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_refused_request_is_taken_after_its_repair(
    row: dict[str, Any], judge: StrictJudge, pipeline: Pipeline
) -> None:
    request = row["request"]
    assert judge.refusal(row["endpoint"], request)
    decision = pipeline.before(Call("", row["provider"], row["endpoint"], request, False, "", 0.0))
    assert decision.body is not None
    assert not judge.refusal(row["endpoint"], decision.body)
    assert keeps_the_words(request, decision.body)
    again = pipeline.before(Call("", row["provider"], row["endpoint"], decision.body, False, "", 0.0))
    assert again.body is None


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider(0, Record())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Kept:
    """Keeps events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


PACK = """
version: 1
name: unsure
patterns:
  - id: unsure/top-k
    source: a test
    error: "Unrecognized request argument supplied: top_k"
    explains: ["Unrecognized request argument supplied: top_k"]
    confidence: 0.2
    pattern: {top_k: {exists: true}}
    fix: {top_k: {drop: true}}
"""


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("retries", [False, True], ids=["reported", "repaired"])
def test_a_refusal_is_explained_and_repaired_once_if_asked(
    provider: Provider, tmp_path: Path, is_async: bool, retries: bool
) -> None:
    pack, sink = tmp_path / "unsure.yaml", Kept()
    pack.write_text(PACK, encoding="utf-8")
    wanted: dict[str, Any] = {"model": "gpt-4o", "messages": [USER], "extra_body": {"top_k": 3}}
    settings: dict[str, Any] = {"base_url": f"{provider.url}/v1", "api_key": "k", "max_retries": 0}

    async def ask_async() -> Any:
        async with openai.AsyncOpenAI(**settings) as client:
            return await client.chat.completions.create(**wanted)

    def ask() -> Any:
        if is_async:
            return asyncio.run(ask_async())
        with openai.OpenAI(**settings) as client:
            return client.chat.completions.create(**wanted)

    with Arc(packs=[pack], retry_with_fix=retries, sink=sink):
        if retries:
            assert ask().choices
        else:
            with pytest.raises(openai.BadRequestError):
                ask()
    statuses = [entry["status"] for entry in provider.record.entries()]
    (event,) = sink.events
    if retries:
        assert statuses == [400, 200]
        assert [fix.pattern_id for fix in event.decision.fixes] == ["unsure/top-k"]
    else:
        assert statuses == [400]
        assert event.outcome.error_class == "unsure/top-k"
