import { join } from 'node:path';
import { isGiven, readStageDockerfile } from '#compiler/definitions/stages/stageDockerfile.js';
import { readVars, type Variable } from '#compiler/definitions/stages/vars.js';
import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import { placeOfLine, warning } from '#core/diagnostics/diagnostic.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import {
  appendedLines,
  braced,
  debootstrapCall,
  imageName,
  importedName,
  namesScript,
} from './buildScript.js';

/** The files of a repository of stages, as far as the import looks at them. */
export interface Repository {
  /** As a person would write it from the working directory. */
  readonly shown: string;
  /** Paths of files, relative, sorted. */
  readonly files: readonly string[];
  /** Undefined where a file cannot be read as text. */
  readonly read: (file: string) => string | undefined;
}

export interface Imported {
  /** Paths relative to the repository. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** What was recognised, a sentence each. */
  readonly carried: readonly string[];
  /** What the new files do besides, a sentence each; absent: nothing. */
  readonly said?: readonly string[];
  /** What a person has to look at: warnings, each with its place. */
  readonly left: readonly Diagnostic[];
}

/**
 * The workspace file for a repository of `Dockerfile.<stage>`, a vars file and a build script, and a
 * rootfs.toml where a script runs debootstrap. What cannot be carried over is said, never guessed.
 */
export function importStages(repository: Repository, today: Date): Imported {
  return new Importer(repository, today).run();
}

const varsNames = ['vars.sh', 'vars.env', 'variables.sh', 'env.sh', '.env'];

class Importer {
  readonly #repository: Repository;
  readonly #today: Date;
  readonly #carried: string[] = [];
  readonly #left: Diagnostic[] = [];
  readonly #made: { path: string; text: string }[] = [];
  #vars: string | undefined;
  #values: ReadonlyMap<string, Variable> = new Map();

  constructor(repository: Repository, today: Date) {
    this.#repository = repository;
    this.#today = today;
  }

  run(): Imported {
    const { files } = this.#repository;
    const there = files
      .filter((file) => /^Dockerfile\.[^/]+$/.test(file) && !file.endsWith('.dockerignore'))
      .map((file) => file.slice('Dockerfile.'.length));
    this.#readVars();
    const stages = this.#stages(there);
    const scripts = files.filter((file) => /^[^/]+\.sh$/.test(file) && file !== this.#vars);
    const trailer = this.#trailer(scripts);
    const name = this.#imageName(scripts);
    const directories = this.#stageDirectories(stages.names);
    const rootfs = this.#stageScripts(stages.names, directories);
    this.#dockerfiles(stages.names, rootfs?.alias);
    this.#otherScripts(scripts);
    const tests = this.#tests(stages.names, directories);

    const keys: (readonly [string, string])[] = [
      ['kind', quoted('stages')],
      ['directory', quoted('.')],
      ...(this.#vars === undefined ? [] : [['vars', quoted(this.#vars)] as const]),
      ['prefix', quoted(name.prefix)],
      ['version', quoted(name.version)],
      ...(stages.written === undefined ? [] : [['stages', quoted(stages.written)] as const]),
      ...(rootfs === undefined ? [] : [['rootfs', quoted(rootfs.directory)] as const]),
      ...(tests.length === 0 ? [] : [['tests', `[${tests.map(quoted).join(', ')}]`] as const]),
      ...(trailer.length === 0 ? [] : [['trailer', multiline(trailer)] as const]),
    ];
    const width = Math.max(...keys.map(([key]) => key.length));
    const body = keys.map(([key, value]) => `${key.padEnd(width)} = ${value}\n`).join('');
    const head =
      '# Written by generate-bake import: doc/generations.md tells what the keys mean.\n';
    this.#made.unshift({ path: 'generate-bake.toml', text: `${head}[[tree]]\n${body}` });
    return { files: this.#made, carried: this.#carried, left: this.#left };
  }

  #readVars(): void {
    const { files, read } = this.#repository;
    this.#vars = varsNames.find((name) => files.includes(name));
    if (this.#vars === undefined) {
      return;
    }
    const result = readVars(this.#shown(this.#vars), read(this.#vars) ?? '');
    this.#values = result.value;
    for (const { message, place, hint } of result.diagnostics) {
      this.#leave(`the vars file cannot be read: ${message}`, place ?? this.#at(this.#vars), hint);
    }
    if (result.diagnostics.length === 0) {
      this.#carried.push(`${result.value.size} values from ${this.#vars}`);
    }
  }

  #stages(there: readonly string[]): {
    readonly names: readonly string[];
    readonly written?: string;
  } {
    const listed = ['BUILD_STAGES', 'STAGES'].find((name) => this.#values.has(name));
    const words = (this.#values.get(listed ?? '')?.value ?? '')
      .split(/\s+/)
      .filter((word) => word !== '');
    if (listed === undefined || words.length === 0 || words.some((word) => !there.includes(word))) {
      this.#carried.push(`the stages ${there.join(', ')}`);
      return { names: there };
    }
    this.#carried.push(`the stages of ${listed}: ${words.join(', ')}`);
    const pushed = this.#values.get('PUSH_STAGES');
    if (
      pushed !== undefined &&
      pushed.value.split(/\s+/).sort().join() !== [...words].sort().join()
    ) {
      this.#leave(
        'PUSH_STAGES pushes other stages than are built',
        pushed.place,
        'leave some out with --exclude',
      );
    }
    return { names: words, written: `\${${listed}}` };
  }

  #trailer(scripts: readonly string[]): readonly string[] {
    const { files, read } = this.#repository;
    for (const script of scripts) {
      const lines = appendedLines(read(script) ?? '');
      if (lines.length === 0) {
        continue;
      }
      const kept = lines.filter(({ onlyIf }) => onlyIf === undefined || files.includes(onlyIf));
      this.#carried.push(
        `the trailer that ${script} generates (${kept.length} lines, from line ${lines[0]?.line})`,
      );
      for (const { instruction, line, text } of kept) {
        if (!/\$/.test(instruction)) {
          continue;
        }
        const message = 'a variable of the shell in the trailer is one of the Dockerfile now';
        this.#leave(
          message,
          { ...this.#at(script), line, lineText: text },
          `see that ${instruction} still means what it did`,
        );
      }
      return kept.map(({ instruction }) => instruction);
    }
    return [];
  }

  #imageName(scripts: readonly string[]): { readonly prefix: string; readonly version: string } {
    const { read } = this.#repository;
    for (const script of [...(this.#vars === undefined ? [] : [this.#vars]), ...scripts]) {
      const found = imageName(read(script) ?? '');
      if (found === undefined) {
        continue;
      }
      this.#carried.push(
        `the names of images, ${found.prefix}<stage>:${found.version}, from ${script}`,
      );
      return found;
    }
    const prefix = this.#values.has('IMAGE_PREFIX') ? '${IMAGE_PREFIX}' : '';
    const message = 'no script says how images are named';
    this.#leave(
      message,
      { file: this.#repository.shown },
      `see that prefix = "${prefix}" and version = "\${VERSION}" are right`,
    );
    return { prefix, version: '${VERSION}' };
  }

  /** Where a stage keeps its files: `docker/<stage>` or `<stage>`. */
  #stageDirectories(stages: readonly string[]): string {
    const { files } = this.#repository;
    const holds = (pattern: string): boolean =>
      stages.some((stage) => files.some((file) => file.startsWith(`${filled(pattern, stage)}/`)));
    return ['docker/{stage}', 'stages/{stage}', '{stage}'].find(holds) ?? 'docker/{stage}';
  }

  /** Scripts around a build: a debootstrap among them becomes a root filesystem, the rest is reported. */
  #stageScripts(
    stages: readonly string[],
    directories: string,
  ): { readonly directory: string; readonly alias?: string } | undefined {
    const { files, read } = this.#repository;
    let rootfs: { readonly directory: string; readonly alias?: string } | undefined;
    for (const stage of stages) {
      const directory = filled(directories, stage);
      const own = files.filter((file) => file.startsWith(`${directory}/`));
      const hooks = own.filter((file) =>
        /\/(?:build|push|run)\.(?:pre|post)\.sh$|\/env\.sh$/.test(file),
      );
      for (const hook of hooks) {
        const text = read(hook) ?? '';
        const helpers = own.filter((file) => file !== hook && namesScript(text, baseOf(file)));
        const calling = [hook, ...helpers].find(
          (file) => debootstrapCall(read(file) ?? '') !== undefined,
        );
        if (calling === undefined || rootfs !== undefined) {
          this.#leave(
            'this script runs on the host around a build, which nothing does here',
            this.#at(hook),
            hintFor(hook),
          );
          continue;
        }
        rootfs = this.#rootfs(calling, importedName(text) ?? importedName(read(calling) ?? ''));
        for (const script of new Set([hook, calling, ...helpers])) {
          this.#leave(
            'only its debootstrap call was carried over',
            this.#at(script),
            'what else it does belongs into rootfs.toml ([[files]], packages) or a Dockerfile',
          );
        }
      }
    }
    return rootfs;
  }

  #rootfs(
    script: string,
    alias: string | undefined,
  ): { readonly directory: string; readonly alias?: string } {
    const call = debootstrapCall(this.#repository.read(script) ?? '');
    const directory = 'rootfs';
    const value = (written: string): string =>
      this.#expanded(written.replace(/^(["'])(.*)\1$/, '$2'));
    const list = (written: string): string =>
      `[${value(written)
        .split(',')
        .filter((item) => item !== '')
        .map(quoted)
        .join(', ')}]`;
    const name = alias?.replace(/:[^/]*$/, '').replace(/^.*\//, '') ?? 'rootfs';
    const lines = [
      `name = ${quoted(name)}`,
      `suite = ${quoted(value(call?.suite ?? ''))}`,
      `timestamp = ${quoted(this.#today.toISOString().slice(0, 10))}`,
      ...(call?.variant === undefined ? [] : [`variant = ${quoted(value(call.variant))}`]),
      ...(call?.components === undefined ? [] : [`components = ${list(call.components)}`]),
      ...(call?.architecture === undefined
        ? []
        : [`architecture = ${quoted(value(call.architecture))}`]),
      ...(call?.include === undefined ? [] : [`packages = ${list(call.include)}`]),
      ...(call?.mirror === undefined
        ? []
        : [`mirrors = [${quoted(value(call.mirror).replace(/\/$/, ''))}]`]),
      ...(alias === undefined ? [] : [`aliases = [${quoted(alias)}]`]),
    ];
    this.#made.push({ path: `${directory}/rootfs.toml`, text: `${lines.join('\n')}\n` });
    this.#carried.push(`the root filesystem that ${script} makes, as ${directory}/rootfs.toml`);
    return { directory, ...(alias === undefined ? {} : { alias }) };
  }

  #dockerfiles(stages: readonly string[], alias: string | undefined): void {
    const { read } = this.#repository;
    for (const stage of stages) {
      const file = `Dockerfile.${stage}`;
      const text = read(file) ?? '';
      for (const { severity, message, hint, span } of readDockerfile(text).problems) {
        const place = placeOfLine(this.#shown(file), text, span.line, span.column, span.length);
        this.#leave(
          severity === 'error' ? `Docker refuses this: ${message}` : message,
          place,
          hint,
        );
      }
      const { open, withDefault } = readStageDockerfile(text);
      for (const { name, span } of open) {
        if (name === 'STAGE' || this.#values.has(name) || withDefault.has(name) || isGiven(name)) {
          continue;
        }
        const place = placeOfLine(this.#shown(file), text, span.line, span.column, span.length);
        this.#leave(`ARG ${name} has no default and no value`, place, `set it in [tree.values]`);
      }
      for (const { base } of readDockerfile(text).stages) {
        const written = this.#expanded(base.text);
        if (written === alias || written === 'scratch' || !/:local$|:latest$/.test(written)) {
          continue;
        }
        const place = placeOfLine(
          this.#shown(file),
          text,
          base.span.line,
          base.span.column,
          base.span.length,
        );
        this.#leave(
          `${written} is an image that something outside makes`,
          place,
          'make it a rootfs.toml, or name an image of a registry',
        );
      }
    }
  }

  #tests(stages: readonly string[], directories: string): readonly string[] {
    const { files } = this.#repository;
    const found = ['test.sh', 'goss.yaml'].filter((name) =>
      stages.some((stage) => files.includes(`${filled(directories, stage)}/${name}`)),
    );
    if (found.length > 0) {
      this.#carried.push(`the tests ${found.join(' and ')} of the stages`);
    }
    for (const stage of stages) {
      const waiting = `${filled(directories, stage)}/goss_wait.yaml`;
      if (files.includes(waiting)) {
        this.#leave(
          'nothing waits for this before the tests',
          this.#at(waiting),
          'put what it waits for into goss.yaml, with a timeout',
        );
      }
    }
    return found.map((name) => `${directories}/${name}`);
  }

  #otherScripts(scripts: readonly string[]): void {
    const { read } = this.#repository;
    for (const script of scripts) {
      const text = read(script) ?? '';
      if (/docker(?:\s+\w+)*\s+run\b/.test(text)) {
        this.#leave(
          'this script runs containers, which nothing does here',
          this.#at(script),
          'keep it, or write a compose file',
        );
      }
    }
  }

  #expanded(text: string): string {
    return braced(text).replace(
      /\$\{(\w+)\}/g,
      (written, name: string) => this.#values.get(name)?.value ?? written,
    );
  }

  #leave(message: string, place: Place, hint?: string): void {
    this.#left.push(
      warning('not-carried-over', message, hint === undefined ? { place } : { place, hint }),
    );
  }

  #at(file: string): Place {
    return { file: this.#shown(file) };
  }

  #shown(file: string): string {
    return join(this.#repository.shown, file);
  }
}

function hintFor(file: string): string {
  if (file.endsWith('/env.sh')) {
    return 'options of a build belong behind `--`, values into [tree.values]';
  }
  return 'do it in the Dockerfile, or in a script that calls generate-bake';
}

function baseOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function filled(pattern: string, stage: string): string {
  return pattern.replace('{stage}', stage);
}

/** JSON's escapes are TOML's too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function multiline(lines: readonly string[]): string {
  const text = lines.join('\n');
  return text.includes("'''") ? quoted(text) : `'''\n${text}\n'''`;
}
