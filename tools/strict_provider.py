"""Start the strict provider: `python tools/strict_provider.py --port 0 [--record FILE.jsonl]`.

The code is in the folder of the same name beside this file.
"""

import sys

from strict_provider.command import main  # the folder wins over this file on the import path

if __name__ == "__main__":
    sys.exit(main())
