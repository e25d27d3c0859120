"""The rules of each endpoint, in the order in which they are checked.

To add a rule: write one function (body) -> Rejection | None in the module of its endpoint and name it in that list.
A rule sees only bodies that passed the rules before it, so it may rely on their types.
"""
