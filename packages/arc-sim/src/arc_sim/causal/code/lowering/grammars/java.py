"""Java."""

from arc_sim.causal.code.lowering.grammars.base import Grammar, types

GRAMMAR = Grammar(
    calls=types("method_invocation object_creation_expression annotation"),
    strings=types("string_literal"),
    numbers=types("decimal_integer_literal decimal_floating_point_literal"),
    names=types("identifier field_access scoped_identifier"),
    functions=types("method_declaration constructor_declaration lambda_expression"),
    literals=types("lambda_expression"),
    assignments={"variable_declarator": ("name", "value"), "assignment_expression": ("left", "right")},
    keyed={"element_value_pair": ("key", "value"), "assignment_expression": ("left", "right")},
    imports=types("import_declaration"),
    classes=types("class_declaration interface_declaration record_declaration"),
    bases=types("superclass super_interfaces extends_interfaces"),
    loops=types("for_statement while_statement do_statement enhanced_for_statement"),
    tries=types("try_statement try_with_resources_statement"),
    decorators=types("annotation marker_annotation"),
)
