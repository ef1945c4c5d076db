/** Methods on where runtimes are: projects, instances, the config. Result keys are those of `-o json` (docs/json.md). */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

const Text = v.pipe(v.string(), v.maxLength(8192));

const projectFields = {
  name: v.string(),
  created_at: v.nullable(v.string()),
  location: v.string(),
  owner: v.string(),
  in_use: v.boolean(),
  removed: v.boolean(),
};
const ProjectRow = v.object(projectFields);

const instanceFields = {
  name: v.string(),
  uri: v.string(),
  user_name: v.string(),
  user_role: v.string(),
  current_project: v.string(),
  updated_at: v.string(),
  in_use: v.boolean(),
};
const InstanceRow = v.object(instanceFields);

const onProject = defineMethod({
  kind: "query",
  params: v.strictObject({ project: Text }),
  result: ProjectRow,
});

export const PLACE_METHODS = {
  "project.list": defineMethod({
    kind: "query",
    params: v.strictObject({ instance: v.optional(Text), show_removed: v.optional(v.boolean(), false) }),
    result: v.array(ProjectRow),
  }),
  "project.info": defineMethod({
    kind: "query",
    params: v.strictObject({ project: v.optional(Text) }),
    result: v.object({ ...projectFields, runtimes: v.number(), versions: v.number() }),
  }),
  "project.create": onProject,
  "project.select": onProject,
  "project.remove": onProject,
  "project.recover": onProject,
  "instance.list": defineMethod({ kind: "query", params: v.strictObject({}), result: v.array(InstanceRow) }),
  "instance.select": defineMethod({ kind: "query", params: v.strictObject({ instance: Text }), result: InstanceRow }),
  "instance.info": defineMethod({
    kind: "query",
    params: v.strictObject({ instance: v.optional(Text) }),
    result: v.object({ ...instanceFields, instance: v.string(), root_dir: v.nullable(v.string()) }),
  }),
  "config.ensure": defineMethod({
    kind: "query",
    params: v.strictObject({}),
    result: v.object({ path: v.string(), created: v.boolean(), warnings: v.array(v.string()) }),
  }),
} as const;
