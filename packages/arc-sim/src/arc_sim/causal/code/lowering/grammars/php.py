"""PHP."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types(
        "function_call_expression member_call_expression scoped_call_expression nullsafe_member_call_expression "
        "object_creation_expression attribute"
    ),
    strings=types("string encapsed_string heredoc"),
    numbers=types("integer float"),
    names=types(
        "name variable_name qualified_name member_access_expression subscript_expression "
        "class_constant_access_expression"
    ),
    functions=types("function_definition method_declaration anonymous_function arrow_function"),
    literals=types("anonymous_function arrow_function"),
    assignments={
        "assignment_expression": ("left", "right"),
        "property_element": ("name", "default_value"),
        "const_element": ("name", ""),
    },
    keyed={"array_element_initializer": ("", ""), "argument": ("name", "")},
    raises=types("throw_expression throw_statement"),
    imports=types(
        "namespace_use_declaration require_expression require_once_expression include_expression "
        "include_once_expression"
    ),
    bases=types("base_clause class_interface_clause"),
    loops=types("for_statement while_statement do_statement foreach_statement"),
    decorators=types("attribute"),
    callee=("function", "name", "qualified_name"),
    receiver=("object", "scope"),
)
