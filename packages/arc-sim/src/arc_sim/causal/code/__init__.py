"""Code as plain data: parsed with tree-sitter, lowered to one small language, followed from addresses to calls."""
