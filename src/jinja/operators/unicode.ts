import { notSupported } from '../errors.js';

/**
 * Characters that Unicode has only since version 15, and letters that got an upper case since: what
 * a version of Python takes them for depends on its age, and so does Node.
 */
const ranges =
  String.raw`\u019b\u0264\ua7d3\ua7d5\u088f\u0897\u0c5c\u0cdc\u0cf3\u0ece\u1acf-\u1aeb\u1b4e\u1b4f\u1b7f\u1c89\u1c8a\u20c1` +
  String.raw`\u2427-\u2429\u2b96\u2ffc-\u2fff\u31e4-\u31ef\ua7cb-\ua7cf\ua7d2\ua7d4\ua7da-\ua7f1` +
  String.raw`\ufbc3-\ufbd2\ufd90\ufd91\ufdc8-\ufdce\u{105c0}-\u{105f3}\u{10940}-\u{10959}` +
  String.raw`\u{10d40}-\u{10d8f}\u{10ec2}-\u{10eff}\u{1123f}-\u{11241}\u{11380}-\u{113e2}` +
  String.raw`\u{116d0}-\u{116e3}\u{11b00}-\u{11bf9}\u{11db0}-\u{11de9}\u{11f00}-\u{11f5a}` +
  String.raw`\u{1342f}\u{13439}-\u{143fa}\u{16100}-\u{16139}\u{16d40}-\u{16d79}\u{16ea0}-\u{16ed3}` +
  String.raw`\u{16ff2}-\u{16ff6}\u{187f8}-\u{187ff}\u{18cff}\u{18d09}-\u{18df2}\u{1b132}\u{1b155}` +
  String.raw`\u{1cc00}-\u{1cef0}\u{1d2c0}-\u{1d2d3}\u{1df25}-\u{1df2a}\u{1e030}-\u{1e08f}` +
  String.raw`\u{1e4d0}-\u{1e6ff}\u{1f6d8}-\u{1f6dc}\u{1f774}-\u{1f77f}\u{1f7d9}\u{1f8b2}-\u{1f8d8}` +
  String.raw`\u{1fa54}-\u{1fa57}\u{1fa75}-\u{1fa77}\u{1fa87}-\u{1fa8f}\u{1faad}-\u{1faaf}` +
  String.raw`\u{1fabb}-\u{1fabf}\u{1fac6}-\u{1facf}\u{1fada}-\u{1fadf}\u{1fae8}-\u{1faef}` +
  String.raw`\u{1faf7}\u{1faf8}\u{1fbcb}-\u{1fbef}\u{1fbfa}\u{2b739}-\u{2b73f}\u{2cea2}-\u{2cead}` +
  String.raw`\u{2ebf0}-\u{2ee5d}\u{31350}-\u{33479}`;

const ascii = /^[\0-\x7f]*$/;
let newer: RegExp | undefined;

/** A text whose characters all versions of Python 3.11 and later agree on; others are refused. */
export function settled(text: string): string {
  if (ascii.test(text)) {
    return text;
  }
  newer ??= new RegExp(`[${ranges}]`, 'u');
  if (newer.test(text)) {
    throw notSupported('asking for the nature of characters this new');
  }
  return text;
}
