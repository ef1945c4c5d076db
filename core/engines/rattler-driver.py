"""Solves and installs conda packages for swcli with py-rattler: one JSON object a line in, one or more a line out.

Request:  {"id": 1, "op": "solve" | "install" | "hello", ...}
Answer:   {"id": 1, "event": "progress", ...}*  then {"id": 1, "ok": true, ...} or {"id": 1, "ok": false, "kind": ..., "message": ...}
Requests run side by side. The process ends with its stdin.
"""

import asyncio
import base64
import hashlib
import json
import netrc
import os
import sys
import tempfile
import threading
import time
from urllib.parse import unquote, urlsplit

# Scripts of packages write to stdout; answers go to a copy that only this file knows.
OUT = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
LOCK = threading.Lock()

import rattler  # noqa: E402
from rattler import (  # noqa: E402
    BuildString,
    Channel,
    ChannelPriority,
    Client,
    Config,
    Gateway,
    GenericVirtualPackage,
    MatchSpec,
    PackageName,
    PackageRecord,
    RepoDataRecord,
    SourceConfig,
    Subdir,
    Version,
)
from rattler.exceptions import GatewayError, SolverError  # noqa: E402
from rattler.networking import (  # noqa: E402
    AddHeadersMiddleware,
    AuthenticationMiddleware,
    MirrorMiddleware,
    RetryMiddleware,
)

PRIORITY = {
    "strict": ChannelPriority.Strict,
    "flexible": ChannelPriority.Flexible,
    "disabled": ChannelPriority.Disabled,
}


def answer(message):
    with LOCK:
        OUT.write(json.dumps(message) + "\n")
        OUT.flush()


def logins(pairs):
    """host -> user and password: what the request names, else what netrc knows."""
    known = {host: login.partition(":")[::2] for host, login in (pairs or {}).items()}
    try:
        file = netrc.netrc(os.environ.get("NETRC") or None)
    except (OSError, netrc.NetrcParseError):
        return known
    for host, (user, _, password) in file.hosts.items():
        if host != "default":
            known.setdefault(host, (user, password))
    return known


def client(request):
    known = logins(request.get("logins"))
    # Answers and records of packages name the address that was asked for, not that of the mirror with its token.
    mirrors = {url: [secret] for url, secret in (request.get("mirrors") or {}).items()}
    if request.get("insecure") and not request.get("offline"):
        return unchecked_client(known, mirrors)
    headers = {host: "Basic " + base64.b64encode(":".join(login).encode()).decode() for host, login in known.items()}

    def add(host, path):
        if request.get("offline"):
            raise RuntimeError(f"offline: {host}{path} is not asked")
        return {"Authorization": headers[host]} if host in headers else None

    return Client([RetryMiddleware(2), MirrorMiddleware(mirrors), AuthenticationMiddleware(), AddHeadersMiddleware(add)])


def unchecked_client(known, mirrors):
    """Checks no certificate. Only settings can say so, and they take logins from a file, which is read at once."""
    settings = "tls-no-verify = true\n"
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        if known:
            json.dump({host: {"BasicHTTP": {"username": user, "password": pw}} for host, (user, pw) in known.items()}, file)
            file.flush()
            settings += f"authentication-override-file = {json.dumps(file.name)}\n"
        settings += "".join(["[mirrors]\n", *(f"{json.dumps(url)} = {json.dumps(to)}\n" for url, to in mirrors.items())])
        return Client.from_config(Config.from_toml(settings), 2)


# Seconds for which what was read of channels counts as the present.
CURRENT = 60
GATEWAYS = {}


def gateway(request):
    """One per way to reach them, while it is current. It maps the files of a folder, which may change under it."""
    key = json.dumps([request.get(name) for name in ("logins", "mirrors", "insecure", "whole")], sort_keys=True)
    made, known = GATEWAYS.get(key, (0, None))
    is_folder = any(channel.startswith("file:") for channel in request["channels"])
    if known and not is_folder and not request.get("fresh") and time.monotonic() - made < CURRENT:
        return known, True
    GATEWAYS.clear()
    reading = SourceConfig(sharded_enabled=not request.get("whole"))
    made = Gateway(cache_dir=repodata_cache(), client=client(request), default_config=reading)
    GATEWAYS[key] = (time.monotonic(), made)
    return GATEWAYS[key][1], False


def repodata_cache():
    """Beside the packages, where rattler's tools have it; a gateway by itself does not ask for the variable."""
    folder = os.environ.get("RATTLER_CACHE_DIR")
    return os.path.join(folder, "repodata") if folder else None


class BadSpec(Exception):
    pass


def match_spec(text):
    try:
        return MatchSpec(text)
    except Exception as error:
        raise BadSpec(f"{text}\n{error}") from None


async def still_there(request, source):
    """Of the packages that a lock names, those that the channels have: as they are described now."""
    wanted = {(one["subdir"], one["fn"], one.get("sha256") or one.get("md5")) for one in request.get("locked", [])}
    if not wanted:
        return []
    platforms = [Subdir(request["platform"]), Subdir("noarch")]
    names = [MatchSpec(one["name"]) for one in request["locked"]]
    found = await source.query(request["channels"], platforms, names, recursive=False)

    def hashes(one):
        return [digest.hex() for digest in (one.sha256, one.md5) if digest]

    def is_wanted(one):
        return any((str(one.subdir), one.file_name, digest) in wanted for digest in hashes(one))

    return [one for channel in found for one in channel if is_wanted(one)]


async def solve(request):
    source, is_known = gateway(request)
    try:
        return await solve_with(request, source)
    except SolverError:
        if not is_known:
            raise
        # Somebody may have mended the channel a moment ago.
        return await solve_with(request, gateway({**request, "fresh": True})[0])
    except GatewayError as error:
        # It can't take "not modified" for an index in shards from a server that doesn't repeat what it compared.
        if "304" not in str(error) or request.get("whole"):
            raise
        return await solve({**request, "whole": True})


def strict_specs(specs):
    """
    A channel whose packages of a name all fail a spec is left out of the question, as if it had none of that name: with the
    bare names beside them, the first channel that has a name is the only one for it, as conda means it.
    """
    names = [spec.name and spec.name.as_package_name() for spec in specs]
    bare = {name.normalized for name in names if name and not name.normalized.startswith("__")}
    return specs + [MatchSpec(name) for name in sorted(bare)]


async def solve_with(request, source):
    virtual = [
        GenericVirtualPackage(PackageName(one["name"]), Version(one["version"]), BuildString(one["build"]))
        for one in request["virtual"]
    ]
    specs = [match_spec(spec) for spec in request["specs"]]
    priority = request.get("priority", "strict")
    records = await rattler.solve(
        request["channels"],
        strict_specs(specs) if priority == "strict" else specs,
        locked_packages=await still_there(request, source),
        gateway=source,
        platforms=[Subdir(request["platform"]), Subdir("noarch")],
        virtual_packages=virtual,
        channel_priority=PRIORITY[priority],
    )
    return {"records": [json.loads(one.to_json()) for one in RepoDataRecord.sort_topologically(records)]}


class Reporter:
    def __init__(self, ident):
        self.ident = ident
        self.total = 0
        self.done = 0

    def on_transaction_start(self, total_operations):
        self.total = total_operations

    def on_populate_cache_start(self, operation, package_name):
        answer({"id": self.ident, "event": "log", "text": f"fetching {package_name}"})
        return 0

    def on_transaction_operation_complete(self, operation):
        self.done += 1
        answer({"id": self.ident, "event": "progress", "done": self.done, "total": self.total})

    def __getattr__(self, name):
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda *args: 0


class HashMismatch(Exception):
    pass


class NoHash(Exception):
    pass


def check_hash(entry):
    """rattler checks what it fetches by the hash that it is given, and takes files of this machine as they are."""
    kind = next((kind for kind in ("sha256", "md5") if entry.get(kind)), None)
    if kind is None:
        raise NoHash(f"{entry['fn']}: no hash of it is locked")
    url = urlsplit(entry["url"])
    if url.scheme != "file":
        return
    found = hashlib.new(kind, usedforsecurity=False)
    with open(unquote(url.path), "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            found.update(part)
    if found.hexdigest() != entry[kind]:
        raise HashMismatch(f"{entry['fn']}: hash mismatch: locked {kind} {entry[kind]}, found {found.hexdigest()}")


def record_of(entry):
    check_hash(entry)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(entry, file)
        file.flush()
        package = PackageRecord.from_index_json(
            file.name, size=entry.get("size"), sha256=entry.get("sha256"), md5=entry.get("md5")
        )
    return RepoDataRecord(package, entry["fn"], entry["url"], entry.get("channel") or "")


async def install(request):
    if not os.path.isabs(request["prefix"]):
        raise ValueError("the prefix is written into files and must be absolute")
    await rattler.install(
        [record_of(entry) for entry in request["records"]],
        target_prefix=request["prefix"],
        platform=Subdir(request["platform"]),
        alternative_target_prefix=request.get("as"),
        cache_dir=request.get("cache"),
        execute_link_scripts=request["scripts"],
        requested_specs=[MatchSpec(spec)._match_spec for spec in request["requested"]],
        client=client(request),
        reporter=Reporter(request["id"]),
    )
    return {}


async def check(request):
    """Whether these records could be the answer of that solve: each from one of the channels, all specs and needs met."""
    bases = [str(Channel(channel).base_url).rstrip("/") for channel in request["channels"]]
    subdirs = (request["platform"], "noarch")
    records = []
    for entry in request["records"]:
        tail = f"/{entry['subdir']}/{entry['fn']}"
        if entry["subdir"] not in subdirs or not any(entry["url"] == base + tail for base in bases):
            return {"refusal": f"{entry['name']} is from none of the channels"}
        records.append(record_of(entry))
    names = [one.name.normalized for one in records]
    if len(set(names)) != len(names):
        return {"refusal": "it has a package twice"}
    specs = [("", spec) for spec in request["specs"]]
    specs += [(name, spec) for name, one in zip(names, records) for spec in one.depends]
    for name, spec in specs:
        if not spec.startswith("__") and not any(MatchSpec(spec).matches(one) for one in records):
            return {"refusal": f"{spec} is not in it" + (f", and {name} needs it" if name else "")}
    return {}


async def read_specs(request):
    """Whether all of them can be read."""
    for spec in request["specs"]:
        match_spec(spec)
    return {}


async def hello(request):
    return {"rattler": rattler.__version__, "python": sys.version.split()[0]}


OPERATIONS = {"solve": solve, "read": read_specs, "install": install, "check": check, "hello": hello}


async def serve(request):
    try:
        result = await OPERATIONS[request["op"]](request)
        answer({"id": request["id"], "ok": True, **result})
    except SolverError as error:
        answer({"id": request["id"], "ok": False, "kind": "unsolvable", "message": str(error)})
    except Exception as error:  # whatever it is, the other side has to hear of it
        kind = type(error).__name__
        answer({"id": request["id"], "ok": False, "kind": kind, "message": str(error) or kind})


def read(loop):
    for line in sys.stdin:
        if line.strip():
            request = json.loads(line)
            asyncio.run_coroutine_threadsafe(serve(request), loop)
    # Nobody is there any more to whom an answer would matter.
    os._exit(0)


def main():
    loop = asyncio.new_event_loop()
    threading.Thread(target=read, args=(loop,), daemon=True).start()
    loop.run_forever()


main()
