import { approximate } from '#builder/report/time.js';
import { codeSpan } from '#core/text/markdown.js';
import type { ShownImage, UpgradeRecord } from '#fleet/upgrade/document.js';
import type { Brought } from '#fleet/upgrade/line.js';
import { sizeText } from '#upkeep/prune/localPrune.js';

/** So many rows a table has. */
const most = 500;

/**
 * A proposal for people who merge it: packages, images, owners, and what is left as it is.
 *
 * @param others lines about the latter
 */
export function upgradeMarkdown({ images }: UpgradeRecord, others: readonly string[]): string {
  const packages = packageRows(images);
  const time = sum(images.map(({ duration }) => duration));
  const size = sum(images.map((image) => image.size));
  const facts = [
    ...(time === undefined ? [] : [`the last builds of these took ${approximate(time)} together`]),
    ...(size === undefined ? [] : [`${sizeText(size)} to push`]),
  ];
  return `${[
    `## Upgrade of ${countOf(packages.length, 'package')} in ${countOf(images.length, 'image')}`,
    ...(facts.length === 0 ? [] : [`${capital(facts.join('; '))}.`]),
    ...(packages.length === 0
      ? []
      : [tableOf(['Package', 'Candidate', 'Images', 'Security'], packages)]),
    ...(images.length === 0
      ? []
      : [
          tableOf(
            ['Image', 'From', 'To', 'Owner', 'Why', 'Last build', 'Size'],
            images.map(imageRow),
          ),
        ]),
    ...(others.length === 0
      ? []
      : [`### Left as it is\n\n${others.map((line) => `- ${codeSpan(line)}`).join('\n')}`]),
    '',
  ]
    .join('\n\n')
    .trimEnd()}\n`;
}

function packageRows(images: readonly ShownImage[]): readonly (readonly string[])[] {
  const found = new Map<string, { readonly brought: Brought; count: number }>();
  for (const { packages } of images) {
    for (const brought of packages) {
      const key = `${brought.name} ${brought.candidate}`;
      const known = found.get(key) ?? { brought, count: 0 };
      known.count++;
      found.set(key, known);
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { brought, count }]) => [
      codeSpan(brought.name),
      codeSpan(brought.candidate),
      String(count),
      brought.isSecurity ? 'security' : '',
    ]);
}

function imageRow({
  name,
  fromVersion,
  toVersion,
  owner,
  role,
  duration,
  size,
}: ShownImage): readonly string[] {
  const why = { entering: 'packages enter here', below: 'built on it', toolchain: 'built with it' };
  return [
    codeSpan(name),
    codeSpan(fromVersion),
    toVersion === undefined ? '' : codeSpan(toVersion),
    owner === undefined ? '' : codeSpan(owner),
    why[role],
    duration === undefined ? '' : approximate(duration),
    size === undefined ? '' : sizeText(size),
  ];
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const more = rows.length - most;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...rows.slice(0, most).map(line),
    ...(more > 0 ? [`\nand ${more} more`] : []),
  ].join('\n');
}

/** Undefined where none is known. */
function sum(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : known.reduce((all, each) => all + each, 0);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function countOf(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
