import { repositoryOf } from '#core/reference/reference.js';
import type { ReportDocument } from './document.js';
import { hidingOf } from './hiding.js';
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
  const hiding = hidingOf(all, unnamed);
  const touched = all.filter((record) => record.ending !== 'untouched');
  const cases = touched.map(hiding.image);
  const failed = cases.filter(({ ending }) => ending === 'failed').length;
  const totals =
    `tests="${cases.length + unnamed.length}" failures="${failed + unnamed.length}" ` +
    `skipped="${cases.filter(isSkipped).length}" time="${seconds(cases.reduce((sum, record) => sum + time(record), 0))}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="generate-bake build" ${totals}>`,
    ...cases.flatMap(testCase),
    ...unnamed.map(hiding.unnamed).flatMap(unnamedCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** What did not run to its end, or whose test did not run, though nothing failed. */
function isSkipped({ ending, awaits, untested }: ImageRecord): boolean {
  const isLeft = ending === 'skipped' || ending === 'unfinished';
  return isLeft || awaits !== undefined || (ending === 'built' && untested !== undefined);
}

type Unnamed = ReportDocument['unnamed'][number];

function testCase(record: ImageRecord): string[] {
  const repository = repositoryOf(record.reference);
  const open =
    `    <testcase classname="${xml(repository)}" ` +
    `name="${xml(record.reference)}" time="${seconds(time(record))}"`;
  const reason = xml(record.reason ?? '');
  if (record.awaits !== undefined) {
    return [`${open}>`, `      <skipped message="${reason}"/>`, '    </testcase>'];
  }
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
    default: {
      if (record.untested !== undefined) {
        const why = xml(`built, and not tested: ${record.untested}`);
        return [`${open}>`, `      <skipped message="${why}"/>`, '    </testcase>'];
      }
      const properties = platformProperties(record);
      return properties.length === 0
        ? [`${open}/>`]
        : [`${open}>`, ...properties, '    </testcase>'];
    }
  }
}

function platformProperties({ testedOn, untestedOn }: ImageRecord): string[] {
  const all = Object.entries({ testedOn, untestedOn }).flatMap(([name, platforms = []]) =>
    platforms.map((platform) => `        <property name="${name}" value="${xml(platform)}"/>`),
  );
  return all.length === 0 ? [] : ['      <properties>', ...all, '      </properties>'];
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
