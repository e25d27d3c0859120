"""JavaScript and TypeScript."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("call_expression new_expression"),
    strings=types("string template_string"),
    numbers=types("number"),
    names=types("identifier member_expression subscript_expression property_identifier shorthand_property_identifier"),
    functions=types(
        "function_declaration function_expression arrow_function method_definition generator_function "
        "generator_function_declaration"
    ),
    literals=types("arrow_function function_expression"),
    assignments={
        "variable_declarator": ("name", "value"),
        "assignment_expression": ("left", "right"),
        "public_field_definition": ("name", "value"),
        "field_definition": ("property", "value"),
    },
    keyed={"pair": ("key", "value"), "assignment_expression": ("left", "right")},
    imports=types("import_statement"),
    classes=types("class_declaration class"),
    bases=types("class_heritage"),
    loops=types("for_statement while_statement do_statement for_in_statement"),
    decorators=types("decorator"),
)
