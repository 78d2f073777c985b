import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { type CiSystem, ciSystems, pipelineOf } from '#upkeep/init/pipeline.js';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly timeout?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

const textOf = (system: CiSystem): string => pipelineOf(system, '1.2.3').text;

test('GitHub: least rights, pinned actions, and no text of a stranger in a command', () => {
  const text = textOf('github');
  const workflow = load(text) as {
    readonly on: Readonly<Record<string, unknown>>;
    readonly permissions: unknown;
    readonly jobs: Readonly<Record<string, Job>>;
  };
  assert.deepEqual(Object.keys(workflow.on), [
    'pull_request',
    'push',
    'schedule',
    'workflow_dispatch',
  ]);
  assert.deepEqual(workflow.permissions, { contents: 'read' });
  for (const [name, { steps = [], permissions = {}, ...job }] of Object.entries(workflow.jobs)) {
    assert.ok(job['timeout-minutes'], `${name} has an end`);
    for (const { uses, run = '' } of steps) {
      assert.doesNotMatch(run, /\$\{\{/, 'what GitHub puts in is not quoted');
      assert.ok(uses === undefined || /^actions\/[a-z-]+@[0-9a-f]{40}$/.test(uses), uses);
    }
    // A job that builds what a stranger wrote must not be able to write anything.
    const builds = steps.some(({ run = '' }) => /generate-bake (?:build|check)/.test(run));
    assert.ok(!builds || Object.keys(permissions).length === 0, name);
  }
  assert.match(text, /npm install --global generate-bake@1\.2\.3\n/);
});

test('GitHub: the main branch by its name, unless that may be a pattern', () => {
  const branches = (main?: string): unknown => {
    const { text } = pipelineOf('github', '1', main === undefined ? {} : { main });
    const workflow = load(text) as { on: { push: { branches: unknown } } };
    return workflow.on.push.branches;
  };
  assert.deepEqual(branches(), ['main', 'master']);
  assert.deepEqual(branches('main'), ['main', 'master']);
  assert.deepEqual(branches('release/1.x'), ['release/1.x']);
  assert.deepEqual(branches('c++'), ['main', 'master']);
});

test('GitLab: a pipeline of a merge request has neither the engine of another nor a login', () => {
  const {
    workflow,
    default: usual,
    variables,
    stages,
    ...jobs
  } = load(textOf('gitlab')) as Record<string, Job>;
  assert.deepEqual(stages, ['check', 'build', 'publish', 'upgrade']);
  assert.deepEqual(Object.keys(jobs), ['.engine', 'check', 'build', 'publish', 'upgrade']);
  for (const [name, { timeout }] of Object.entries(jobs)) {
    assert.ok(name.startsWith('.') || timeout, `${name} has an end`);
  }
  assert.deepEqual([usual, variables], [{ image: '$GENERATE_BAKE_IMAGE' }, { GIT_DEPTH: '0' }]);
  assert.equal(JSON.stringify(workflow).includes('merge_request_event'), true);
});

test('each system reads it where it is written', () => {
  assert.deepEqual(
    ciSystems.map((system) => pipelineOf(system, '1').path),
    ['.github/workflows/images.yml', '.gitlab-ci.yml'],
  );
});
