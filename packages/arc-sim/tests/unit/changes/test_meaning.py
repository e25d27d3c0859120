"""Which versions of a file mean the same."""

import pytest

from arc_sim.causal.changes.meaning import means_the_same

SAME = [
    ("x.py", 'def f():\n    """Old."""\n    return 1\n', "def f():\n    '''New text.'''\n    # why\n    return 1\n"),
    ("x.py", '"""Module."""\nx = ["a",\n     "b"]\n', "x = ['a', 'b',]\n"),
    ("x.py", "class A:\n    '''Doc.'''\n    y = 1\n", "class A:\n    y = 1\n"),
    ("x.js", "const a = 'x';\n// c\nf(a, b)\n", 'const a = "x"\nf(\n  a,\n  b,\n)\n'),
    ("x.ts", "interface A { b: string }\n", "/** doc */\ninterface A {\n  b: string\n}\n"),
    ("x.tsx", "const a = <p>one  two</p>;", "const a = <p>one two</p>"),
    ("X.java", "/** Old. */ class X { int a; }", "/** New. */\nclass X {\n  int a;\n}"),
    ("X.cs", "class X { int a; }", "#region r\nclass X { int a; } // c\n#endregion\n"),
    ("x.go", "package x\n\nvar a = []int{1, 2}\n", "// Package x.\npackage x\n\nvar a = []int{\n\t1,\n\t2,\n}\n"),
    ("a.yaml", "a: 1 # why\nb: [1, 2]\n", "b:\n- 1\n- 2\na: 1\n"),
    ("t.yaml", "a: {{ .V }}\n{{- /* c */ -}}\n", "# comment\na: {{ .V }}\n"),
    ("a.json", '{"a": 1, "b": 2}', '{\n "b": 2, "a": 1}'),
    ("a.toml", "a = 1 # c\n", "a=1\n"),
    ("Cargo.toml", '[a]\nb = "1"\n', "# c\n[a]\nb = '1'\n"),
    ("Dockerfile", "# c\nFROM x\n", "FROM x\n\n"),
    ("a.properties", "# c\na=1\n", "a=1\n"),
    ("a.proto", 'syntax = "proto3"; // x\nmessage A {}', '/* y */ syntax = "proto3";\nmessage A {}'),
    ("build.gradle", "url 'http://a' // c", "url 'http://a'"),
    ("a.csproj", "<Project>\n  <A>1</A>\n</Project>", "\ufeff<Project><A>1</A><!-- c --></Project>"),
    ("a.sql", "-- c\nSELECT 1;", "SELECT  1;"),
    ("a.css", "a { b: url(http://x) } /* c */", "a {\n b: url(http://x) }"),
]
DIFFERENT = [
    ("x.py", "def f():\n    return 'doc'\n", "def f():\n    return 'other'\n"),
    ("x.py", "x = (1,)\n", "x = (1)\n"),
    ("x.py", "f('a')\n", "'b'\nf('c')\n"),
    ("x.py", "@cached\ndef f(): pass\n", "def f(): pass\n"),
    ("x.py", "x = f'{a}'\n", "x = '{a}'\n"),
    ("x.js", "a = [,1]", "a = [1]"),
    ("x.js", "for (;;) {}", "for (;a;) {}"),
    ("X.java", "@Retry class X {}", "class X {}"),
    ("x.py", "if (:\n", "if  (:\n"),
    ("a.yaml", "a: 1", "a: 2"),
    ("t.yaml", "{{ if a }}\n  b: 1\n{{ end }}\n", "{{ if a }}\nb: 1\n{{ end }}\n"),
    ("a.toml", "a = 1", "a = 2"),
    ("broken.toml", "a = ", "a =  "),
    ("Dockerfile", "# syntax=docker/dockerfile:1\nFROM x\n", "FROM x\n"),
    ("a.proto", 'option a = "http://x";', 'option a = "http://y";'),
    ("a.bin", "a", "a "),
    ("run.sh", "#!/bin/sh\nx", "#!/bin/bash\nx"),
]


@pytest.mark.parametrize(("path", "before", "after"), SAME)
def test_layout_and_comments_mean_nothing(path: str, before: str, after: str) -> None:
    assert means_the_same(path, before.encode(), after.encode())
    assert means_the_same(path, after.encode(), before.encode())


@pytest.mark.parametrize(("path", "before", "after"), DIFFERENT)
def test_everything_else_means_something(path: str, before: str, after: str) -> None:
    assert not means_the_same(path, before.encode(), after.encode())


def test_binary_content_with_the_name_of_code_is_different() -> None:
    assert not means_the_same("x.py", b"\0\1", b"\0\2")
    assert not means_the_same("x.py", b"a = 1", b"\0\2")
