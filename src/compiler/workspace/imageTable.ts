import type { Place } from '#core/diagnostics/diagnostic.js';
import { tagProblem } from '#core/reference/legal.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { readArgs } from './argKeys.js';
import { type BuildKeys, readBuildKeys } from './buildKeys.js';
import { type GateKeys, readExpectedPaths } from './gateKeys.js';
import { type LatestMode, readLatest, readPrivate } from './publishKeys.js';

/** What an image.toml, or an `[[image]]` table, says of one image; nothing of it is looked at yet. */
export interface ImageTable extends BuildKeys, Pick<GateKeys, 'expectedChanges'> {
  /** Where it begins. */
  readonly place: Place;
  readonly name?: Found<string>;
  readonly version?: Found<string>;
  readonly description?: string;
  /** Who answers for it. */
  readonly owner?: string;
  readonly context?: Found<string>;
  readonly dockerfile?: Found<string>;
  readonly target?: string;
  /** `{version}` and `{date}` are to be replaced. */
  readonly tags: readonly Found<string>[];
  readonly labels: ReadonlyMap<string, string>;
  readonly args: ReadonlyMap<string, string>;
  readonly aliases: readonly string[];
  readonly tests?: readonly Found<string>[];
  /** What the image is made of, in place of what COPY and ADD name. */
  readonly inputs?: readonly Found<string>[];
  /** Who moves its `latest`; absent: as its tree says. */
  readonly latest?: LatestMode;
  /** Whether it is private; absent: as its tree says. */
  readonly private?: Found<boolean>;
}

/** Reads the keys of one image; `finish` is left to the caller, who may have more. */
export function readImageTable(table: TableReader): ImageTable {
  const text = (key: string): Found<string> | undefined => nonEmpty(table, key);
  const name = text('name');
  const version = text('version');
  const description = table.string('description');
  const owner = text('owner');
  const context = text('context');
  const dockerfile = text('dockerfile');
  const target = text('target');
  const tags = readTags(table);
  const labels = table.stringTable('labels') ?? new Map();
  const args = new Map([...(readArgs(table, true) ?? [])].map(([key, { value }]) => [key, value]));
  const aliases = (table.strings('aliases', 'a reference') ?? []).map(({ value }) => value);
  const tests = table.strings('tests', 'the path of a test');
  const inputs = readPaths(table, 'inputs');
  const latest = readLatest(table);
  const privacy = readPrivate(table);
  const building = readBuildKeys(table, true);
  const expectedChanges = readExpectedPaths(table);
  return {
    place: table.place,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner: owner.value }),
    ...(context === undefined ? {} : { context }),
    ...(dockerfile === undefined ? {} : { dockerfile }),
    ...(target === undefined ? {} : { target: target.value }),
    tags,
    labels,
    args,
    aliases,
    ...(tests === undefined ? {} : { tests }),
    ...(inputs === undefined ? {} : { inputs }),
    ...latest,
    ...privacy,
    ...building,
    ...(expectedChanges === undefined ? {} : { expectedChanges }),
  };
}

/** A text that must not be empty where it is given. */
export function nonEmpty(table: TableReader, key: string): Found<string> | undefined {
  const value = table.string(key);
  if (value === '') {
    table.complain(`${key} must not be empty`, table.valuePlace(key));
  }
  return value === undefined ? undefined : { value, place: table.valuePlace(key) };
}

/** Tags in which `{version}` and `{date}` may be. */
export function readTags(table: TableReader): readonly Found<string>[] {
  const tags = table.strings('tags', 'a tag') ?? [];
  for (const { value, place } of tags) {
    const problem = tagProblem(value.replace(/\{(?:version|date)\}/g, '0'));
    if (problem === undefined) {
      continue;
    }
    const unknown = /\{[^{}]*\}/.exec(value.replace(/\{(?:version|date)\}/g, ''))?.[0];
    if (unknown === undefined) {
      table.complain(tagProblem(value)?.message ?? problem.message, place);
    } else {
      const message = `"${value}" has ${unknown}, which is not replaced`;
      table.complain(message, place, 'write {version} or {date}');
    }
  }
  return tags;
}

/** Paths, none of them empty. */
export function readPaths(table: TableReader, key: string): readonly Found<string>[] | undefined {
  const paths = table.strings(key, 'a path');
  for (const { value, place } of paths ?? []) {
    if (value === '') {
      table.complain(`a path of ${key} is empty`, place);
    }
  }
  return paths;
}
