"""Small typed operations on a request body, one per file. This file knows them all by name."""

from typing import Dict

PARAM_FIXES: Dict[str, str] = {
    "clamp": "arc_runtime.fixes.clamp_param:ClampParam",
    "default": "arc_runtime.fixes.default_param:DefaultParam",
    "drop": "arc_runtime.fixes.drop_param:DropParam",
    "set": "arc_runtime.fixes.set_param:SetParam",
}
"""``{path: {name: value}}``"""

PROMPT_FIXES: Dict[str, str] = {
    "prompt_prefix": "arc_runtime.fixes.prompt_prefix:PromptPrefix",
    "prompt_suffix": "arc_runtime.fixes.prompt_suffix:PromptSuffix",
}
"""``{name: value}``"""
