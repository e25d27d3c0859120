"""Small typed operations on a request body, one per file. This file knows them all by name."""

from typing import Dict

PARAM_FIXES: Dict[str, str] = {
    "clamp": "arc_runtime.fixes.clamp_param:ClampParam",
    "default": "arc_runtime.fixes.default_param:DefaultParam",
    "drop": "arc_runtime.fixes.drop_param:DropParam",
    "rename": "arc_runtime.fixes.rename_param:RenameParam",
    "set": "arc_runtime.fixes.set_param:SetParam",
}
"""``{path: {name: value}}``"""

PROMPT_FIXES: Dict[str, str] = {
    "prompt_prefix": "arc_runtime.fixes.prompt_prefix:PromptPrefix",
    "prompt_suffix": "arc_runtime.fixes.prompt_suffix:PromptSuffix",
}
"""``{name: value}``"""

BODY_FIXES: Dict[str, str] = {
    "cache_breakpoints": "arc_runtime.fixes.cache_control:CacheControl",
    "call_ids": "arc_runtime.fixes.tool_calls:CallIds",
    "clamp_ranges": "arc_runtime.fixes.clamp_ranges:ClampRanges",
    "coerce_types": "arc_runtime.fixes.coerce_types:CoerceTypes",
    "content_parts": "arc_runtime.fixes.content_parts:ContentParts",
    "drop_unknown": "arc_runtime.fixes.drop_unknown:DropUnknown",
    "effort": "arc_runtime.fixes.thinking:Effort",
    "effort_object": "arc_runtime.fixes.reasoning:EffortObject",
    "first_message": "arc_runtime.fixes.message_ends:FirstMessage",
    "forced_tool": "arc_runtime.fixes.thinking:ForcedTool",
    "images": "arc_runtime.fixes.images:Images",
    "include_reasoning": "arc_runtime.fixes.reasoning:IncludeReasoning",
    "json_instruction": "arc_runtime.fixes.response_format:JsonInstruction",
    "message_content": "arc_runtime.fixes.message_content:MessageContent",
    "message_fields": "arc_runtime.fixes.message_fields:MessageFields",
    "message_roles": "arc_runtime.fixes.message_roles:MessageRoles",
    "metadata_limits": "arc_runtime.fixes.metadata:Metadata",
    "pair_tools": "arc_runtime.fixes.pair_tools:PairTools",
    "prefill": "arc_runtime.fixes.message_ends:Prefill",
    "rename_aliases": "arc_runtime.fixes.rename_aliases:RenameAliases",
    "response_format_form": "arc_runtime.fixes.response_format:ResponseFormat",
    "route": "arc_runtime.fixes.route_model:RouteModel",
    "stop_limits": "arc_runtime.fixes.stop_sequences:StopSequences",
    "stream_settings": "arc_runtime.fixes.stream_options:StreamOptions",
    "strict_schemas": "arc_runtime.fixes.tool_schemas:StrictSchemas",
    "system_blocks": "arc_runtime.fixes.message_roles:SystemBlocks",
    "system_role": "arc_runtime.fixes.message_roles:SystemRole",
    "thinking_form": "arc_runtime.fixes.thinking:Thinking",
    "token_limit": "arc_runtime.fixes.token_limit:TokenLimit",
    "tool_calls_form": "arc_runtime.fixes.tool_calls:ToolCalls",
    "tool_choice_form": "arc_runtime.fixes.tool_choice:ToolChoice",
    "tool_descriptions": "arc_runtime.fixes.tool_descriptions:ToolDescriptions",
    "tool_names": "arc_runtime.fixes.tool_names:ToolNames",
    "tool_schemas": "arc_runtime.fixes.tool_schemas:ToolSchemas",
    "tool_shape": "arc_runtime.fixes.tool_shape:ToolShape",
    "tool_stubs": "arc_runtime.fixes.tool_stubs:ToolStubs",
    "trailing_space": "arc_runtime.fixes.message_ends:TrailingSpace",
}
"""``{name: true}`` or ``{name: {option: value}}``: repairs of a whole area, that do nothing where all is well."""

RISKS = ("none", "lossy", "behaviour", "synthetic_content", "needs_response_mapping", "model_change")
"""What a fix may cost: nothing, a setting that is dropped, another behaviour, words that nobody said, a name that must
be mapped back in the answer, another model."""
DEFAULT_POLICY = ("none", "lossy", "behaviour")
"""The risks that are taken unless the application says otherwise."""
