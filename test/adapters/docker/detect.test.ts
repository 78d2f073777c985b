import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlatforms } from '#adapters/docker/detect.js';

const inspected = (...nodes: string[]): string =>
  `Name:   one\nDriver: remote\n\nNodes:\n${nodes
    .map((listed, at) => `Name: one${at}\nStatus: running\n${listed && `Platforms: ${listed}\n`}`)
    .join('\n')}`;

test('what builders run themselves, what is emulated, and what the user chose for a node', () => {
  assert.deepEqual(
    readPlatforms(inspected('linux/amd64, linux/amd64/v2, linux/386, linux/arm64, linux/arm/v7')),
    {
      platforms: ['linux/amd64', 'linux/amd64/v2', 'linux/386', 'linux/arm64', 'linux/arm/v7'],
      natives: ['linux/amd64', 'linux/amd64/v2', 'linux/386'],
      machine: 'linux/amd64',
    },
  );
  assert.deepEqual(readPlatforms(inspected('linux/arm64, linux/amd64, linux/arm/v7')), {
    platforms: ['linux/arm64', 'linux/amd64', 'linux/arm/v7'],
    natives: ['linux/arm64', 'linux/arm/v7'],
    machine: 'linux/arm64',
  });
  assert.deepEqual(readPlatforms(inspected('linux/arm64*, linux/amd64, linux/386')), {
    platforms: ['linux/arm64', 'linux/amd64', 'linux/386'],
    natives: ['linux/arm64'],
    machine: 'linux/amd64',
  });
});

test('the nodes of one builder count together; one that was never started says nothing', () => {
  assert.deepEqual(readPlatforms(inspected('linux/amd64', 'linux/arm64, linux/arm/v7', '')), {
    platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
    natives: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
    machine: 'linux/amd64',
  });
  assert.deepEqual(readPlatforms(inspected('')), { platforms: [], natives: [] });
});
