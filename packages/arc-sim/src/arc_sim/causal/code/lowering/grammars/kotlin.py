"""Kotlin. Its grammar has few fields: parts are found by their types."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("call_expression constructor_invocation"),
    strings=types("string_literal multiline_string_literal"),
    numbers=types("number_literal float_literal"),
    names=types("identifier navigation_expression index_expression"),
    operators=types("binary_expression infix_expression"),
    choices=types("if_expression when_expression"),
    functions=types("function_declaration anonymous_function lambda_literal secondary_constructor"),
    literals=types("lambda_literal anonymous_function"),
    assignments={"property_declaration": ("variable_declaration", ""), "assignment": ("left", "right")},
    keyed={"value_argument": ("name", "value"), "assignment": ("left", "right")},
    handlers=types("catch_block"),
    raises=types("throw_expression"),
    imports=types("import"),
    classes=types("class_declaration object_declaration"),
    bases=types("delegation_specifiers"),
    returns=types("return_expression"),
    loops=types("for_statement while_statement do_while_statement"),
    tries=types("try_expression"),
    decorators=types("annotation"),
    arguments=("value_arguments", "annotated_lambda"),
)
