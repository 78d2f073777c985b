import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, error, type Outcome, placeOfLine } from '#core/diagnostics/diagnostic.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { StageTree } from '../../workspace/stageTree.js';
import type { Tree } from '../../workspace/tree.js';
import type { ImageDefinition, InsideTest } from '../definition.js';
import { identify } from '../identity.js';
import { insideTest } from '../insideTests.js';
import { readText } from '../readText.js';
import { isGiven, readStageDockerfile } from './stageDockerfile.js';
import {
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
 * STAGE the stage's name); the trailer is added to the end of the Dockerfile.
 */
export function readStages(tree: Tree, stageTree: StageTree): Outcome<readonly ImageDefinition[]> {
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

  images(): readonly ImageDefinition[] {
    const prefix = stagePrefix(this.#tree, this.#stages, this.#values, this.#diagnostics);
    const version = stageVersion(this.#stages, this.#values, this.#diagnostics);
    const names = stageNames(this.#tree, this.#stages, this.#values, this.#diagnostics);
    if (prefix === undefined || version === undefined || names === undefined) {
      return [];
    }
    return names.flatMap((stage) => this.#image(stage, prefix, version) ?? []);
  }

  #image(stage: Found<string>, prefix: string, version: StageVersion): ImageDefinition | undefined {
    const tree = this.#tree;
    const file = `${stageFilePrefix}${stage.value}`;
    const shown = this.#shown(file);
    const text = readText(
      join(tree.directory, file),
      shown,
      { own: tree.directory, boundary: tree.boundary },
      stage.place,
    );
    this.#diagnostics.push(...text.diagnostics);
    const name = prefix + stage.value;
    const identity = identify(tree, { text: name, place: this.#stages.prefix.place }, version);
    this.#diagnostics.push(...identity.diagnostics);
    if (text.value === undefined || identity.value === undefined) {
      return undefined;
    }
    const dockerfile = withTrailer(
      this.#stages,
      text.value,
      { shown, file, stage: stage.value, version: version.text },
      this.#diagnostics,
    );
    const args = this.#args(text.value, shown, stage.value);
    if (dockerfile === undefined || args === undefined) {
      return undefined;
    }
    const context = expandPlaceholders(this.#stages.context.value, { stage: stage.value });
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
        const hint = missingValueHint(name, this.#values);
        this.#diagnostics.push(
          error('stage-argument', `ARG ${name} has no default and no value`, { place, hint }),
        );
      }
    }
    return complete ? args : undefined;
  }

  #tests(stage: string): readonly InsideTest[] {
    const { directory, shownDirectory } = this.#tree;
    return this.#stages.tests
      .map(({ value }) => expandPlaceholders(value, { stage }))
      .filter((file) => existsSync(join(directory, file)))
      .map((file) => insideTest(directory, shownDirectory, file));
  }

  #shown(path: string): string {
    const { shownDirectory } = this.#tree;
    const joined = join(shownDirectory, path);
    return joined.length > 1 ? joined.replace(/\/$/, '') : joined;
  }
}
