"""A small pip where the runtime has none: swcli does it with uv, in this environment and no other."""
import os
import shutil
import sys

SWCLI = "@SWCLI@"


def main():
    words = sys.argv[1:]
    swcli = SWCLI if os.access(SWCLI, os.X_OK) else shutil.which("swcli")
    if not swcli:
        sys.stderr.write("error: this runtime holds no pip, and swcli, which would stand in for it, is not on the PATH\n")
        return 1
    sys.stdout.flush()
    os.execv(swcli, [swcli, "env", "pip", sys.prefix] + ["--"] + words)


if __name__ == "__main__":
    sys.exit(main())
