import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import {
  type Diagnostic,
  error,
  hasErrors,
  type Outcome,
  type Place,
  placeOfLine,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { StageTree } from '../../workspace/stageTree.js';
import type { Tree } from '../../workspace/tree.js';
import type { ImageDefinition, InsideTest, VersionSpot } from '../definition.js';
import { identify } from '../identity.js';
import { insideTest } from '../insideTests.js';
import { readText } from '../readText.js';
import { isGiven, readStageDockerfile } from './stageDockerfile.js';
import { readVars, type Variable } from './vars.js';

const prefixOfFiles = 'Dockerfile.';

/**
 * The images of a tree of stages: one for each `Dockerfile.<stage>`, all of one version, named by a
 * prefix and the stage. Every ARG without a default gets its value from the tree's vars files (and
 * STAGE the stage's name); the trailer is put behind the Dockerfile, as root, and the last USER
 * behind that.
 */
export function readStages(tree: Tree, stageTree: StageTree): Outcome<readonly ImageDefinition[]> {
  const diagnostics: Diagnostic[] = [];
  const values = readValues(tree, stageTree, diagnostics);
  if (values === undefined) {
    return { value: [], diagnostics };
  }
  const reader = new Reader(tree, stageTree, values, diagnostics);
  return { value: reader.images(), diagnostics };
}

type Values = ReadonlyMap<string, Variable>;

/** The environment that the workspace file names, the vars files, its own values: later ones win. */
function readValues(
  tree: Tree,
  stageTree: StageTree,
  diagnostics: Diagnostic[],
): Values | undefined {
  let values: Values = new Map(
    [...stageTree.environment].map(([name, value]) => [
      name,
      { value, place: { file: 'the environment' } },
    ]),
  );
  for (const { path, shown, namedAt } of stageTree.vars) {
    const text = readText(path, shown, namedAt);
    diagnostics.push(...text.diagnostics);
    if (text.value === undefined) {
      continue;
    }
    const read = readVars(shown, text.value, values);
    diagnostics.push(...read.diagnostics);
    values = read.value;
  }
  if (hasErrors(diagnostics)) {
    return undefined;
  }
  const all = new Map(values);
  const place = stageTree.prefix.place;
  for (const [name, value] of stageTree.values) {
    all.set(name, { value, place });
  }
  if (!all.has('STAGE')) {
    return all;
  }
  diagnostics.push(
    warning('stage-value', 'STAGE is set to the name of each stage, so its value is not used', {
      place: all.get('STAGE')?.place ?? place,
      hint: `remove it (tree ${tree.name})`,
    }),
  );
  return all;
}

class Reader {
  readonly #tree: Tree;
  readonly #stages: StageTree;
  readonly #values: Values;
  readonly #diagnostics: Diagnostic[];

  constructor(tree: Tree, stages: StageTree, values: Values, diagnostics: Diagnostic[]) {
    this.#tree = tree;
    this.#stages = stages;
    this.#values = values;
    this.#diagnostics = diagnostics;
  }

  images(): readonly ImageDefinition[] {
    const prefix = this.#prefix();
    const version = this.#version();
    const names = this.#names();
    if (prefix === undefined || version === undefined || names === undefined) {
      return [];
    }
    return names.flatMap((stage) => this.#image(stage, prefix, version) ?? []);
  }

  /** The prefix without the registry and namespace that the configuration puts before it anyway. */
  #prefix(): string | undefined {
    const { place } = this.#stages.prefix;
    const prefix = this.#filled(this.#stages.prefix);
    if (prefix === undefined) {
      return undefined;
    }
    const { registry, namespace } = this.#tree.config;
    const own = [registry, namespace].filter((part) => part !== '').join('/');
    if (own !== '' && prefix.startsWith(`${own}/`)) {
      return prefix.slice(own.length + 1);
    }
    const first = prefix.split('/', 1)[0] ?? '';
    const isHost = prefix.includes('/') && (/[.:]/.test(first) || first === 'localhost');
    if (!isHost) {
      return prefix;
    }
    this.#tell('stage-prefix', `the prefix ${prefix} begins with a registry`, place, {
      hint: `set registry: ${first} in the tree's configuration, which then comes before every name`,
    });
    return undefined;
  }

  #version():
    | { readonly text: string; readonly place: Place; readonly spot?: VersionSpot }
    | undefined {
    const written = this.#stages.version;
    const text = this.#filled(written);
    if (text === undefined) {
      return undefined;
    }
    const name = /^\$\{(\w+)\}$/.exec(written.value)?.[1];
    const variable = name === undefined ? undefined : this.#values.get(name);
    const file = this.#stages.vars.find(({ shown }) => shown === variable?.place.file)?.path;
    const place = variable?.place ?? written.place;
    const isThere = place.lineText?.slice(place.column ?? 1).includes(text) === true;
    if (file === undefined || !isThere) {
      return { text, place };
    }
    return { text, place, spot: { file, place, text, kind: 'version' } };
  }

  #names(): readonly Found<string>[] | undefined {
    const { stages } = this.#stages;
    const { directory, shownDirectory } = this.#tree;
    const there = readdirSync(directory)
      .filter((name) => name.startsWith(prefixOfFiles) && !name.endsWith('.dockerignore'))
      .map((name) => name.slice(prefixOfFiles.length))
      .sort();
    if (stages === undefined) {
      if (there.length === 0) {
        this.#tell(
          'tree-empty',
          'no stage is here',
          { file: shownDirectory },
          {
            hint: 'a stage is a file named Dockerfile.<stage>',
          },
        );
      }
      return there.map((value) => ({ value, place: { file: shownDirectory } }));
    }
    const named: Found<string>[] = [];
    for (const item of stages) {
      const filled = this.#filled(item);
      if (filled === undefined) {
        return undefined;
      }
      for (const value of filled.split(/\s+/)) {
        if (value !== '') {
          named.push({ value, place: item.place });
        }
      }
    }
    return named.filter(({ value, place }, index) => {
      if (named.findIndex((other) => other.value === value) !== index) {
        return false;
      }
      if (there.includes(value)) {
        return true;
      }
      this.#tell('stage-missing', `there is no ${prefixOfFiles}${value}`, place, {
        hint: didYouMean(value, there) ?? `the stages here are: ${there.join(', ')}`,
      });
      return false;
    });
  }

  #image(
    stage: Found<string>,
    prefix: string,
    version: { readonly text: string; readonly place: Place; readonly spot?: VersionSpot },
  ): ImageDefinition | undefined {
    const tree = this.#tree;
    const file = `${prefixOfFiles}${stage.value}`;
    const shown = this.#shown(file);
    const text = readText(join(tree.directory, file), shown, stage.place);
    this.#diagnostics.push(...text.diagnostics);
    const name = prefix + stage.value;
    const identity = identify(tree, { text: name, place: this.#stages.prefix.place }, version);
    this.#diagnostics.push(...identity.diagnostics);
    if (text.value === undefined || identity.value === undefined) {
      return undefined;
    }
    const dockerfile = this.#withTrailer(text.value, shown, stage.value, version.text);
    const args = this.#args(text.value, shown, stage.value);
    if (dockerfile === undefined || args === undefined) {
      return undefined;
    }
    const context = filledIn(this.#stages.context.value, { stage: stage.value });
    const unqualified = `${name}:${version.text}`;
    return {
      tree,
      ...identity.value,
      directory: join(tree.directory, context),
      context: this.#shown(context),
      dockerfile: { kind: 'plain', file: shown, ...dockerfile },
      depends: [],
      place: version.place,
      description:
        tree.name === '.' ? `Stage ${stage.value}` : `Stage ${stage.value} of ${tree.name}`,
      extraTags: [],
      labels: new Map(),
      args,
      platforms: [],
      // Dockerfiles name their parents by the prefix alone, wherever the registry is.
      ...(unqualified === identity.value.reference ? {} : { aliases: [unqualified, name] }),
      ...(version.spot === undefined ? {} : { versionSpot: version.spot }),
      tests: { inside: this.#tests(stage.value) },
    };
  }

  #withTrailer(
    text: string,
    shown: string,
    stage: string,
    version: string,
  ): { readonly text: string; readonly generatedFrom?: number } | undefined {
    const { trailer } = this.#stages;
    if (trailer === undefined) {
      return { text };
    }
    const { user, isUnfinished } = readStageDockerfile(text);
    const lines = text.split('\n').length;
    if (isUnfinished) {
      this.#tell(
        'stage-unfinished',
        'the Dockerfile ends in the middle of an instruction',
        { file: shown },
        {
          hint: 'remove the escape character at its end: the trailer would become part of it',
        },
      );
      return undefined;
    }
    if (user === undefined) {
      this.#diagnostics.push(
        warning('stage-user', 'the image will run as root, since the Dockerfile has no USER', {
          place: { file: shown },
          hint: 'end it with the USER that it inherits: the trailer is carried out as root',
        }),
      );
    }
    const body = filledIn(trailer.value, {
      stage,
      version,
      dockerfile: `${prefixOfFiles}${stage}`,
    });
    const added = ['USER 0', body.trim(), ...(user === undefined ? [] : [`USER ${user}`])];
    const whole = text.endsWith('\n') ? text : `${text}\n`;
    return {
      text: `${whole}${added.join('\n')}\n`,
      generatedFrom: text.endsWith('\n') ? lines : lines + 1,
    };
  }

  #args(text: string, shown: string, stage: string): ReadonlyMap<string, string> | undefined {
    const { open, withDefault } = readStageDockerfile(text);
    const args = new Map<string, string>();
    let complete = true;
    for (const { name, span } of open) {
      const value = name === 'STAGE' ? stage : this.#values.get(name)?.value;
      if (value !== undefined) {
        args.set(name, value);
      } else if (!isGiven(name) && !withDefault.has(name)) {
        complete = false;
        const place = placeOfLine(shown, text, span.line, span.column, span.length);
        this.#tell('stage-argument', `ARG ${name} has no default, and no value is given`, place, {
          hint:
            didYouMean(name, this.#values.keys()) ??
            `set ${name} in the vars file, or in [tree.values] of the workspace file`,
        });
      }
    }
    return complete ? args : undefined;
  }

  #tests(stage: string): readonly InsideTest[] {
    const { directory, shownDirectory } = this.#tree;
    return this.#stages.tests
      .map(({ value }) => filledIn(value, { stage }))
      .filter((file) => existsSync(join(directory, file)))
      .map((file) => insideTest(directory, shownDirectory, file));
  }

  /** `${NAME}` replaced by values; undefined, and told, where one is unknown. */
  #filled({ value, place }: Found<string>): string | undefined {
    let complete = true;
    const filled = value.replace(/\$\{(\w+)\}/g, (written, name: string) => {
      const known = this.#values.get(name)?.value;
      if (known !== undefined) {
        return known;
      }
      complete = false;
      this.#tell('stage-value', `${written} has no value`, place, {
        hint:
          didYouMean(name, this.#values.keys()) ??
          `set ${name} in the vars file, or in [tree.values] of the workspace file`,
      });
      return '';
    });
    return complete ? filled : undefined;
  }

  #shown(path: string): string {
    const { shownDirectory } = this.#tree;
    const joined = join(shownDirectory, path);
    return joined.length > 1 ? joined.replace(/\/$/, '') : joined;
  }

  #tell(
    code: DiagnosticCode,
    message: string,
    place: Place,
    rest: { readonly hint: string },
  ): void {
    this.#diagnostics.push(error(code, message, { place, ...rest }));
  }
}

/** `{stage}` and the like; other braces, which Dockerfiles are full of, stay as they are. */
function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/(?<!\$)\{(\w+)\}/g, (written, name: string) => values[name] ?? written);
}
