/**
 * What can be recognised in the shell scripts of a repository of stages. Nothing is executed: these
 * are the forms in which such scripts are written, and what has another form is left to a person.
 */

/** A line of a script, for telling where something was found. */
interface ScriptLine {
  readonly line: number;
  readonly text: string;
}

/** A Dockerfile line that a script appends to each Dockerfile: `echo "RUN …" >>"$TMP"`. */
export interface AppendedLine extends ScriptLine {
  /** With `{stage}` for the shell's variable. */
  readonly instruction: string;
  /** A file that must be there for it: `[ -f "README.md" ] && echo …`. */
  readonly onlyIf?: string;
}

const instruction = /^(?:ADD|COPY|RUN|ENV|LABEL|WORKDIR|ARG|SHELL|USER|VOLUME|EXPOSE|STOPSIGNAL)\b/;
const appended =
  /^\s*(?:\[\s+-[ef]\s+"?([^"\]]+?)"?\s+\]\s*&&\s*)?echo\s+(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*>>\s*"?\$\w+"?\s*$/;

/** The trailer that a build script generates; USER lines are left out, since ours restores the last. */
export function appendedLines(script: string): readonly AppendedLine[] {
  return script.split('\n').flatMap((text, index): AppendedLine[] => {
    const found = appended.exec(text);
    const written = found?.[2]?.replace(/\\(["$`\\])/g, '$1') ?? found?.[3];
    if (written === undefined || !instruction.test(written) || /^USER\b/.test(written)) {
      return [];
    }
    const [, onlyIf] = found ?? [];
    return [
      {
        line: index + 1,
        text: text.trim(),
        instruction: withStage(written),
        ...(onlyIf === undefined ? {} : { onlyIf }),
      },
    ];
  });
}

/** `$stage`, `${stage}`, `$STAGE` as the placeholder of a workspace file. */
function withStage(text: string): string {
  return text.replace(/\$\{?(?:stage|STAGE)\}?(?!\w)/g, '{stage}');
}

/** How images are called: `"$IMAGE_PREFIX$stage:$VERSION"`, in `${NAME}` notation. */
export function imageName(
  script: string,
): { readonly prefix: string; readonly version: string } | undefined {
  const found = /"([^"\s]*?)\$\{?stage\}?:((?:\$\{?\w+\}?|[\w.-])+)"/.exec(script);
  if (found === null) {
    return undefined;
  }
  return { prefix: braced(found[1] ?? ''), version: braced(found[2] ?? '') };
}

/** `$NAME` as `${NAME}`. */
export function braced(text: string): string {
  return text.replace(/\$(\w+)/g, '${$1}');
}

/** What a debootstrap call asks for, as written. */
export interface Debootstrap {
  readonly line: number;
  readonly suite: string;
  readonly mirror?: string;
  readonly variant?: string;
  readonly components?: string;
  readonly include?: string;
  readonly architecture?: string;
}

/** Options of debootstrap that take a value, with `=` or as the next word. */
const takingValue = new Set(
  'arch include exclude components variant keyring extra-suites cache-dir make-tarball'
    .concat(' unpack-tarball certificate private-key')
    .split(' '),
);

export function debootstrapCall(script: string): Debootstrap | undefined {
  const lines = script.split('\n');
  // Not the package of that name in a list that `apt-get install` continues with.
  const first = lines.findIndex(
    (line, index) =>
      /^\s*(?:sudo\s+)?debootstrap(?:\s|$)/.test(line) && !lines[index - 1]?.endsWith('\\'),
  );
  if (first === -1) {
    return undefined;
  }
  let call = '';
  for (const line of lines.slice(first)) {
    call += `${line.replace(/\\$/, '')} `;
    if (!line.endsWith('\\')) {
      break;
    }
  }
  const options = new Map<string, string>();
  const operands: string[] = [];
  const words = call
    .trim()
    .replace(/^(?:sudo\s+)?debootstrap\s+/, '')
    .split(/\s+/);
  for (let at = 0; at < words.length; at++) {
    const [, name = '', value] = /^--([\w-]+)(?:=(.*))?$/.exec(words[at] ?? '') ?? [];
    if (name === '') {
      operands.push(words[at] ?? '');
    } else if (takingValue.has(name)) {
      options.set(name, value ?? words[++at] ?? '');
    }
  }
  const [suite, , mirror] = operands;
  if (suite === undefined) {
    return undefined;
  }
  const found = {
    mirror,
    variant: options.get('variant'),
    components: options.get('components'),
    include: options.get('include'),
    architecture: options.get('arch'),
  };
  const set = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return { line: first + 1, suite, ...set };
}

/** The name that a script imports a filesystem under: `docker import - root-root:local`. */
export function importedName(script: string): string | undefined {
  return /docker\s+import\s+(?:-\S+\s+)*(?:-|\S+\.tar\S*)\s+([a-z0-9][\w./:-]*)/.exec(script)?.[1];
}

/** Whether a script names another one of its directory: `build_bootstrap.sh`, or without its ending. */
export function namesScript(script: string, name: string): boolean {
  if (script.includes(name)) {
    return true;
  }
  const bare = name.replace(/\.sh$/, '');
  // `run` and `build` are words of every such script.
  return /[_-]/.test(bare) && new RegExp(`(?<![\\w-])${bare}(?![\\w-])`).test(script);
}
