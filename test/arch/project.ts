/**
 * The sources as the architecture tests see them: per file its imports, its functions and what it touches, read from
 * the syntax trees of the type checker itself (its JavaScript interface is still marked unstable: this file is its only
 * user). Knows no rules.
 */
import { dirname, relative, resolve } from "node:path";
import { type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast";
import * as is from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/async";

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path in the project ("core/errors.ts"), or nothing for a package. */
  readonly path: string | undefined;
  /** `lazy` is `import()`; `type` leaves nothing in the program. */
  readonly kind: "static" | "lazy" | "type";
}

export interface FunctionSpan {
  readonly name: string;
  readonly lines: number;
}

export interface Source {
  /** From the top of the project: "core/errors.ts". */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSpan[];
  /** Member accesses as written: "process.env", "console.log". */
  readonly accesses: ReadonlySet<string>;
  /** Nothing but re-exports. */
  readonly barrel: boolean;
}

export const PROJECT: string = resolve(import.meta.dir, "../..");

/** All TypeScript files of the project by path. */
export async function readProject(): Promise<Map<string, Source>> {
  const api = new API({ cwd: PROJECT });
  try {
    const snapshot = await api.updateSnapshot({ openProjects: [`${PROJECT}/tsconfig.json`] });
    const program = snapshot.getProjects()[0]?.program;
    if (!program) throw new Error("tsconfig.json opens no project");
    const sources = new Map<string, Source>();
    for (const file of await Array.fromAsync(new Bun.Glob("{cli,core,daemon,scripts,test}/**/*.ts").scan(PROJECT))) {
      const tree = await program.getSourceFile(`${PROJECT}/${file}`);
      if (tree) sources.set(file, readSource(file, tree));
    }
    return sources;
  } finally {
    await api.close();
  }
}

function readSource(path: string, tree: SourceFile): Source {
  const imports: Import[] = [];
  const functions: FunctionSpan[] = [];
  const accesses = new Set<string>();
  const visit = (node: Node): void => {
    const found = importOf(path, node);
    if (found) imports.push(found);
    if (is.isPropertyAccessExpression(node)) accesses.add(node.getText(tree).replace(/\s/g, ""));
    const span = functionOf(node, tree);
    if (span) functions.push(span);
    node.forEachChild(visit);
  };
  visit(tree);
  const barrel = tree.statements.length > 0 && tree.statements.every((one) => isReExport(one));
  return { path, text: tree.text, lines: lineCount(tree.text), imports, functions, accesses, barrel };
}

function importOf(from: string, node: Node): Import | undefined {
  if (is.isImportDeclaration(node)) return make(from, node.moduleSpecifier, erased(node) ? "type" : "static");
  if (is.isExportDeclaration(node) && node.moduleSpecifier)
    return make(from, node.moduleSpecifier, node.isTypeOnly ? "type" : "static");
  if (is.isImportTypeNode(node) && is.isLiteralTypeNode(node.argument))
    return make(from, node.argument.literal, "type");
  if (is.isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword)
    return make(from, node.arguments[0], "lazy");
  return undefined;
}

function make(from: string, specifier: Node | undefined, kind: Import["kind"]): Import {
  const text = specifier && is.isStringLiteral(specifier) ? specifier.text : "(computed)";
  return { specifier: text, path: resolved(from, text), kind };
}

function resolved(from: string, specifier: string): string | undefined {
  if (/^#(cli|core|daemon)\//.test(specifier)) return specifier.slice(1);
  if (!specifier.startsWith(".")) return undefined;
  return relative(PROJECT, resolve(PROJECT, dirname(from), specifier));
}

/** `import type …`, or an import of which every name is marked `type`. */
function erased(node: Node): boolean {
  if (!is.isImportDeclaration(node) || !node.importClause) return false;
  const clause = node.importClause;
  if (clause.phaseModifier === SyntaxKind.TypeKeyword) return true;
  if (clause.name || !clause.namedBindings || !is.isNamedImports(clause.namedBindings)) return false;
  return clause.namedBindings.elements.every((element) => element.isTypeOnly);
}

const isReExport = (node: Node): boolean => is.isExportDeclaration(node) && node.moduleSpecifier !== undefined;

function functionOf(node: Node, tree: SourceFile): FunctionSpan | undefined {
  const one = is.isFunctionDeclaration(node) || is.isFunctionExpression(node) || is.isArrowFunction(node);
  const member = is.isMethodDeclaration(node) || is.isConstructorDeclaration(node) || is.isGetAccessorDeclaration(node);
  if (!one && !member) return undefined;
  const text = tree.text.slice(node.getStart(tree), node.end);
  const name =
    text
      .slice(0, 60)
      .split(/[({\n]/)[0]
      ?.trim() || `at line ${lineCount(tree.text.slice(0, node.pos))}`;
  return { name, lines: lineCount(text) };
}

const lineCount = (text: string): number => text.trimEnd().split("\n").length;
