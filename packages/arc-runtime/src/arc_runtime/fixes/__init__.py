"""Small typed operations on a request body, one per file. This file knows them all by name."""

from typing import Dict

PARAM_FIXES: Dict[str, str] = {
    "clamp": "arc_runtime.fixes.params.clamp_param:ClampParam",
    "default": "arc_runtime.fixes.params.default_param:DefaultParam",
    "drop": "arc_runtime.fixes.params.drop_param:DropParam",
    "rename": "arc_runtime.fixes.params.rename_param:RenameParam",
    "set": "arc_runtime.fixes.params.set_param:SetParam",
}
"""``{path: {name: value}}``"""

PROMPT_FIXES: Dict[str, str] = {
    "prompt_prefix": "arc_runtime.fixes.prompts.prompt_prefix:PromptPrefix",
    "prompt_suffix": "arc_runtime.fixes.prompts.prompt_suffix:PromptSuffix",
}
"""``{name: value}``"""

BODY_FIXES: Dict[str, str] = {
    "cache_breakpoints": "arc_runtime.fixes.messages.cache_control:CacheControl",
    "call_ids": "arc_runtime.fixes.tools.tool_calls:CallIds",
    "clamp_ranges": "arc_runtime.fixes.params.clamp_ranges:ClampRanges",
    "coerce_types": "arc_runtime.fixes.params.coerce_types:CoerceTypes",
    "content_parts": "arc_runtime.fixes.messages.content_parts:ContentParts",
    "drop_unknown": "arc_runtime.fixes.params.drop_unknown:DropUnknown",
    "effort": "arc_runtime.fixes.settings.thinking:Effort",
    "effort_object": "arc_runtime.fixes.settings.reasoning:EffortObject",
    "first_message": "arc_runtime.fixes.messages.message_ends:FirstMessage",
    "forced_tool": "arc_runtime.fixes.settings.thinking:ForcedTool",
    "images": "arc_runtime.fixes.messages.images:Images",
    "include_reasoning": "arc_runtime.fixes.settings.reasoning:IncludeReasoning",
    "item_links": "arc_runtime.fixes.messages.item_links:ItemLinks",
    "json_instruction": "arc_runtime.fixes.settings.response_format:JsonInstruction",
    "message_content": "arc_runtime.fixes.messages.message_content:MessageContent",
    "message_fields": "arc_runtime.fixes.messages.message_fields:MessageFields",
    "message_roles": "arc_runtime.fixes.messages.message_roles:MessageRoles",
    "metadata_limits": "arc_runtime.fixes.params.metadata:Metadata",
    "pair_tools": "arc_runtime.fixes.tools.pair_tools:PairTools",
    "prefill": "arc_runtime.fixes.messages.message_ends:Prefill",
    "rename_aliases": "arc_runtime.fixes.params.rename_aliases:RenameAliases",
    "response_format_form": "arc_runtime.fixes.settings.response_format:ResponseFormat",
    "route": "arc_runtime.fixes.params.route_model:RouteModel",
    "stop_limits": "arc_runtime.fixes.params.stop_sequences:StopSequences",
    "stream_settings": "arc_runtime.fixes.settings.stream_options:StreamOptions",
    "strict_schemas": "arc_runtime.fixes.tools.tool_schemas:StrictSchemas",
    "system_blocks": "arc_runtime.fixes.messages.message_roles:SystemBlocks",
    "system_role": "arc_runtime.fixes.messages.message_roles:SystemRole",
    "thinking_form": "arc_runtime.fixes.settings.thinking:Thinking",
    "token_limit": "arc_runtime.fixes.params.token_limit:TokenLimit",
    "tool_calls_form": "arc_runtime.fixes.tools.tool_calls:ToolCalls",
    "tool_choice_form": "arc_runtime.fixes.tools.tool_choice:ToolChoice",
    "tool_descriptions": "arc_runtime.fixes.tools.tool_descriptions:ToolDescriptions",
    "tool_names": "arc_runtime.fixes.tools.tool_names:ToolNames",
    "tool_schemas": "arc_runtime.fixes.tools.tool_schemas:ToolSchemas",
    "tool_shape": "arc_runtime.fixes.tools.tool_shape:ToolShape",
    "tool_stubs": "arc_runtime.fixes.tools.tool_stubs:ToolStubs",
    "trailing_space": "arc_runtime.fixes.messages.message_ends:TrailingSpace",
}
"""``{name: true}`` or ``{name: {option: value}}``: repairs of a whole area, that do nothing where all is well."""

RISKS = ("none", "lossy", "behaviour", "synthetic_content", "needs_response_mapping", "model_change")
"""What a fix may cost: nothing, a setting that is dropped, another behaviour, words that nobody said, a name that must
be mapped back in the answer, another model."""
DEFAULT_POLICY = ("none", "lossy", "behaviour")
"""The risks that are taken unless the application says otherwise."""
