import { arch } from 'node:os';
import { type Compiled, compile } from '#compiler/compile.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import type { ListDirectory } from '#core/files/directories.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';

/** Everything in a workspace, compiled for this machine; its diagnostics are nobody's: no file says it yet. */
export function compileAll(workspace: Workspace, list?: ListDirectory): Compiled {
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { variables } = workspace;
  const read = { variables, ...(list === undefined ? {} : { list }) };
  return compile({ workspace, selection, machine: platformOfMachine(arch()), read }).value;
}
