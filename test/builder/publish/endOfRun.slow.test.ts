/** How a run's publishing ends, on a real registry that a fake in front of it makes misbehave. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { concludePublishing, type Debt, type Published } from '#builder/publish/endOfRun.js';
import { Journal } from '#builder/publish/journal.js';
import type { BuildEvent } from '#builder/report/event.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import {
  type Asked,
  faultyRegistry,
  type Misbehaviour,
  refusal,
} from '../../support/faultyRegistry.js';
import { graphOf, treeOf } from '../../support/graph.js';
import { putImage } from '../../support/images.js';
import { scratchTree } from '../../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

interface Situation {
  /** Images by tag: `1`, or `1 again` for another image of version 1. */
  readonly tags: Readonly<Record<string, string>>;
  /** What this run published, or is to settle: version and tag names. */
  readonly published?: string;
  readonly debts?: readonly string[];
  readonly journal?: string;
  /** What `latest` was at before the push; absent: nobody looked. */
  readonly before?: string;
  readonly failed?: boolean;
  readonly contentTrust?: boolean;
  readonly latest?: 'never' | 'forward' | 'force';
  /** A hold of the workspace file is on its latest. */
  readonly keepsLatest?: boolean;
  /** Who moves latest. */
  readonly mode?: 'auto' | 'manual' | 'never';
  /** A shell script for after_publish. */
  readonly hook?: string;
  readonly behave?: (asked: Asked) => Misbehaviour;
  /** What another machine does before a request of the run; `put` puts an image under a tag. */
  readonly meanwhile?: (
    asked: Asked,
    put: (tag: string, image: string) => Promise<unknown>,
  ) => Promise<void>;
}

/** Ends a run of one image, version 1, and gives what was told and what the tags are at. */
async function ended(situation: Situation) {
  const { tags, published, debts, journal: owed, failed = false } = situation;
  const store = await registry();
  const images = new Map<Digest, string>();
  const put = async (tag: string, image: string): Promise<Digest> => {
    const [version = ''] = image.split(' ');
    const digest = await putImage(store, 'img', tag, {
      layers: [image],
      labels: {
        'org.opencontainers.image.version': version,
        [definitionLabel]: `sha256:${'d'.repeat(64)}`,
      },
    });
    images.set(digest as Digest, image);
    return digest as Digest;
  };
  for (const [tag, image] of Object.entries(tags)) {
    await put(tag, image);
  }
  const own = published === undefined ? undefined : await put('own', published);
  const before = situation.before === undefined ? undefined : await put('before', situation.before);
  const gate = await faultyRegistry((asked) => situation.behave?.(asked) ?? 'pass', {
    behind: store.host,
    meanwhile: async (asked) => situation.meanwhile?.(asked, put),
  });
  const access: RegistryAccess = {
    host: gate.host,
    credentials: { kind: 'none', mayPublish: false },
    insecure: false,
    environment: {},
    authorities: () => [],
    workers: 1,
    asking: { patience: { attempts: 1 } },
  };
  const directory = scratchTree({ 'hook/': '' }).at('hook');
  const { hook } = situation;
  const afterPublish = hook && {
    program: '/bin/sh',
    args: ['-c', hook],
    directory,
    place: { file: 'x' },
  };
  const tree = treeOf('images', {
    registry: gate.host,
    latest: situation.mode ?? 'auto',
    ...(afterPublish && { afterPublish }),
  });
  const graph = graphOf([{ name: 'img', version: '1', tree, definition: { extraTags: ['1.x'] } }]);
  const definition = graph.images[0]?.rendered.definition ?? assert.fail();
  const { repository, reference } = definition;
  const state = scratchTree({ 'state/': '' }).at('state');
  const journal = new Journal(state, gate.host);
  if (owed !== undefined) {
    journal.add({ repository, version: owed });
  }
  const events: BuildEvent[] = [];
  const failures = await concludePublishing({
    access: new Map([[tree, access]]),
    owners: new Map([[repository, definition]]),
    published: new Map<Reference, Published>(
      own === undefined
        ? []
        : [[reference, { definition, access, digest: own, ...(before && { before }) }]],
    ),
    failed: new Set<Repository>(failed ? [repository] : []),
    debts: debts === undefined ? [] : [{ definition, tags: debts } satisfies Debt],
    hookOptions: () => ({
      env: { PATH: process.env.PATH },
      isPrivate: false,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
      onOutput: () => {},
    }),
    journal: () => journal,
    latest: situation.latest ?? 'forward',
    contentTrust: situation.contentTrust ?? false,
    keepsLatest: () => situation.keepsLatest ?? false,
    listen: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  const at = async (tag: string): Promise<string | undefined> => {
    const answer = await fetch(`http://${store.host}/v2/img/manifests/${tag}`, {
      headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
    });
    await answer.text();
    return images.get(answer.headers.get('docker-content-digest') as Digest);
  };
  const told = events.map((event) => {
    switch (event.kind) {
      case 'image-failed':
        return [`failed: ${event.reason}`, ...event.tail].join(' | ');
      case 'warning':
        return `warning: ${event.message}`;
      case 'latest-held':
        return `latest held at ${event.at}, not moved to ${event.version}`;
      default:
        return event.kind;
    }
  });
  const ending = { 1: await at('1'), latest: await at('latest'), '1.x': await at('1.x') };
  await gate.stop();
  await store.stop();
  return { failures, told, ending, owed: new Journal(state, gate.host).owed, asked: gate.asked };
}

test('latest of what was published is moved, and the version is asked for once more', {
  skip,
}, async () => {
  const { failures, told, ending, asked, owed } = await ended({
    tags: { 1: '1', latest: '0' },
    published: '1',
    journal: '1',
  });
  assert.deepEqual(
    { failures, told, ending, owed },
    {
      failures: 0,
      told: ['latest-moved'],
      ending: { 1: '1', latest: '1', '1.x': undefined },
      owed: [],
    },
  );
  const last = asked.at(-1);
  assert.equal(`${last?.method} ${last?.path}`, 'HEAD /v2/img/manifests/1');
});

test('a version that another machine replaced fails, and its latest is left alone', {
  skip,
}, async () => {
  const { told, ending, failures } = await ended({
    tags: { 1: '1 again', latest: '0' },
    published: '1',
    journal: '1',
  });
  assert.equal(failures, 0);
  assert.match(
    told.join('\n'),
    /^failed: published as sha256:\w+, and replaced meanwhile: the registry gives sha256/,
  );
  assert.deepEqual(ending, { 1: '1 again', latest: '0', '1.x': undefined });
});

test('replaced between the move of latest and the end: seen all the same', { skip }, async () => {
  const store = { put: false };
  const { told } = await ended({
    tags: { 1: '1' },
    published: '1',
    journal: '1',
    behave: ({ method, path }) => {
      store.put ||= method === 'PUT' && path.endsWith('/latest');
      return store.put && path.endsWith('/manifests/1') ? refusal(404, 'MANIFEST_UNKNOWN') : 'pass';
    },
  });
  assert.match(told.join('\n'), /latest-moved\nfailed: .*does not have it any more/);
});

test('what another machine published first and ended with is put back', { skip }, async () => {
  const { told, ending } = await ended({
    // It put its version, and latest; then this run's push put the version once more.
    tags: { 1: '1', '1.x': '1', latest: '1 again' },
    published: '1',
    before: '0',
    journal: '1',
  });
  assert.match(
    told.join('\n'),
    /^failed: another machine published this version at the same time, as sha256:\w+, which the tag is at again$/,
  );
  assert.deepEqual(ending, { 1: '1 again', latest: '1 again', '1.x': '1 again' });
});

test('a version whose tag was deleted is no other machine: latest was at it before', {
  skip,
}, async () => {
  const { told, ending } = await ended({
    tags: { 1: '1', latest: '1 again' },
    published: '1',
    before: '1 again',
    journal: '1',
  });
  assert.deepEqual(told, ['latest-moved']);
  assert.equal(ending.latest, '1');
});

test('a version that is overwritten on purpose meets no rival', { skip }, async () => {
  const { told, ending } = await ended({
    tags: { 1: '1', latest: '1 again' },
    published: '1',
    journal: '1',
  });
  assert.deepEqual(told, ['latest-moved']);
  assert.equal(ending.latest, '1');
});

test('what an earlier run left behind is settled without a journal', { skip }, async () => {
  const { told, ending, failures } = await ended({
    tags: { 1: '1', latest: '0', '1.x': '0.9' },
    debts: ['latest', '1.x'],
  });
  assert.deepEqual(told.sort(), ['latest-moved', 'tag-moved']);
  assert.deepEqual(ending, { 1: '1', latest: '1', '1.x': '1' });
  assert.equal(failures, 0);
});

test('a tag that cannot be put stays owed', { skip }, async () => {
  const { told, failures } = await ended({
    tags: { 1: '1', latest: '1' },
    debts: ['1.x'],
    behave: ({ method }) => (method === 'PUT' ? { status: 503 } : 'pass'),
  });
  assert.equal(failures, 1);
  assert.match(told.join('\n'), /img:1\.x was not put on 1: .* 503; the next build puts it/);
});

const isTag =
  (...tags: readonly string[]) =>
  ({ method, path }: Asked) =>
    method === 'PUT' && tags.some((tag) => path.endsWith(`/manifests/${tag}`));

for (const [status, code] of [
  [400, 'TAG_INVALID'],
  [409, 'CONFLICT'],
  [412, 'PRECONDITION'],
] as const) {
  test(`immutable tags (${status} ${code}): told as what it is, and owed no more`, {
    skip,
  }, async () => {
    const { told, failures, owed, asked } = await ended({
      tags: { 1: '1', latest: '0', '1.x': '0' },
      published: '1',
      journal: '1',
      debts: ['1.x'],
      behave: (one) =>
        isTag('latest', '1.x')(one) ? refusal(status, code, 'the tag is immutable') : 'pass',
    });
    assert.equal(failures, 0);
    assert.deepEqual(owed, []);
    const latest = told.find((line) => line.includes(':latest'));
    assert.match(
      latest ?? '',
      new RegExp(
        `img:latest cannot be moved: .* ${status}: the tag is immutable.*latest = "manual"`,
      ),
    );
    assert.match(told.join('\n'), /img:1\.x cannot be moved to 1: .*remove it from tags/);
    // Not tried again.
    assert.equal(asked.filter(isTag('latest')).length, 1);
  });
}

test('the same answer to a tag that is not there is a failure like any other', {
  skip,
}, async () => {
  const { failures, told } = await ended({
    tags: { 1: '1' },
    debts: ['latest'],
    behave: (one) => (isTag('latest')(one) ? refusal(400, 'TAG_INVALID', 'no') : 'pass'),
  });
  assert.equal(failures, 1);
  assert.match(told.join('\n'), /latest was not moved to 1: .* 400: no; the next build moves it/);
});

test('after_publish runs before latest of an earlier run is moved, and keeps it where it fails', {
  skip,
}, async () => {
  const owed = { tags: { 1: '1', latest: '0' }, debts: ['latest'] };
  const failing = await ended({ ...owed, hook: 'echo no key; exit 3' });
  assert.deepEqual(failing.told, [
    'failed: published by an earlier run, but after_publish exited with status 3 | no key',
  ]);
  assert.equal(failing.ending.latest, '0');
  // The failure is of the image, not of the move.
  assert.equal(failing.failures, 0);
  assert.equal((await ended({ ...owed, hook: 'exit 0' })).ending.latest, '1');
  // It ran when this run published.
  const own = await ended({ tags: owed.tags, published: '1', journal: '1', hook: 'exit 3' });
  assert.equal(own.ending.latest, '1');
  // Not for what promote holds, and not for what is at the version already.
  for (const tags of [
    { 1: '1', latest: '0', 'latest-held': '0' },
    { 1: '1', latest: '1' },
  ]) {
    const { told } = await ended({ tags, journal: '1', hook: 'exit 3' });
    assert.doesNotMatch(told.join('\n'), /after_publish/);
  }
});

test('latest that only promote moves is not moved, whatever a journal says', { skip }, async () => {
  for (const mode of ['manual', 'never'] as const) {
    const { told, ending, owed } = await ended({
      tags: { 1: '1', latest: '0' },
      journal: '1',
      mode,
    });
    assert.deepEqual(told, []);
    assert.equal(ending.latest, '0');
    assert.deepEqual(owed, []);
  }
});

test('a journal of before does not undo a promote of since', { skip }, async () => {
  const { told, ending, owed } = await ended({
    tags: { 1: '1', latest: '0', 'latest-held': '0' },
    journal: '1',
  });
  assert.match(told.join('\n'), /latest held at 0, not moved to 1/);
  assert.equal(ending.latest, '0');
  assert.deepEqual(owed, []);
});

for (const latest of ['forward', 'force'] as const) {
  test(`no new version moves latest away from where promote put it (${latest})`, {
    skip,
  }, async () => {
    const { told, ending, owed, failures } = await ended({
      tags: { 1: '1', latest: '0', 'latest-held': '0' },
      published: '1',
      journal: '1',
      latest,
    });
    assert.deepEqual(told, ['latest held at 0, not moved to 1']);
    assert.equal(ending.latest, '0');
    // The registry says what is owed once promote has moved it on.
    assert.deepEqual(owed, []);
    assert.equal(failures, 0);
    const moved = await ended({
      tags: { 1: '1', latest: '0', 'latest-held': '00' },
      published: '1',
      journal: '1',
      latest,
    });
    assert.equal(moved.ending.latest, '1');
  });
}

test('a promote in the very moment in which latest is moved wins', { skip }, async () => {
  const isPut = ({ method, path }: Asked) => method === 'PUT' && path.endsWith('/latest');
  // Promote puts its mark, then latest: the run puts latest before both, between them, or after both.
  for (const [steps, moment] of [
    [['latest-held', 'latest'], 'before the put'],
    [['latest-held'], 'before the put'],
    [['latest-held'], 'after the put'],
  ] as const) {
    let hasPut = false;
    let isDone = false;
    const { told, ending } = await ended({
      tags: { 0: '0', 1: '1', latest: '0 before' },
      published: '1',
      journal: '1',
      meanwhile: async (asked, put) => {
        const isNow = moment === 'before the put' ? isPut(asked) : hasPut;
        hasPut ||= isPut(asked);
        if (!isNow || isDone) {
          return;
        }
        isDone = true;
        for (const tag of steps) {
          await put(tag, '0');
        }
      },
    });
    assert.equal(isDone, true);
    assert.deepEqual(told, ['latest held at 0, not moved to 1'], moment);
    assert.equal(ending.latest, '0', moment);
  }
});

test('what a hold of the workspace file keeps is neither moved nor forgotten', {
  skip,
}, async () => {
  const { told, ending, owed } = await ended({
    tags: { 1: '1', latest: '0' },
    journal: '1',
    keepsLatest: true,
  });
  assert.deepEqual(told, []);
  assert.equal(ending.latest, '0');
  assert.equal(owed.length, 1);
});

test('whether latest is held has to be known before it is moved', { skip }, async () => {
  const { told, ending, owed, failures } = await ended({
    tags: { 1: '1', latest: '0' },
    published: '1',
    journal: '1',
    behave: ({ path }) => (path.endsWith('/latest-held') ? { status: 500 } : 'pass'),
  });
  assert.match(
    told.join('\n'),
    /latest was not moved to 1: whether it is held is not known \(.* 500.*\); the next build moves it/,
  );
  assert.equal(ending.latest, '0');
  assert.equal(failures, 1);
  assert.equal(owed.length, 1);
});

test('latest is not moved to what failed to be published', { skip }, async () => {
  const { told, ending } = await ended({
    tags: { 1: '1', latest: '0' },
    journal: '1',
    debts: ['latest'],
    failed: true,
  });
  assert.deepEqual(told, []);
  assert.equal(ending.latest, '0');
});

test('with DOCKER_CONTENT_TRUST only what this run pushed is known to be signed', {
  skip,
}, async () => {
  const tags = { 1: '1', latest: '0' };
  const other = await ended({ tags, debts: ['latest'], contentTrust: true });
  assert.match(other.told.join('\n'), /latest is not moved to 1: DOCKER_CONTENT_TRUST is set/);
  assert.equal(other.ending.latest, '0');
  const own = await ended({ tags, published: '1', journal: '1', contentTrust: true });
  assert.equal(own.ending.latest, '1');
});
