"""Cheap signs that a request may be refused: one look at each area, so that a sound request costs little.

A sign is a word such as ``unknown:thinking`` or ``null_content``. Most patterns of our packs ask for a sign, and are
looked up by whether there is any. A sign may be there without a fault: the fix looks closely.
"""
