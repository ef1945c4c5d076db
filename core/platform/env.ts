/** The variables of a process as core is given them: the client's, never those of the process that works. */

export type Env = Readonly<Record<string, string | undefined>>;

/** What a shell can set. */
export const isVariableName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
