"""C#."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("invocation_expression object_creation_expression attribute"),
    strings=types("string_literal verbatim_string_literal interpolated_string_expression raw_string_literal"),
    numbers=types("integer_literal real_literal"),
    names=types(
        "identifier member_access_expression element_access_expression conditional_access_expression generic_name"
    ),
    functions=types("method_declaration constructor_declaration local_function_statement lambda_expression"),
    literals=types("lambda_expression"),
    assignments={
        "variable_declarator": ("name", ""),
        "assignment_expression": ("left", "right"),
        "property_declaration": ("name", "value"),
    },
    keyed={
        "argument": ("name", ""),
        "attribute_argument": ("name", ""),
        "assignment_expression": ("left", "right"),
    },
    raises=types("throw_statement throw_expression"),
    imports=types("using_directive"),
    classes=types("class_declaration interface_declaration record_declaration"),
    bases=types("base_list"),
    loops=types("for_statement while_statement do_statement foreach_statement"),
    decorators=types("attribute"),
    arguments=("arguments", "initializer", "attribute_argument_list"),
)
