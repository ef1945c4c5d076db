/** The variables of a process as core is given them: the client's, never those of the process that works. */

export type Env = Readonly<Record<string, string | undefined>>;
