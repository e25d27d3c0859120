"""How many refused requests pass after our fixes: `python tools/fix_score.py FILE.jsonl [--all-risks]`.

One JSON object a line: `kind: failing` with `provider endpoint failure_class request error corrected fixable
fix_risk`, or `kind: valid` with `provider endpoint request`. Every body is sent with the provider's own SDK to the
strict provider; `--without-class` disables, class by class, the entries that explain its error.
"""

import sys

from fixes.command import main

if __name__ == "__main__":
    sys.exit(main())
