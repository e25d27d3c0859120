"""Go."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("call_expression composite_literal"),
    strings=types("interpreted_string_literal raw_string_literal"),
    numbers=types("int_literal float_literal"),
    names=types("identifier selector_expression field_identifier index_expression"),
    choices=frozenset(),
    functions=types("function_declaration method_declaration func_literal"),
    literals=types("func_literal"),
    assignments={
        "short_var_declaration": ("left", "right"),
        "assignment_statement": ("left", "right"),
        "var_spec": ("name", "value"),
        "const_spec": ("name", "value"),
    },
    keyed={"keyed_element": ("key", "value")},
    handlers=frozenset(),
    raises=frozenset(),
    imports=types("import_spec"),
    classes=types("type_spec"),
    loops=types("for_statement"),
    callee=("function", "type"),
    receiver=(),
    arguments=("arguments", "body"),
)
