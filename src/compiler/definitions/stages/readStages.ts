import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, error, type Outcome, placeOfLine } from '#core/diagnostics/diagnostic.js';
import type { StageTree } from '../../workspace/stageTree.js';
import type { Tree } from '../../workspace/tree.js';
import { type About, type Reading, readingOf } from '../broken.js';
import type { ImageDefinition, InsideTest } from '../definition.js';
import { identify } from '../identity.js';
import { readIgnoreRules } from '../ignoreRules.js';
import { presentTests } from '../insideTests.js';
import { readText } from '../readText.js';
import { isGiven, readStageDockerfile } from './stageDockerfile.js';
import {
  type StageName,
  type StageVersion,
  stageFilePrefix,
  stageNames,
  stagePrefix,
  stageVersion,
} from './stageNaming.js';
import {
  expandPlaceholders,
  missingValueHint,
  readStageValues,
  type StageValues,
} from './stageValues.js';
import { withTrailer } from './trailer.js';

/**
 * The images of a tree of stages: one for each `Dockerfile.<stage>`, all of one version, named by a
 * prefix and the stage. Every ARG without a default gets its value from the tree's vars files (and
 * STAGE the stage's name); the trailer is added to the end of the Dockerfile. The diagnostics are
 * those of the whole tree.
 */
export function readStages(tree: Tree, stageTree: StageTree): Outcome<readonly Reading[]> {
  const diagnostics: Diagnostic[] = [];
  const values = readStageValues(tree, stageTree, diagnostics);
  if (values === undefined) {
    return { value: [], diagnostics };
  }
  const reader = new Reader(tree, stageTree, values, diagnostics);
  return { value: reader.images(), diagnostics };
}

class Reader {
  readonly #tree: Tree;
  readonly #stages: StageTree;
  readonly #values: StageValues;
  readonly #diagnostics: Diagnostic[];

  constructor(tree: Tree, stages: StageTree, values: StageValues, diagnostics: Diagnostic[]) {
    this.#tree = tree;
    this.#stages = stages;
    this.#values = values;
    this.#diagnostics = diagnostics;
  }

  images(): readonly Reading[] {
    const prefix = stagePrefix(this.#tree, this.#stages, this.#values, this.#diagnostics);
    const version = stageVersion(this.#stages, this.#values, this.#diagnostics);
    const names = stageNames(this.#tree, this.#stages, this.#values, this.#diagnostics);
    if (prefix === undefined || version === undefined || names === undefined) {
      return [];
    }
    return names.map((stage) => this.#image(stage, prefix, version));
  }

  #image(stage: StageName, prefix: string, version: StageVersion): Reading {
    const tree = this.#tree;
    const file = `${stageFilePrefix}${stage.value}`;
    const shown = this.#shown(file);
    const stageFile = join(tree.directory, file);
    const diagnostics: Diagnostic[] = [];
    const name = prefix + stage.value;
    const identified = identify(tree, { text: name, place: this.#stages.prefix.place }, version);
    diagnostics.push(...identified.diagnostics);
    const about: About = {
      tree,
      directory: tree.directory,
      shown,
      stageFile,
      place: version.place,
      perhaps: [name],
      ...(identified.value.kind === 'part' ? identified.value.known : identified.value.identity),
    };
    if (stage.missing !== undefined) {
      return readingOf(about, undefined, [...diagnostics, stage.missing]);
    }
    const door = { own: tree.directory, boundary: tree.boundary };
    const text = readText(stageFile, shown, door, stage.place);
    const rules = readIgnoreRules(stageFile, shown, door);
    diagnostics.push(...text.diagnostics, ...rules.diagnostics);
    if (text.value === undefined || identified.value.kind === 'part') {
      return readingOf(about, undefined, diagnostics);
    }
    const { identity } = identified.value;
    const dockerfile = withTrailer(
      this.#stages,
      text.value,
      { shown, file, stage: stage.value, version: version.text },
      diagnostics,
    );
    const args = this.#args(text.value, shown, stage.value, diagnostics);
    if (dockerfile === undefined || args === undefined) {
      return readingOf(about, undefined, diagnostics);
    }
    const context = expandPlaceholders(this.#stages.context.value, { stage: stage.value });
    const outside = this.#outside(context);
    if (outside !== undefined) {
      return readingOf(about, undefined, [...diagnostics, outside]);
    }
    const unqualified = `${name}:${version.text}`;
    const definition: ImageDefinition = {
      tree,
      ...identity,
      stageFile,
      directory: join(tree.directory, context),
      context: this.#shown(context),
      dockerfile: { kind: 'plain', file: shown, ...dockerfile },
      ...(rules.value === undefined ? {} : { ignoreRules: rules.value }),
      depends: [],
      place: version.place,
      description:
        tree.name === '.' ? `Stage ${stage.value}` : `Stage ${stage.value} of ${tree.name}`,
      extraTags: [],
      labels: new Map(),
      args,
      platforms: [],
      // Dockerfiles name their parents by the prefix alone, wherever the registry is.
      ...(unqualified === identity.reference ? {} : { aliases: [unqualified, name] }),
      ...(version.spot === undefined ? {} : { versionSpot: version.spot }),
      ...(version.isWritten === true ? { sharedVersion: version.place } : {}),
      tests: { inside: this.#tests(stage.value, diagnostics) },
    };
    return readingOf({ tree, directory: tree.directory, shown }, definition, diagnostics);
  }

  /** Why a context is not one of the repository's; one that is missing is reported with its files. */
  #outside(context: string): Diagnostic | undefined {
    const tree = this.#tree;
    let real: string;
    try {
      real = realpathSync(join(tree.directory, context));
    } catch {
      return undefined;
    }
    const why = tree.boundary.whyNotDirectory(real);
    return why === undefined
      ? undefined
      : error('context-unreadable', `the context ${this.#shown(context)} ${why}`, {
          place: this.#stages.context.place,
          hint: 'name a directory of the repository',
        });
  }

  #args(
    text: string,
    shown: string,
    stage: string,
    diagnostics: Diagnostic[],
  ): ReadonlyMap<string, string> | undefined {
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
        const hint = missingValueHint(name, this.#values);
        diagnostics.push(
          error('stage-argument', `ARG ${name} has no default and no value`, { place, hint }),
        );
      }
    }
    return complete ? args : undefined;
  }

  #tests(stage: string, diagnostics: Diagnostic[]): readonly InsideTest[] {
    const { directory, shownDirectory, boundary } = this.#tree;
    const present = this.#stages.tests
      .map(({ value }) => expandPlaceholders(value, { stage }))
      .filter((file) => existsSync(join(directory, file)));
    const tests = presentTests({ own: directory, boundary }, shownDirectory, present);
    diagnostics.push(...tests.diagnostics);
    return tests.value;
  }

  #shown(path: string): string {
    const { shownDirectory } = this.#tree;
    const joined = join(shownDirectory, path);
    return joined.length > 1 ? joined.replace(/\/$/, '') : joined;
  }
}
