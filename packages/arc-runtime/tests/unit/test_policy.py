"""Which fixes are applied, what a refusal teaches, and names that are given back."""

from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from arc_common.signers.memory import MemorySigner
from arc_runtime.config import load
from arc_runtime.errors import ConfigError, PatternError
from arc_runtime.interceptors.observer import PipelineObserver
from arc_runtime.metrics.counters import Counters
from arc_runtime.model import Call, Decision, Outcome
from arc_runtime.packs.signing import SUFFIX, sign_pack, verify_pack
from arc_runtime.patterns.files import load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.pipeline import Pipeline

CHAT = load_pack("openai_chat", golden=False)
TOOL = {"type": "function", "function": {"name": "mail.send", "parameters": {"type": "object", "properties": {}}}}


def call(**body: Any) -> Call:
    full = {"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}], **body}
    return Call("", "openai", "chat.completions", full, False, "", 0.0)


def pipeline(*policy: str) -> Pipeline:
    return Pipeline(PatternIndex().changed(CHAT.patterns), policy=policy)


def test_a_risk_that_is_not_taken_leaves_the_request_as_it_was() -> None:
    assert pipeline("none").before(call(top_k=3)) == Decision(None, (), "not_allowed")
    assert pipeline("none", "lossy").before(call(top_k=3)).changed


def test_a_renamed_tool_gets_its_name_back_in_answers_and_events() -> None:
    decision = pipeline("needs_response_mapping").before(call(tools=[TOOL]))
    assert decision.body is not None
    assert decision.body["tools"][0]["function"]["name"] == "mail_send"
    function = SimpleNamespace(name="mail_send", arguments='{"name": "mail_send"}')
    tool_call = SimpleNamespace(type="function", function=function)
    answer = SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(tool_calls=[tool_call]))])
    decision.mapping.restore(answer)
    assert (function.name, function.arguments) == ("mail.send", '{"name": "mail_send"}')
    event = {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "mail_send"}}
    decision.mapping.restore(event)
    assert event["content_block"] == {"type": "tool_use", "name": "mail.send"}


def test_a_refusal_is_sent_again_only_when_asked_and_only_when_a_pattern_explains_it() -> None:
    observer = PipelineObserver(pipeline("none", "lossy"), Counters())
    observer.known_errors = CHAT.errors
    refused = SimpleNamespace(http_status=400, message="Unrecognized request argument supplied: top_k")
    assert observer.retry(call(top_k=3), Decision(None), refused) is None
    observer.retries = True
    again = observer.retry(call(top_k=3), Decision(None), refused)
    assert again is not None
    assert "top_k" not in (again.body or {"top_k": 1})
    assert observer.retry(call(), Decision(None), refused) is None
    assert observer.retry(call(top_k=3), Decision(None), SimpleNamespace(http_status=400, message="no money")) is None
    assert observer.retry(call(top_k=3), Decision(None), SimpleNamespace(http_status=500, message="top_k")) is None


def test_a_refusal_that_a_pattern_explains_has_its_class() -> None:
    observer = PipelineObserver(pipeline(), Counters())
    observer.known_errors = CHAT.errors
    known = Outcome("error", 0.0, 0.0, None, 400, "BadRequestError", "max_tokens is too large: 9")
    assert observer.error_class(call(), known) == "openai-chat/token-limit"
    assert observer.error_class(call(), known._replace(error_message="something new")) == ""


def test_the_policy_is_read_and_a_wrong_one_refused() -> None:
    assert load({"policy": "all"}).policy[-1] == "model_change"
    assert load({"policy": ["none"]}).policy == ("none",)
    with pytest.raises(ConfigError):
        load({"policy": ["some"]})


def test_a_signature_is_of_these_bytes_by_a_trusted_key(tmp_path: Path) -> None:
    signer, other = MemorySigner(), MemorySigner()
    content = b"version: 1\n"
    envelope = sign_pack(content, "p", signer, datetime.now(timezone.utc))
    verify_pack(content, envelope, [signer.public_key], "here")
    for wrong, keys in ((b"version: 2\n", [signer.public_key]), (content, [other.public_key])):
        with pytest.raises(PatternError, match="signature"):
            verify_pack(wrong, envelope, keys, "here")
    assert SUFFIX.endswith(".json")
