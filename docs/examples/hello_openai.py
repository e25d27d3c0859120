"""The smallest program that Arc protects: one line more than without it.

Run it against a real account, or against the strict provider of this repository as `make demo` does.
"""

import openai

from arc_runtime import Arc

Arc()  # everything optional comes from ARC_* variables

answer = openai.OpenAI().chat.completions.create(
    model="gpt-4",
    messages=[{"role": "user", "content": "Say hello."}],
    temperature=0.95,  # the built-in hello-world pattern: sent as 0.7
)
print(answer.choices[0].message.content)
