/** Throw-away trees of docker-pkg definitions, and the real command line to build them with. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { root, runCli } from './cli.js';
import type { Engine } from './engine/engine.js';
import type { Finished } from './process.js';
import { type ScratchFile, type ScratchTree, scratchTree } from './scratch.js';

interface SketchedImage {
  /** `1` when absent. */
  readonly version?: string;
  /** Dockerfile.template. */
  readonly dockerfile: string;
  /** test.sh, run with the reference as its argument. */
  readonly test?: string;
  readonly files?: Readonly<Record<string, ScratchFile>>;
}

export type Sketch = Readonly<Record<string, SketchedImage>>;

/** The files of a tree, to be written below a folder such as `images`. */
export function sketchFiles(folder: string, images: Sketch): Record<string, ScratchFile> {
  const files: Record<string, ScratchFile> = {};
  for (const [name, { version = '1', dockerfile, test, files: more = {} }] of Object.entries(
    images,
  )) {
    const at = `${folder}/${name}`;
    files[`${at}/Dockerfile.template`] = dockerfile;
    files[`${at}/changelog`] = changelog(name, version);
    files[`${at}/control`] = control(name, dockerfile);
    if (test !== undefined) {
      files[`${at}/test.sh`] = { text: `#!/bin/sh\n${test}\n`, mode: 0o755 };
    }
    for (const [file, content] of Object.entries(more)) {
      files[`${at}/${file}`] = content;
    }
  }
  return files;
}

function changelog(name: string, version: string): string {
  const trailer = ' -- Test Er <test@example.org>  Mon, 01 Jun 2026 06:00:00 +0000';
  return `${name} (${version}) wikimedia; urgency=medium\n\n  * Made for a test.\n\n${trailer}\n`;
}

/** Declares the parents that the template names. */
function control(name: string, dockerfile: string): string {
  const parents = [...dockerfile.matchAll(/"([^"]+)" \| image_tag/g)].map((found) => found[1]);
  const depends = parents.length === 0 ? '' : `Build-Depends: ${parents.join(', ')}\n`;
  return `Package: ${name}\nDescription: Made for a test\n${depends}`;
}

export interface BuildTree extends ScratchTree {
  /** What the program runs with: an engine, and home, state and temporary directories of its own. */
  readonly env: NodeJS.ProcessEnv;
  /** `generate-bake COMMAND -c config.yaml … images`. */
  run(command: string, ...args: string[]): Promise<Finished>;
  /** Changes images, or adds some. */
  sketch(images: Sketch): void;
  /** Sets keys of config.yaml anew. */
  configure(config: Readonly<Record<string, unknown>>): void;
}

/** One tree `images` with its config.yaml, built on an engine. */
export function buildTree(
  engine: Engine,
  config: Readonly<Record<string, unknown>>,
  images: Sketch,
  env: NodeJS.ProcessEnv = {},
): BuildTree {
  const tree = scratchTree({
    'home/': '',
    'state/': '',
    'tmp/': '',
    'locks/': '',
    'work/images/': '',
  });
  const environment = {
    ...engine.env,
    HOME: tree.at('home'),
    XDG_STATE_HOME: tree.at('state'),
    TMPDIR: tree.at('tmp'),
    GENERATE_BAKE_LOCK_DIRECTORY: tree.at('locks'),
    ...env,
  };
  const configure = (keys: Readonly<Record<string, unknown>>): void =>
    // JSON is YAML.
    tree.write({ 'work/config.yaml': JSON.stringify(keys) });
  const sketch = (more: Sketch): void => tree.write(sketchFiles('work/images', more));
  configure(config);
  sketch(images);
  return {
    ...tree,
    env: environment,
    run: (command, ...args) =>
      runCli([command, '-c', 'config.yaml', ...args, 'images'], {
        cwd: tree.at('work'),
        env: environment,
      }),
    sketch,
    configure,
  };
}

/** The parts of `--report` that tests look at. */
export interface Report {
  readonly exitCode: number;
  readonly interrupted: boolean;
  readonly criticalPath: { readonly images: readonly string[]; readonly milliseconds: number };
  readonly latest: readonly { readonly repository: string; readonly digest: string }[];
  readonly images: readonly {
    readonly reference: string;
    readonly reasons?: readonly { readonly kind: string }[];
    readonly state: string;
    readonly why: string;
    readonly ending: string;
    readonly reason?: string;
    readonly awaits?: readonly string[];
    readonly during?: string;
    readonly attempts: number;
    readonly buildMs?: number;
    readonly cachedSteps?: number;
    readonly steps?: number;
    readonly digest?: string;
    readonly staged?: string;
    readonly log?: string;
    readonly tested?: boolean;
    readonly untested?: string;
    readonly testedOn?: readonly string[];
    readonly untestedOn?: readonly string[];
    readonly parents: readonly { readonly reference: string; readonly digest?: string }[];
  }[];
}

/** A report, held to doc/report.schema.json. */
export function readReport(file: string): Report {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  isReport ??= new Ajv2020({ strict: false, validateFormats: false }).compile(
    JSON.parse(readFileSync(join(root, 'doc/report.schema.json'), 'utf8')),
  );
  assert.ok(isReport(report), JSON.stringify(isReport.errors));
  return report;
}

let isReport: ValidateFunction | undefined;

/** References by how their part of the run ended, sorted. */
export function endings({ images }: Report): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { reference, ending } of images) {
    const name = reference.replace(/^.*\/([^/]*)$/, '$1');
    found[ending] = [...(found[ending] ?? []), name];
  }
  for (const names of Object.values(found)) {
    names.sort();
  }
  return found;
}
