import { dirname } from 'node:path';
import type { KnownFrontends } from '#compiler/plan/frontends.js';
import { isRecord } from '#core/data/record.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { readText } from '#core/files/readBytes.js';
import { replaceFile } from '#core/files/writeFile.js';
import { takesOf } from '#formats/blubber/frontendTakes.js';

/** The labels of frontends, from the run that read them to those that ask nobody. Losing them costs time, never truth. */
export interface FrontendRecord {
  /** By the reference of the frontend; empty: it has no such label; undefined: nobody has read it. */
  get(reference: string): string | undefined;
  set(reference: string, label: string): void;
  /** Writes what was learnt; what cannot be written is left as it is. */
  save(): void;
  known(): KnownFrontends;
}

const format = 1;
/** Of more frontends than this, those that were read longest ago are forgotten. */
const most = 1_000;

/** A record in one file; one that is missing, unreadable or of another format is empty. */
export function frontendRecord(file: string): FrontendRecord {
  const labels = new Map(read(file));
  let learnt = false;
  return {
    get: (reference) => labels.get(reference),
    set(reference, label) {
      learnt ||= labels.get(reference) !== label;
      labels.delete(reference);
      labels.set(reference, label);
    },
    save() {
      if (learnt) {
        write(file, JSON.stringify({ format, labels: [...labels].slice(-most) }));
      }
    },
    known: () =>
      new Map([...labels].map(([reference, label]) => [reference, takesOf(label)] as const)),
  };
}

function read(file: string): readonly (readonly [string, string])[] {
  try {
    const content: unknown = JSON.parse(readText(file));
    const labels = isRecord(content) && content.format === format ? content.labels : [];
    return Array.isArray(labels) ? labels.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is readonly [string, string] {
  return (
    Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'string')
  );
}

function write(file: string, text: string): void {
  try {
    makeDirectory(dirname(file));
    replaceFile(file, text, undefined);
  } catch {
    // It only saves work.
  }
}
