import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBuildLog } from '#formats/dockerPkg/buildLog.js';

const time = '2026-11-27 01:02:03,456';

/** An entry as Python's logging writes it, with docker-pkg's format. */
function entry(message: string, file = 'builder.py:120', at = time): string {
  return `${at} [docker-pkg-build] INFO - ${message} (${file})\n`;
}

const made = (reference: string, dockerfile: string, at?: string) =>
  entry(`Generated dockerfile for ${reference}:\n${dockerfile}`, 'image.py:185', at);

const read = (text: string) => {
  const { dockerfiles, truncated } = readBuildLog(text);
  return { dockerfiles: Object.fromEntries(dockerfiles), truncated: [...truncated] };
};

test('every Dockerfile of a log, to the byte', () => {
  const one = 'FROM r/base:1\n\n# ü\nRUN a && \\\n    b';
  // With a line end of its own, the end of the message is on a line by itself.
  const two = 'FROM r/base:1\n';
  const log =
    entry('Building the images') +
    made('r/one:1.0-1', one) +
    entry('r/one:1.0-1 - buiding the image') +
    '2026-11-27 01:02:04,000 [docker-pkg-build] ERROR - Traceback\n  File "x.py", line 3\nKeyError (image.py:9)\n' +
    made('r/two:1', two, '2026-11-27 01:02:03');
  assert.deepEqual(read(log), {
    dockerfiles: { 'r/one:1.0-1': one, 'r/two:1': two },
    truncated: [],
  });
  assert.deepEqual(read(log.slice(0, -1)), read(log), 'the last line end does not matter');
});

test('of several runs in one file the last one counts', () => {
  const log =
    made('r/one:1', 'FROM old') +
    made('r/two:1', 'FROM x') +
    entry('Done') +
    made('r/one:1', 'FROM new');
  assert.deepEqual(read(log).dockerfiles, { 'r/one:1': 'FROM new', 'r/two:1': 'FROM x' });
});

/** An entry as docker-pkg writes it since its commit 060e9fb, and the three of an image that is built. */
const newEntry = (message: string, rest = 'INFO docker_pkg') =>
  `2026-11-27 07:25:56 ${rest}: ${message}\n`;
const newAnnounced = (reference: string, dockerfile: string) =>
  newEntry(`Generated dockerfile for ${reference}:\n${dockerfile}`);
const newMade = (reference: string, dockerfile: string) =>
  newAnnounced(reference, dockerfile) +
  newEntry(`${reference} - buiding the image`) +
  newEntry('Step 1/2 : FROM a', 'INFO docker_pkg.do_build.shop/os');

test('the format of docker-pkg since June 2025: every Dockerfile to the byte', () => {
  const one = 'FROM r/base:1\n\n# ü\nRUN a && \\\n    b';
  const two = 'FROM r/base:1\n';
  const three = 'FROM r/base:1\n\n\n';
  const failed = 'USER nobody';
  const log =
    newEntry('Starting new HTTP connection', 'DEBUG urllib3.connectionpool') +
    newMade('r/shop/os:0.1.0-1', one) +
    newMade('r/two:1', two) +
    newMade('r/three:1', three) +
    newMade('r/empty:1', '') +
    newAnnounced('r/failed:1', failed) +
    newEntry(
      'Unexpected error building image r/failed:1: non-numeric user\nTraceback …',
      'ERROR docker_pkg',
    );
  const dockerfiles = {
    'r/shop/os:0.1.0-1': one,
    'r/two:1': two,
    'r/three:1': three,
    'r/empty:1': '',
    'r/failed:1': failed,
  };
  assert.deepEqual(read(log), { dockerfiles, truncated: [] });
  // docker-pkg was upgraded between two runs that wrote into one file.
  assert.deepEqual(read(made('r/two:1', 'FROM old') + made('r/old:1', two) + log), {
    dockerfiles: { ...dockerfiles, 'r/old:1': two },
    truncated: [],
  });
});

test('the format since June 2025: lines like its own, and a Dockerfile that is cut off', () => {
  const like = [
    'FROM a',
    newEntry('something else').trim(),
    newEntry('r/one:1 - buiding the image', 'INFO docker_pkg.do_build.one').trim(),
    newEntry('r/one:11 - buiding the image').trim(),
    'r/one:1 - buiding the image',
    'RUN b (image.py:1)',
  ].join('\n');
  assert.deepEqual(read(newMade('r/one:1', like)).dockerfiles, { 'r/one:1': like });
  const cut = newAnnounced('r/one:1', 'FROM a\nRUN b');
  assert.deepEqual(read(cut), { dockerfiles: {}, truncated: ['r/one:1'] });
  assert.deepEqual(read(newMade('r/one:1', 'FROM a') + cut + newMade('r/two:1', 'FROM x')), {
    dockerfiles: { 'r/two:1': 'FROM x' },
    truncated: ['r/one:1'],
  });
});

test('lines of a Dockerfile that look like the log’s own belong to it', () => {
  const like = [
    'FROM a',
    `${time} [docker-pkg-build] INFO - Published`,
    'RUN echo (image.py:185)',
    'LABEL a="b (image.py:1)"',
    'RUN c (image.py:2)',
    'USER 1',
  ].join('\n');
  assert.deepEqual(read(made('r/one:1', like) + entry('next')).dockerfiles, { 'r/one:1': like });
});

test('a Dockerfile that is cut off is none', () => {
  const cut = made('r/one:1', 'FROM a\nRUN b\nRUN c').slice(0, -25);
  assert.deepEqual(read(cut), { dockerfiles: {}, truncated: ['r/one:1'] });
  // The next run is not lost with it, and an older one does not stand in for it.
  const log = `${made('r/one:1', 'FROM old') + cut}\n${made('r/two:1', 'FROM x')}`;
  assert.deepEqual(read(log), { dockerfiles: { 'r/two:1': 'FROM x' }, truncated: ['r/one:1'] });
  assert.deepEqual(read(`${log}${made('r/one:1', 'FROM b')}`), {
    dockerfiles: { 'r/one:1': 'FROM b', 'r/two:1': 'FROM x' },
    truncated: [],
  });
});

test('anything else is passed over', () => {
  for (const text of ['', '\n', '\0\0', 'Generated dockerfile for x:\nFROM a (image.py:1)\n']) {
    assert.deepEqual(read(text), { dockerfiles: {}, truncated: [] });
  }
  const odd = made('__proto__', 'FROM a') + made('r/x:1', '');
  assert.equal(readBuildLog(odd).dockerfiles.get('__proto__'), 'FROM a');
  assert.equal(readBuildLog(odd).dockerfiles.get('r/x:1'), '');
});

test('a log of 200,000 lines that never ends is read in no time', () => {
  const begin = `${time} [docker-pkg-build] INFO - Generated dockerfile for r/x:1:\n`;
  const text = `${begin + 'RUN x (image.py:1)\n'.repeat(200_000)}end`;
  // The time of the processor: the machine may have other work.
  const begun = process.cpuUsage();
  assert.deepEqual(read(text).truncated, ['r/x:1']);
  assert.deepEqual(read(begin.repeat(100_000)).truncated, ['r/x:1']);
  assert.ok(process.cpuUsage(begun).user < 5_000_000);
});

test('a log with CRLF, or with the colours of a terminal, is read; CR of a Dockerfile stays', () => {
  const one = 'FROM r/base:1\nRUN a';
  const log = entry('Building') + made('r/one:1', one) + entry('Done');
  assert.deepEqual(read(log.replaceAll('\n', '\r\n')), read(log));
  assert.deepEqual(read(log).dockerfiles, { 'r/one:1': one });
  const coloured = log
    .replaceAll(' INFO ', ' \u001b[32mINFO\u001b[0m ')
    .replaceAll(time, `\u001b[1m${time}\u001b[m`);
  assert.deepEqual(read(coloured), read(log));
  const own = made('r/one:1', 'FROM a\r\nRUN b\r');
  assert.deepEqual(read(own).dockerfiles, { 'r/one:1': 'FROM a\r\nRUN b\r' });
});
