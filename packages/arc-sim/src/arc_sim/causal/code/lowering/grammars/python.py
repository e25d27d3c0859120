"""Python."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("call"),
    strings=types("string"),
    numbers=types("integer float"),
    names=types("identifier attribute subscript"),
    operators=types("binary_operator boolean_operator"),
    choices=types("conditional_expression"),
    functions=types("function_definition lambda"),
    literals=types("lambda"),
    assignments={"assignment": ("left", "right"), "named_expression": ("name", "value")},
    keyed={"keyword_argument": ("name", "value"), "pair": ("key", "value")},
    handlers=types("except_clause"),
    raises=types("raise_statement"),
    imports=types("import_statement import_from_statement"),
    classes=types("class_definition"),
    bases=types("argument_list"),
    loops=types("for_statement while_statement"),
    decorators=types("decorator"),
)
