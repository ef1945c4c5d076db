import { expect, test } from "bun:test";
import { resultEnv } from "#core/platform/result-env.ts";

test("what differs in every shell does not make two calls differ", () => {
  const shell = {
    ...{ SHLVL: "3", PWD: "/a", OLDPWD: "/b", _: "/usr/bin/swcli", TERM: "xterm", COLUMNS: "80", PPID: "7" },
    ...{ SSH_TTY: "/dev/pts/3", WINDOWID: "1", TMUX_PANE: "%1", LS_COLORS: "x", HISTFILE: "h", EDITOR: "vi" },
    // The shell's process, for notes at its prompt.
    SWCLI_SHELL: "4242",
  };
  expect(resultEnv(shell)).toEqual({});
});

test("what changes a resolution, an install or a download counts, in either spelling of proxies", () => {
  const env = {
    ...{ UV_INDEX_URL: "u", PIP_CONFIG_FILE: "p", SW_LOCAL_STORAGE: "s", SWCLI_UV: "v", CONDA_CHANNELS: "c" },
    ...{ HTTPS_PROXY: "1", https_proxy: "2", no_proxy: "3", HOME: "/h", PATH: "/bin", VIRTUAL_ENV: "/e", NETRC: "n" },
    ...{ XDG_CONFIG_HOME: "x", DOCKER_HOST: "d", SSL_CERT_FILE: "f", CFLAGS: "-O", PYENV_VERSION: "3.11" },
  };
  expect(resultEnv({ ...env, LANG: "C", MY_PIP_X: "1" })).toEqual(env);
});

test("a variable that is not set is not there", () => {
  expect(resultEnv({ UV_OFFLINE: undefined, PIP_NO_INDEX: "" })).toEqual({ PIP_NO_INDEX: "" });
});
