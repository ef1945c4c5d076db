/**
 * The tree of commands, one line a verb: `name: verb(() => import("#cli/…"), ...aliases)`.
 * Owns names, aliases and groups; loads nothing by itself. Tests: test/unit/cli/commands.test.ts
 */
import { type Group, verb } from "#cli/command.ts";

export const root: Group = {
  alias: [],
  description: "Starwhale Runtime: reproducible, shareable Python environments.",
  subCommands: {
    runtime: {
      alias: ["rt"],
      description: "Build, use and share runtimes",
      subCommands: {
        activate: verb(() => import("#cli/runtime/activate.ts"), "actv"),
        allow: verb(() => import("#cli/runtime/allow.ts")),
        build: verb(() => import("#cli/runtime/build.ts")),
        bundle: verb(() => import("#cli/runtime/bundle.ts")),
        copy: verb(() => import("#cli/runtime/copy.ts"), "cp"),
        dockerize: verb(() => import("#cli/runtime/dockerize.ts")),
        extract: verb(() => import("#cli/runtime/extract.ts")),
        history: verb(() => import("#cli/runtime/history.ts")),
        import: verb(() => import("#cli/runtime/import.ts")),
        info: verb(() => import("#cli/runtime/info.ts")),
        kernel: {
          alias: [],
          description: "Jupyter kernels that start in a runtime",
          subCommands: {
            add: verb(() => import("#cli/runtime/kernel-add.ts")),
            list: verb(() => import("#cli/runtime/kernel-list.ts"), "ls"),
            remove: verb(() => import("#cli/runtime/kernel-remove.ts"), "rm"),
          },
        },
        list: verb(() => import("#cli/runtime/list.ts"), "ls"),
        lock: verb(() => import("#cli/runtime/lock.ts")),
        quickstart: {
          alias: ["qs"],
          description: "Start a runtime.yaml, or a folder from an existing runtime",
          subCommands: {
            shell: verb(() => import("#cli/runtime/quickstart-shell.ts")),
            uri: verb(() => import("#cli/runtime/quickstart-uri.ts")),
          },
        },
        recover: verb(() => import("#cli/runtime/recover.ts")),
        remove: verb(() => import("#cli/runtime/remove.ts"), "rm"),
        run: verb(() => import("#cli/runtime/run.ts")),
        shellenv: verb(() => import("#cli/runtime/shellenv.ts")),
        tag: verb(() => import("#cli/runtime/tag.ts")),
      },
    },
    instance: {
      alias: [],
      description: "This machine and the servers that it is logged in to",
      subCommands: {
        info: verb(() => import("#cli/instance/info.ts")),
        list: verb(() => import("#cli/instance/list.ts"), "ls"),
        login: verb(() => import("#cli/instance/login.ts")),
        logout: verb(() => import("#cli/instance/logout.ts")),
        select: verb(() => import("#cli/instance/select.ts"), "use"),
      },
    },
    doctor: verb(() => import("#cli/doctor.ts")),
    fsck: verb(() => import("#cli/fsck.ts")),
    gc: verb(() => import("#cli/gc.ts")),
    project: {
      alias: ["prj"],
      description: "Folders for runtimes",
      subCommands: {
        create: verb(() => import("#cli/project/create.ts"), "add", "new"),
        info: verb(() => import("#cli/project/info.ts")),
        list: verb(() => import("#cli/project/list.ts"), "ls"),
        recover: verb(() => import("#cli/project/recover.ts")),
        remove: verb(() => import("#cli/project/remove.ts"), "rm"),
        select: verb(() => import("#cli/project/select.ts"), "use"),
      },
    },
    config: {
      alias: [],
      description: "The config file",
      subCommands: {
        check: verb(() => import("#cli/config/check.ts")),
        edit: verb(() => import("#cli/config/edit.ts"), "e"),
        path: verb(() => import("#cli/config/path.ts")),
      },
    },
    shell: {
      alias: [],
      description: "The hook for the current shell",
      subCommands: {
        init: verb(() => import("#cli/shell/init.ts")),
        enter: verb(() => import("#cli/shell/enter-verb.ts")),
      },
    },
    env: {
      alias: [],
      description: "The environments that runtimes have on this machine",
      subCommands: {
        info: verb(() => import("#cli/env/info.ts")),
        list: verb(() => import("#cli/env/list.ts"), "ls"),
        pip: verb(() => import("#cli/env/pip.ts")),
        prune: verb(() => import("#cli/env/prune.ts")),
        remove: verb(() => import("#cli/env/remove.ts"), "rm"),
        verify: verb(() => import("#cli/env/verify.ts")),
      },
    },
    completion: verb(async () => ({ default: (await import("#cli/completion/verb.ts")).completionOf(root) })),
    deactivate: verb(() => import("#cli/deactivate.ts")),
    job: {
      alias: [],
      description: "Work in the background",
      subCommands: {
        list: verb(() => import("#cli/job/list.ts"), "ls"),
        info: verb(() => import("#cli/job/info.ts")),
        logs: verb(() => import("#cli/job/logs.ts")),
        wait: verb(() => import("#cli/job/wait.ts")),
        cancel: verb(() => import("#cli/job/cancel.ts")),
        remove: verb(() => import("#cli/job/remove.ts"), "rm"),
      },
    },
    daemon: {
      alias: [],
      description: "The background process that keeps the store",
      subCommands: {
        start: verb(() => import("#cli/daemon/start.ts")),
        stop: verb(() => import("#cli/daemon/stop.ts")),
        restart: verb(() => import("#cli/daemon/restart.ts")),
        status: verb(() => import("#cli/daemon/status.ts")),
        logs: verb(() => import("#cli/daemon/logs.ts")),
      },
    },
  },
};
