"""Signs in parameters that exclude or require one another, or that the model does not take."""

from typing import Any, Callable, Dict, List, Mapping

from arc_runtime.fixes.settings.thinking import lacks_thinking
from arc_runtime.fixes.values import is_number

Body = Mapping[str, Any]
Family = Mapping[str, Any]
Check = Callable[[Body, Family, List[str]], None]

_NEEDS_TOOLS = ("tool_choice", "parallel_tool_calls")


def _chat(body: Body, family: Family, found: List[str]) -> None:
    _token_limits(body, family, found)
    _sampling(body, family, found)
    _not_with_this_model(body, family, found)
    _openai_tools(body, family, found)
    if "response_format" in body:
        _response_format(body["response_format"], family, found)
    if "stop" in body:
        _stop(body["stop"], family, found)
    if "stream_options" in body and not body.get("stream"):
        found.append("stream_options")
    if "metadata" in body:
        _metadata(body["metadata"], found)
    if "top_logprobs" in body and body["top_logprobs"] is not None and not body.get("logprobs"):
        found.append("top_logprobs")
    _effort(body.get("reasoning_effort"), family, found)


def _token_limits(body: Body, family: Family, found: List[str]) -> None:
    limit = body.get("max_tokens")
    other = body.get("max_completion_tokens")
    if limit is not None:
        if other is not None:
            found.append("two_limits")
        elif family.get("max_tokens") is False:
            found.append("max_tokens")
    for value in (limit, other):
        if type(value) is int:
            _limit(value, family, found)


def _limit(value: int, family: Family, found: List[str]) -> None:
    cap, context = family.get("max_output"), family.get("context")
    if cap is not None and value > cap:
        found.append("above_cap")
    elif context is not None and value * 2 > context:
        found.append("near_context")


def _sampling(body: Body, family: Family, found: List[str]) -> None:
    kind = family.get("sampling")
    if kind is None:
        return
    for name in ("temperature", "top_p"):
        value = body.get(name)
        if value is not None and (kind == "none" or value != 1) and not _without_reasoning(body, family):
            found.append("sampling")


def _without_reasoning(body: Body, family: Family) -> bool:
    """Return whether the model takes sampling parameters because it does not reason in this request."""
    if family.get("sampling") != "without_reasoning":
        return False
    reasoning = body.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, dict) else body.get("reasoning_effort")
    return (family.get("default_effort") if effort is None else effort) == "none"


def _not_with_this_model(body: Body, family: Family, found: List[str]) -> None:
    for name in family.get("unsupported", ()):
        value = body.get(name)
        if value is not None and value not in (0, {}, []) and not _without_reasoning(body, family):
            found.append(f"unsupported:{name}")
    if body.get("reasoning_effort") is not None and not _may_reason(family):
        found.append("no_effort")
    if body.get("web_search_options") is not None and "search" not in str(body.get("model")):
        found.append("no_search")
    if body.get("verbosity") not in (None, "medium") and not family.get("verbosity") and not family.get("uncertain"):
        found.append("no_verbosity")


def _may_reason(family: Family) -> bool:
    return bool(family.get("uncertain") or (family.get("reasoning") and family.get("effort") is not False))


def _openai_tools(body: Body, family: Family, found: List[str]) -> None:
    if body.get("tools"):
        if body.get("parallel_tool_calls") is not None and family.get("parallel") is False:
            found.append("no_parallel")
        if family.get("tools_need_no_effort") and body.get("reasoning_effort") not in (None, "none"):
            found.append("tools_with_effort")
    else:
        found.extend(f"no_tools:{name}" for name in _NEEDS_TOOLS if body.get(name) is not None)
    if "functions" in body and not body["functions"]:
        found.append("empty_functions")
    if body.get("function_call") is not None and not body.get("functions"):
        found.append("no_functions")
    _tool_choice(body.get("tool_choice"), ("none", "auto", "required"), found)


def _tool_choice(choice: Any, words: Any, found: List[str]) -> None:
    if choice is None:
        return
    if isinstance(choice, str):
        if choice not in words:
            found.append("tool_choice")
    elif not isinstance(choice, dict) or not _is_chat_choice(choice):
        found.append("tool_choice")


def _is_chat_choice(choice: Mapping[str, Any]) -> bool:
    kind = choice.get("type")
    return kind in ("custom", "allowed_tools") or (kind == "function" and "function" in choice)


def _response_format(form: Any, family: Family, found: List[str]) -> None:
    if form is None:
        return
    kind = form.get("type") if isinstance(form, dict) else None
    if kind == "text":
        return
    found.append("response_format")
    if kind in ("json_object", "json_schema") and family.get(kind) is False:
        found.append("no_" + kind)


def _stop(stop: Any, family: Family, found: List[str]) -> None:
    if stop is None:
        return
    if family.get("stop") is False:
        found.append("no_stop")
    elif (
        isinstance(stop, (list, tuple)) and (not 0 < len(stop) <= 4 or not all(stop) or not _texts(stop))
    ) or stop == "":
        found.append("stop")


def _texts(items: Any) -> bool:
    return all(isinstance(item, str) for item in items)


def _metadata(metadata: Any, found: List[str]) -> None:
    if not isinstance(metadata, dict):
        return
    if len(metadata) > 16:
        found.append("metadata")
        return
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str) or len(key) > 64 or len(value) > 512:
            found.append("metadata")
            return


def _effort(effort: Any, family: Family, found: List[str]) -> None:
    efforts = family.get("efforts")
    if effort is not None and efforts and effort not in efforts:
        found.append("effort")


def _responses(body: Body, family: Family, found: List[str]) -> None:
    limit = body.get("max_output_tokens")
    if type(limit) is int:
        _limit(limit, family, found)
    _sampling(body, family, found)
    if family.get("reasoning") and body.get("top_logprobs") and not _without_reasoning(body, family):
        found.append("unsupported:top_logprobs")
    _responses_reasoning(body, family, found)
    _responses_choice(body.get("tool_choice"), found)
    if body.get("previous_response_id") == "":
        found.append("empty_previous")
    options = body.get("stream_options")
    if options is not None and (not body.get("stream") or (type(options) is dict and "include_usage" in options)):
        found.append("stream_options")
    if "text" in body and isinstance(body["text"], dict):
        _responses_text(body["text"], family, found)
    if "metadata" in body:
        _metadata(body["metadata"], found)


def _responses_choice(choice: Any, found: List[str]) -> None:
    if isinstance(choice, str):
        _tool_choice(choice, ("none", "auto", "required"), found)
    elif isinstance(choice, dict) and ("function" in choice or choice.get("type") in _CHOICE_WORDS):
        found.append("tool_choice")


_CHOICE_WORDS = ("auto", "any", "none", "required", "tool")


def _responses_reasoning(body: Body, family: Family, found: List[str]) -> None:
    reasoning = body.get("reasoning")
    if isinstance(reasoning, dict) and reasoning:
        if not family.get("reasoning") and not family.get("uncertain"):
            found.append("no_effort")
        _effort(reasoning.get("effort"), family, found)
    include = body.get("include")
    wanted = isinstance(include, (list, tuple)) and "reasoning.encrypted_content" in include
    if wanted and not family.get("reasoning") and not family.get("uncertain"):
        found.append("encrypted")


def _responses_text(text: Mapping[str, Any], family: Family, found: List[str]) -> None:
    form = text.get("format")
    if form is not None:
        _response_format(form, family, found)
    if text.get("verbosity") not in (None, "medium") and not family.get("verbosity") and not family.get("uncertain"):
        found.append("no_verbosity")


def _messages(body: Body, family: Family, found: List[str]) -> None:
    limit = body.get("max_tokens")
    if limit is None:
        found.append("no_limit")
    elif type(limit) is int:
        _limit(limit, family, found)
    _claude_sampling(body, family, found)
    _count(body, family, found)
    stops = body.get("stop_sequences")
    if stops and (not _texts(stops) or not all(map(str.strip, stops))):
        found.append("stop")
    metadata = body.get("metadata")
    if isinstance(metadata, dict) and metadata and (len(metadata) > 1 or not _is_user_id(metadata.get("user_id", 0))):
        found.append("metadata")


def _is_user_id(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= 256)


def _claude_sampling(body: Body, family: Family, found: List[str]) -> None:
    given = [name for name in ("temperature", "top_p", "top_k") if body.get(name) is not None]
    if not given:
        return
    if family.get("sampling") == "none":
        # the migration guide: other values than the defaults are refused; top_p is taken from 0.99
        if "top_k" in given or body.get("temperature", 1) not in (1, None) or _is_below(body.get("top_p"), 0.99):
            found.append("sampling")
        return
    if family.get("one_sampler") and "temperature" in given and "top_p" in given:
        found.append("two_samplers")
    thinking = body.get("thinking")
    if not isinstance(thinking, dict) or thinking.get("type") not in ("enabled", "adaptive"):
        return
    if "top_k" in given or body.get("temperature", 1) not in (1, None) or _is_below(body.get("top_p"), 0.95):
        found.append("sampling_while_thinking")


def _is_below(value: Any, least: float) -> bool:
    return is_number(value) and bool(value < least)


def _count(body: Body, family: Family, found: List[str]) -> None:
    thinking = body.get("thinking")
    if thinking is not None:
        _thinking(thinking, body, family, found)
    output = body.get("output_config")
    if isinstance(output, dict) and output.get("effort") is not None:
        efforts = family.get("efforts")
        if efforts is not None and output["effort"] not in efforts:
            found.append("effort")
    choice = body.get("tool_choice")
    if choice is None:
        return
    if not body.get("tools"):
        found.append("no_tools:tool_choice")
    if not isinstance(choice, dict) or choice.get("type") not in ("auto", "any", "none", "tool"):
        found.append("tool_choice")
    elif choice["type"] in ("any", "tool") and family.get("forced_tool") is False:
        found.append("forced_tool")


def _thinking(thinking: Any, body: Body, family: Family, found: List[str]) -> None:
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    kinds = family.get("thinking")
    if kinds is not None and kind not in kinds:
        found.append("thinking")
    if kind == "enabled":
        budget, limit = thinking.get("budget_tokens"), body.get("max_tokens")
        if type(budget) is not int or budget < 1024 or (type(limit) is int and limit <= budget):
            found.append("budget")
        if lacks_thinking(body):
            found.append("thinking_history")
    elif isinstance(thinking, dict) and "budget_tokens" in thinking:
        found.append("thinking")
    if kind in ("enabled", "adaptive"):
        choice = body.get("tool_choice")
        if isinstance(choice, dict) and choice.get("type") in ("any", "tool"):
            found.append("thinking_with_forced_tool")


def _completions(body: Body, family: Family, found: List[str]) -> None:
    if "stop" in body:
        _stop(body["stop"], family, found)
    if "stream_options" in body and not body.get("stream"):
        found.append("stream_options")


def _embeddings(body: Body, family: Family, found: List[str]) -> None:
    dimensions = body.get("dimensions")
    if dimensions is not None and family.get("dimensions") is False:
        found.append("no_dimensions")


CHECKS: Dict[str, Check] = {
    "chat.completions": _chat,
    "responses": _responses,
    "completions": _completions,
    "embeddings": _embeddings,
    "messages": _messages,
    "messages.count_tokens": _count,
}
"""``{operation: what looks at its body}``"""
