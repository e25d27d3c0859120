"""Rust."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("call_expression macro_invocation struct_expression"),
    strings=types("string_literal raw_string_literal"),
    numbers=types("integer_literal float_literal"),
    names=types("identifier scoped_identifier field_expression self"),
    choices=types("if_expression match_expression"),
    functions=types("function_item closure_expression"),
    literals=types("closure_expression"),
    assignments={
        "let_declaration": ("pattern", "value"),
        "const_item": ("name", "value"),
        "static_item": ("name", "value"),
        "assignment_expression": ("left", "right"),
        "field_initializer": ("field", "value"),
    },
    keyed={"field_initializer": ("field", "value")},
    handlers=frozenset(),
    raises=frozenset(),
    imports=types("use_declaration"),
    classes=types("impl_item"),
    loops=types("for_expression while_expression loop_expression"),
    returns=types("return_expression"),
    callee=("function", "macro", "name"),
    receiver=(),
    arguments=("arguments", "token_tree", "body"),
)
