import type { TargetName } from '#core/reference/brands.js';

/**
 * Names of bake targets and groups. Bake takes `[a-zA-Z0-9_-]+` only, a group silently shadows a
 * target of the same name, and a leading `_` hides a target (doc/dev/bake.md, The file).
 *
 * The mapping is injective. In a legal path no separators touch, so that the length of a run of
 * underscores says what it stands for:
 *
 *     .  _        /  __        _  ___        __  ____        -  itself
 *
 * Five underscores are ours: after a text that is no such path (then every byte outside
 * `[a-z0-9-]` is `_` and two hexadecimal digits), before what tells two images of one path apart,
 * and after the word that would make a name one of our groups' (`tree_____-x`).
 */
export function targetName(path: string, distinction?: string): TargetName {
  const name = encode(path).replace(reserved, `$&${escapeMark}`);
  const whole = distinction === undefined ? name : `${name}${escapeMark}${encode(distinction)}`;
  return whole as TargetName;
}

/**
 * The group of all targets of a tree. A tree is mostly named by its directory, so that paths which
 * begin elsewhere stay readable: `../a` and `/a` become `a` with what they begin with behind it.
 */
export function treeGroupName(tree: string): string {
  const [, start = '', rest = ''] = /^((?:\.\.\/)+|\/)(.*)$/s.exec(tree) ?? [];
  if (start === '' || !pathPattern.test(rest)) {
    return `tree-${encode(tree)}`;
  }
  const where = start === '/' ? 'root' : `up${start.length / 3}`;
  return `tree-${encode(rest)}${escapeMark}${where}`;
}

/** The group of a wave, which counts from 1: `wave-001`. */
export function waveGroupName(number: number): string {
  return `wave-${String(number).padStart(3, '0')}`;
}

const escapeMark = '_____';
/** The words of our groups' names: `all`, `default`, `wave-001`, `tree-images`. */
const reserved = /^(?:all$|default$|wave(?=-[0-9]+$)|tree(?=-))/;
/** A repository path: https://github.com/distribution/reference (path-component). */
const pathPattern = /^[a-z0-9]+(?:(?:[./_]|__|-+)[a-z0-9]+)*$/;

function encode(text: string): string {
  if (!pathPattern.test(text)) {
    return `${hexadecimal(text)}${escapeMark}`;
  }
  if (!/[._/]/.test(text)) {
    return text;
  }
  return text.replace(/__|[._/]/g, (separator) => underscores[separator] ?? separator);
}

const underscores: Readonly<Record<string, string>> = {
  '.': '_',
  '/': '__',
  _: '___',
  __: '____',
};

function hexadecimal(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a);
    // A leading `-` would be an option on bake's command line.
    if (plain || (byte === 0x2d && result !== '')) {
      result += String.fromCharCode(byte);
    } else {
      result += `_${byte.toString(16).padStart(2, '0')}`;
    }
  }
  return result;
}
