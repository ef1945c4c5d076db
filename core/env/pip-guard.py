"""Stops pip from changing a shared environment of swcli. Imported by _swcli_guard.pth when "pip" is in the command line."""
import os
import sys

NEEDS_VALUE = {
    "--proxy", "--timeout", "--default-timeout", "--retries", "--cache-dir", "--log", "--log-file", "--cert",
    "--client-cert", "--exists-action", "--trusted-host", "--keyring-provider", "--use-feature", "--use-deprecated",
    "--python", "--path",
}
# These write somewhere else or nothing at all.
ELSEWHERE = ("-t", "--target", "--prefix", "--root", "--dry-run", "--report-only", "-h", "--help")


def command_line():
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    except OSError:
        return list(getattr(sys, "orig_argv", []))


def is_pip(path):
    name = os.path.basename(path)
    if name == "__pip-runner__.py" or os.path.basename(path.rstrip("/")) == "pip":
        return True
    digits = name[3:].replace(".", "")
    return name.startswith("pip") and digits.isdigit()


def pip_words(words):
    """What is said to pip, or None when it is not pip that runs."""
    i = 1
    while i < len(words):
        word = words[i]
        if word == "-m" or (word.startswith("-") and not word.startswith("--") and word.endswith("m")):
            module = words[i + 1] if i + 1 < len(words) else ""
            if module == "ensurepip":
                return ["install"]
            return words[i + 2:] if module.split(".")[0] == "pip" else None
        if word.startswith("-m"):
            return words[i + 1:] if word[2:] == "pip" else None
        if word in ("-c", "-") or word.startswith("-c"):
            return None
        if word in ("-W", "-X", "--check-hash-based-pycs"):
            i += 2
        elif word.startswith("-"):
            i += 1
        else:
            return words[i + 1:] if is_pip(word) else None
    return None


def changes(words):
    """Whether pip would change the environment that it runs in."""
    i = 0
    while i < len(words) and words[i].startswith("-"):
        if words[i] == "--python" or words[i].startswith("--python="):
            return False
        i += 2 if words[i] in NEEDS_VALUE else 1
    if i >= len(words) or words[i] not in ("install", "uninstall"):
        return False
    return not any(word in ELSEWHERE or word.split("=")[0] in ELSEWHERE for word in words[i + 1:])


def writable_line():
    uri = os.environ.get("SW_ACTIVATED_RUNTIME_URI_IN_SHELL", "URI")
    parts = uri.split("/")
    name = parts[4] + "/version/" + parts[6][:12] if len(parts) == 7 else uri
    return "error: this environment is shared and does not change; for one of your own: swcli runtime activate --writable " + name


def main():
    words = pip_words(command_line())
    if words is None or not changes(words):
        return
    try:
        sys.stderr.write(writable_line() + "\n")
        sys.stderr.flush()
    finally:
        os._exit(1)


main()
