/**
 * Methods on runtimes and projects of servers: operations, since a network is slow and may be interrupted.
 * Keys of results are the keys of `-o json`.
 */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

const Text = v.pipe(v.string(), v.maxLength(8192));
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const paging = { page: v.optional(Count, 1), size: v.optional(Count, 20) };

const ServerRow = v.object({
  name: v.string(),
  project: v.string(),
  version: v.nullable(v.string()),
  tags: v.array(v.string()),
  owner: v.string(),
  created_at: v.nullable(v.string()),
  removed: v.boolean(),
});

const List = defineMethod({
  kind: "operation",
  params: v.strictObject({
    ...paging,
    project: v.optional(Text),
    filters: v.optional(v.array(Text), []),
    show_removed: v.optional(v.boolean(), false),
  }),
  result: v.array(ServerRow),
});

const History = defineMethod({
  kind: "operation",
  params: v.strictObject({ ...paging, uri: Text }),
  result: v.array(ServerRow),
});

const Info = defineMethod({
  kind: "operation",
  params: v.strictObject({ uri: Text }),
  result: v.object({
    name: v.string(),
    project: v.string(),
    version: v.string(),
    uri: v.string(),
    tags: v.array(v.string()),
    created_at: v.nullable(v.string()),
    python: v.string(),
    mode: v.string(),
    manifest: v.nullable(v.record(v.string(), v.unknown())),
    manifest_text: v.string(),
  }),
});

const Change = v.object({
  name: v.string(),
  project: v.string(),
  uri: v.string(),
  versions: v.array(v.object({ version: v.string(), tags: v.array(v.string()) })),
  permanent: v.boolean(),
});

const Remove = defineMethod({
  kind: "operation",
  params: v.strictObject({ uri: Text, force: v.optional(v.boolean(), false) }),
  result: Change,
});

const Recover = defineMethod({ kind: "operation", params: v.strictObject({ uri: Text }), result: Change });

const ProjectRow = v.object({
  id: v.string(),
  name: v.string(),
  uri: v.string(),
  owner: v.string(),
  privacy: v.string(),
  description: v.string(),
  created_at: v.nullable(v.string()),
  runtimes: v.nullable(v.number()),
  in_use: v.boolean(),
});

const onProject = defineMethod({ kind: "operation", params: v.strictObject({ project: Text }), result: ProjectRow });

const Projects = defineMethod({
  kind: "operation",
  params: v.strictObject({ instance: v.optional(Text) }),
  result: v.array(ProjectRow),
});

const ProjectInfo = defineMethod({
  kind: "operation",
  params: v.strictObject({ project: v.optional(Text) }),
  result: ProjectRow,
});

const State = defineMethod({
  kind: "operation",
  params: v.strictObject({ instance: Text }),
  result: v.object({
    reachable: v.boolean(),
    version: v.nullable(v.string()),
    user: v.nullable(v.string()),
    role: v.nullable(v.string()),
    /** Why it can't be used. */
    problem: v.nullable(v.string()),
  }),
});

export const SERVER_METHODS = {
  "server.list": List,
  "server.history": History,
  "server.info": Info,
  "server.remove": Remove,
  "server.recover": Recover,
  "server.projects": Projects,
  "server.project-info": ProjectInfo,
  "server.project-create": onProject,
  "server.project-select": onProject,
  "server.project-remove": onProject,
  "server.project-recover": onProject,
  "server.state": State,
} as const;
