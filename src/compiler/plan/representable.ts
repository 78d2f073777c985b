import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import type { PlannedTarget } from './plan.js';

/**
 * What no bake file can hold, however it is escaped (doc/dev/bake.md, Escaping): HCL normalises every
 * string to NFC, and a JSON or HCL file is UTF-8, which has no lone surrogates.
 */
export type Unrepresentable = 'not-nfc' | 'lone-surrogate';

/** Why bake would not give `text` back as it is; undefined where it does. */
export function unrepresentable(text: string): Unrepresentable | undefined {
  // Below U+0300 nothing composes: nearly every text ends here.
  if (!beyondLatin.test(text)) {
    return undefined;
  }
  if (loneSurrogate.test(text)) {
    return 'lone-surrogate';
  }
  return text.normalize('NFC') === text ? undefined : 'not-nfc';
}

/** Errors for every string of a target, other than its Dockerfile, that bake would not give back. */
export function refuseUnrepresentable(target: PlannedTarget, place: Place): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const check = (text: string, what: string, name = text) => {
    const reason = unrepresentable(text);
    if (reason === undefined) {
      return;
    }
    diagnostics.push(
      error(
        'unrepresentable',
        `${what} ${JSON.stringify(name)} of ${target.image} ${reasons[reason]}`,
        {
          place,
          hint: 'write it in normalisation form C (rename the directory, retype the value)',
        },
      ),
    );
  };
  check(target.context, 'the directory');
  if (target.stage !== undefined) {
    check(target.stage, 'the stage');
  }
  for (const tag of target.tags) {
    check(tag, 'the tag');
  }
  for (const platform of target.platforms) {
    check(platform, 'the platform');
  }
  for (const secret of [...target.secret, ...target.ssh]) {
    check(secret, 'the secret');
  }
  for (const annotation of target.annotations) {
    check(annotation, 'the annotation');
  }
  for (const [key, value] of target.contexts) {
    check(key, 'the reference');
    check(value, 'the image', key);
  }
  for (const [key, value] of target.args) {
    check(key, 'the name of the build argument');
    check(value, 'the build argument', key);
  }
  for (const [key, value] of target.labels) {
    check(key, 'the name of the label');
    check(value, 'the label', key);
  }
  return diagnostics;
}

const reasons: Readonly<Record<Unrepresentable, string>> = {
  'not-nfc': 'is not in Unicode normalisation form C, and bake would change it',
  'lone-surrogate': 'contains a lone surrogate, which UTF-8 cannot encode',
};

const beyondLatin = /[\u0300-\uffff]/;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
