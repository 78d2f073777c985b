import { repositoryOf } from '#core/reference/reference.js';
import type { ReportDocument } from './document.js';
import type { ImageRecord } from './record.js';

/**
 * The run as a JUnit file: one test case an image that the run touched, as CI systems show them.
 * https://github.com/testmoapp/junitxml describes what they read.
 */
export function junit(
  records: Iterable<ImageRecord>,
  unnamed: ReportDocument['unnamed'] = [],
): string {
  const all = [...records];
  const touched = all.filter((record) => record.ending !== 'untouched');
  // Where others are told of public images, they are not told the names of private ones.
  const isPublic = [...all, ...unnamed].some((each) => each.private === undefined);
  const cases = isPublic ? touched.map(hiding()) : touched;
  const count = (...endings: ImageRecord['ending'][]): number =>
    cases.filter((record) => endings.includes(record.ending)).length;
  const totals =
    `tests="${cases.length + unnamed.length}" failures="${count('failed') + unnamed.length}" ` +
    `skipped="${count('skipped', 'unfinished')}" time="${seconds(cases.reduce((sum, record) => sum + time(record), 0))}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="generate-bake build" ${totals}>`,
    ...cases.flatMap(testCase),
    ...(isPublic ? unnamed.map(hidingPath()) : unnamed).flatMap(unnamedCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** Gives private images numbers for names, and no reasons. */
function hiding(): (record: ImageRecord) => ImageRecord {
  let number = 0;
  return (record) => {
    if (record.private === undefined) {
      return record;
    }
    const { reason, ...others } = record;
    const name = `${hidden} ${++number}` as ImageRecord['reference'];
    const why = reason === undefined ? {} : { reason: unsaid };
    return { ...others, reference: name, ...why };
  };
}

/** The same of those whose name is not known. */
function hidingPath(): (image: Unnamed) => Unnamed {
  let number = 0;
  return (image) =>
    image.private === undefined
      ? image
      : { tree: hidden, path: `${hidden} without a name ${++number}`, reason: unsaid };
}

type Unnamed = ReportDocument['unnamed'][number];

const hidden = 'private image';
const unsaid = 'see the log of the run: the image is private';

function testCase(record: ImageRecord): string[] {
  const repository = repositoryOf(record.reference);
  const open =
    `    <testcase classname="${xml(repository)}" ` +
    `name="${xml(record.reference)}" time="${seconds(time(record))}"`;
  const reason = xml(record.reason ?? '');
  switch (record.ending) {
    case 'failed':
      return [
        `${open}>`,
        `      <failure type="${record.during ?? 'build'}" message="${reason}"/>`,
        '    </testcase>',
      ];
    case 'skipped':
    case 'unfinished':
      return [
        `${open}>`,
        `      <skipped message="${reason || 'not finished'}"/>`,
        '    </testcase>',
      ];
    default:
      return [`${open}/>`];
  }
}

/** A definition of which not even the name is known is a case that failed, under its directory. */
function unnamedCase({ tree, path, reason }: Unnamed): string[] {
  return [
    `    <testcase classname="${xml(tree)}" name="${xml(path)}" time="0.000">`,
    `      <failure type="definition" message="${xml(reason)}"/>`,
    '    </testcase>',
  ];
}

function time(record: ImageRecord): number {
  return (record.buildMs ?? 0) + (record.verifyMs ?? 0) + (record.publishMs ?? 0);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

/** Text for an attribute; characters that XML 1.0 cannot hold become U+FFFD. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"\n\r\t]/g, (char) => `&#${char.charCodeAt(0)};`);
}
