"""Ruby."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("call"),
    strings=types("string heredoc_body"),
    numbers=types("integer float"),
    names=types(
        "identifier constant scope_resolution instance_variable global_variable simple_symbol element_reference"
    ),
    operators=types("binary"),
    choices=types("conditional"),
    functions=types("method singleton_method lambda block do_block"),
    literals=types("lambda block do_block"),
    assignments={"assignment": ("left", "right"), "operator_assignment": ("left", "right")},
    keyed={"pair": ("key", "value"), "assignment": ("left", "right")},
    handlers=types("rescue"),
    raises=types("raise"),
    classes=types("class module"),
    bases=types("superclass"),
    returns=types("return"),
    loops=types("while until for"),
    tries=types("begin body_statement"),
    callee=("method",),
    receiver=("receiver",),
    inner=("scope",),
    arguments=("arguments", "block"),
)
