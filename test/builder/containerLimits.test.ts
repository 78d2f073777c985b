import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitedBuilder, limitsDecision } from '#builder/containerLimits.js';
import { spaceObstacle } from '#builder/run/space.js';
import { treeOf } from '../support/graph.js';

const limits = 'cpusetcpus=0-2,memory=4000000,memswap=-1,cpushares=512';

test('container_limits become the driver options of a builder of our own', () => {
  const { name, createArgs } = limitedBuilder(limits);
  assert.match(name, /^generate-bake-[0-9a-f]{12}$/);
  assert.deepEqual(createArgs, [
    ...['buildx', 'create', '--name', name, '--driver', 'docker-container'],
    ...['--driver-opt', 'cpuset-cpus=0-2', '--driver-opt', 'memory=4000000'],
    ...['--driver-opt', 'memory-swap=-1', '--driver-opt', 'cpu-shares=512'],
  ]);
  assert.equal(
    limitedBuilder('memory=4000000,cpusetcpus=0-2').name,
    limitedBuilder('cpusetcpus=0-2,memory=4000000').name,
  );
  assert.notEqual(limitedBuilder('memory=1').name, limitedBuilder('memory=2').name);
});

test('limits that a builder cannot apply are refused with the ways on', () => {
  const plain = treeOf('a');
  const limited = treeOf('b', { containerLimits: limits });
  assert.equal(limitsDecision([plain], 'mine').kind, 'none');
  assert.equal(limitsDecision([plain, limited], undefined).kind, 'builder');
  const named = limitsDecision([limited], 'mine');
  assert.ok(named.kind === 'refused');
  assert.match(named.problem.hint ?? '', /--no-container-limits.*docker buildx create/);
  const other = limitsDecision([limited, treeOf('c', { containerLimits: 'memory=1' })], undefined);
  assert.ok(other.kind === 'refused');
  assert.match(other.problem.message, /b and c have different/);
});

test('a disk with too little room stops the build; one that cannot be seen does not', () => {
  assert.equal(spaceObstacle('/', 0), undefined);
  assert.match(spaceObstacle('/', Number.MAX_SAFE_INTEGER) ?? '', /GiB are free on the disk of \//);
  assert.equal(spaceObstacle('/no/such/folder', Number.MAX_SAFE_INTEGER), undefined);
  assert.equal(spaceObstacle(undefined, 1), undefined);
});
