"""Stops pip from changing a shared environment of swcli. Imported by _swcli_guard.pth when "pip" is in the command line."""
import os
import sys

NEEDS_VALUE = {
    "--proxy", "--timeout", "--default-timeout", "--retries", "--cache-dir", "--log", "--log-file", "--cert",
    "--client-cert", "--exists-action", "--trusted-host", "--keyring-provider", "--use-feature", "--use-deprecated",
    "--python", "--path",
}
CHANGES_NOTHING = ("--dry-run", "-h", "--help")


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
    """What is said to pip, or None when it is not pip that runs. Python's own options come first, as `-Im pip` or `-Impip`."""
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        if word == "-" or not word.startswith("-"):
            return rest if is_pip(word) else None
        if word == "--check-hash-based-pycs":
            rest = rest[1:]
        letter, value = ("", "") if word.startswith("--") else valued_letter(word)
        if letter and not value:
            value = rest.pop(0) if rest else ""
        if letter == "c":
            return None
        if letter == "m":
            return module_words(value, rest)
    return None


def valued_letter(word):
    """The first letter of a cluster that takes a value, and what follows it."""
    for at in range(1, len(word)):
        if word[at] in "cmWX":
            return word[at], word[at + 1:]
    return "", ""


def module_words(module, rest):
    if module == "ensurepip":
        return ["install"]
    return rest if module.split(".")[0] == "pip" else None


def changes(words):
    """Whether pip would change the environment that it runs in."""
    i = 0
    while i < len(words) and words[i].startswith("-"):
        if words[i] == "--python" or words[i].startswith("--python="):
            return False
        i += 2 if words[i] in NEEDS_VALUE else 1
    if i >= len(words) or words[i] not in ("install", "uninstall"):
        return False
    if any(word in CHANGES_NOTHING for word in words[i + 1:]):
        return False
    return words[i] == "uninstall" or not elsewhere(words)


def elsewhere(words):
    """Whether an install goes to another folder for certain. With --prefix or --root alone pip takes away what is here."""
    target = value_of(words, "--target", "-t")
    if target is None and "--isolated" not in words:
        target = os.environ.get("PIP_TARGET")
    if is_outside(target):
        return True
    prefix, root = value_of(words, "--prefix"), value_of(words, "--root")
    keeps = "-I" in words or "--ignore-installed" in words
    return keeps and (is_outside(prefix) or (is_outside(root) and os.path.realpath(root) != "/"))


def value_of(words, long, short=None):
    """The value of an option as it is written last, None when it is not there."""
    value = None
    for word, following in zip(words, words[1:] + [""]):
        if word in (long, short):
            value = following
        elif word.startswith(long + "="):
            value = word[len(long) + 1:]
        elif short and word.startswith(short) and not word.startswith("--"):
            value = word[len(short):]
    return value


def is_outside(path):
    if not path:
        return False
    here = os.path.realpath(sys.prefix)
    return not (os.path.realpath(path) + "/").startswith(here + "/")


def runtime_uri():
    """Of the activated runtime, when this environment is its; else of one whose link leads here; else None."""
    here = os.path.realpath(sys.prefix)
    parts = os.environ.get("SW_ACTIVATED_RUNTIME_URI_IN_SHELL", "").split("/")
    active = os.environ.get("SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL")
    if len(parts) == 7 and active and os.path.realpath(active) == here:
        return "/".join(parts[:6] + [parts[6][:12]])
    links = os.path.join(os.path.dirname(os.path.dirname(here)), ".links")
    for folder, folders, files in os.walk(links):
        for name in sorted(folders + files):
            if os.path.realpath(os.path.join(folder, name)) == here:
                return "local/project/%s/runtime/%s" % (os.path.basename(folder), name)
    return None


def writable_line():
    uri = runtime_uri()
    if uri is None:
        how = "one of your own is made from a runtime; to see them: swcli runtime list"
    else:
        how = "for one of your own: swcli runtime activate --writable " + uri
    return "error: this environment is shared and does not change; " + how + "\n"


def main():
    words = pip_words(command_line())
    if words is None or not changes(words):
        return
    try:
        sys.stderr.write(writable_line())
        sys.stderr.flush()
    finally:
        os._exit(1)


main()
