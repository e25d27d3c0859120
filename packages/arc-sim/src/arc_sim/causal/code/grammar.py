"""The node types of each language's grammar that matter, in one vocabulary."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grammar:
    """Node types by role. Names are those of the tree-sitter grammar."""

    calls: frozenset[str]
    strings: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    operators: frozenset[str]
    functions: frozenset[str]
    assignments: dict[str, tuple[str, str]]
    """Type -> fields of target and value."""
    keyed: dict[str, tuple[str, str]]
    """Keyword arguments and entries of option objects: type -> fields of name and value."""
    handlers: frozenset[str]
    raises: frozenset[str]
    imports: frozenset[str]
    classes: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset(("return_statement",))
    loops: frozenset[str] = frozenset(("for_statement", "while_statement"))


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_JAVASCRIPT = Grammar(
    calls=_set("call_expression new_expression"),
    strings=_set("string template_string"),
    numbers=_set("number"),
    names=_set("identifier member_expression subscript_expression property_identifier shorthand_property_identifier"),
    operators=_set("binary_expression"),
    functions=_set("function_declaration function_expression arrow_function method_definition generator_function"),
    assignments={"variable_declarator": ("name", "value"), "assignment_expression": ("left", "right"),
                 "public_field_definition": ("name", "value"), "field_definition": ("property", "value")},
    keyed={"pair": ("key", "value")},
    handlers=_set("catch_clause"),
    raises=_set("throw_statement"),
    imports=_set("import_statement"),
    classes=_set("class_declaration"),
    loops=_set("for_statement while_statement do_statement for_in_statement"),
)  # fmt: skip

GRAMMARS: dict[str, Grammar] = {
    "python": Grammar(
        calls=_set("call"),
        strings=_set("string"),
        numbers=_set("integer float"),
        names=_set("identifier attribute subscript"),
        operators=_set("binary_operator boolean_operator"),
        functions=_set("function_definition lambda"),
        assignments={"assignment": ("left", "right"), "named_expression": ("name", "value")},
        keyed={"keyword_argument": ("name", "value"), "pair": ("key", "value")},
        handlers=_set("except_clause"),
        raises=_set("raise_statement"),
        imports=_set("import_statement import_from_statement"),
        classes=_set("class_definition"),
    ),
    "go": Grammar(
        calls=_set("call_expression"),
        strings=_set("interpreted_string_literal raw_string_literal"),
        numbers=_set("int_literal float_literal"),
        names=_set("identifier selector_expression field_identifier"),
        operators=_set("binary_expression"),
        functions=_set("function_declaration method_declaration func_literal"),
        assignments={"short_var_declaration": ("left", "right"), "assignment_statement": ("left", "right"),
                     "var_spec": ("name", "value"), "const_spec": ("name", "value")},
        keyed={"keyed_element": ("key", "value")},
        handlers=frozenset(),
        raises=frozenset(),
        imports=_set("import_spec"),
    ),
    "java": Grammar(
        calls=_set("method_invocation object_creation_expression annotation"),
        strings=_set("string_literal"),
        numbers=_set("decimal_integer_literal decimal_floating_point_literal"),
        names=_set("identifier field_access scoped_identifier"),
        operators=_set("binary_expression"),
        functions=_set("method_declaration constructor_declaration lambda_expression"),
        assignments={"variable_declarator": ("name", "value"), "assignment_expression": ("left", "right")},
        keyed={"element_value_pair": ("key", "value")},
        handlers=_set("catch_clause"),
        raises=_set("throw_statement"),
        imports=_set("import_declaration"),
        classes=_set("class_declaration"),
    ),
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "tsx": _JAVASCRIPT,
    "c_sharp": Grammar(
        calls=_set("invocation_expression object_creation_expression"),
        strings=_set("string_literal verbatim_string_literal interpolated_string_expression raw_string_literal"),
        numbers=_set("integer_literal real_literal"),
        names=_set("identifier member_access_expression element_access_expression"),
        operators=_set("binary_expression"),
        functions=_set("method_declaration constructor_declaration local_function_statement lambda_expression"),
        assignments={"variable_declarator": ("name", ""), "assignment_expression": ("left", "right"),
                     "property_declaration": ("name", "value")},
        keyed={"argument": ("name", ""), "assignment_expression": ("left", "right")},
        handlers=_set("catch_clause"),
        raises=_set("throw_statement throw_expression"),
        imports=_set("using_directive"),
        classes=_set("class_declaration"),
    ),
}  # fmt: skip
"""Language -> grammar."""
