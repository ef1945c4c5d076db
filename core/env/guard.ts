/**
 * What keeps a shared environment as it is, placed before it is ready: a guard that pip meets (a hard-linked, read-only
 * tree does not stop root's), and a small pip where the lock holds none, since the outer one would install elsewhere.
 * Sources: pip-guard.py, small-pip.py. Tests: test/e2e/protect.test.ts, test/e2e/protect-user.test.ts
 */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import guard from "#core/env/pip-guard.py" with { type: "text" };
import { sitePackages } from "#core/env/seen.ts";
import smallPip from "#core/env/small-pip.py" with { type: "text" };

// Read at each start of Python, so it looks at the command line only and costs some µs. `sys.argv` is not set yet.
const PTH = `import sys; exec("try:\\n f=open('/proc/self/cmdline','rb'); b=f.read(); f.close()\\nexcept OSError:\\n b='|'.join(getattr(sys,'orig_argv',['pip'])).encode()\\nif b'pip' in b:\\n import _swcli_guard")\n`;

/** Of the small pip: programs ask for one, and no real pip is so old. */
export const SMALL_PIP_VERSION = "0+swcli";

/** Some tiny files, written at once: nobody waits for a disk here. */
export function placeGuard(prefix: string): void {
  const site = sitePackages(prefix);
  if (!existsSync(site)) return;
  writeFileSync(`${site}/_swcli_guard.pth`, PTH);
  writeFileSync(`${site}/_swcli_guard.py`, guard);
}

/** Only where the runtime has no pip of its own. `python` is "3.11.2". */
export function placeSmallPip(prefix: string, python: string): void {
  const site = sitePackages(prefix);
  if (!existsSync(site) || existsSync(`${site}/pip`)) return;
  mkdirSync(`${site}/pip`);
  writeFileSync(`${site}/pip/__init__.py`, `__version__ = "${SMALL_PIP_VERSION}"\n`);
  writeFileSync(`${site}/pip/__main__.py`, smallPip.replace("@SWCLI@", pythonText(process.execPath)));
  const [major, minor] = python.split(".");
  for (const name of ["pip", `pip${major}`, `pip${major}.${minor}`]) placeScript(prefix, name);
}

const pythonText = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');

/** By /bin/sh: a line `#!/long/path/python` has a limit, and this one works wherever the prefix is. */
function placeScript(prefix: string, name: string): void {
  const path = `${prefix}/bin/${name}`;
  if (existsSync(path)) return;
  writeFileSync(path, '#!/bin/sh\nexec "${0%/*}/python" -m pip "$@"\n');
  chmodSync(path, 0o755);
}
