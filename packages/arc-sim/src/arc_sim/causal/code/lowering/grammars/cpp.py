"""C++, and headers of C."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("call_expression new_expression compound_literal_expression"),
    strings=types("string_literal raw_string_literal concatenated_string"),
    numbers=types("number_literal"),
    names=types("identifier field_identifier qualified_identifier field_expression subscript_expression"),
    functions=types("function_definition lambda_expression"),
    literals=types("lambda_expression"),
    assignments={
        "init_declarator": ("declarator", "value"),
        "assignment_expression": ("left", "right"),
        "field_declaration": ("declarator", "default_value"),
        "preproc_def": ("name", "value"),
    },
    keyed={"initializer_pair": ("designator", "value"), "assignment_expression": ("left", "right")},
    imports=types("preproc_include"),
    classes=types("class_specifier struct_specifier"),
    bases=types("base_class_clause"),
    loops=types("for_statement while_statement do_statement for_range_loop"),
    callee=("function", "type"),
    receiver=(),
    inner=("argument",),
    arguments=("arguments", "value"),
)
