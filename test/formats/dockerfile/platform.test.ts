/** Platforms: the normal form, and which image is taken for which platform (containerd's `platforms.Only`). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalPlatform, servingPlatforms } from '#formats/dockerfile/platform.js';

test('the normal form', () => {
  assert.deepEqual(
    ['linux/x86_64', 'linux/aarch64', 'linux/arm64/v8', 'linux/arm', 'linux/armel', 'nothing'].map(
      normalPlatform,
    ),
    ['linux/amd64', 'linux/arm64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6', 'nothing'],
  );
});

test('a lower variant of the same architecture serves', () => {
  const of = (platform: string) => servingPlatforms(platform).join(' ');
  assert.equal(of('linux/amd64'), 'linux/amd64');
  assert.equal(of('linux/amd64/v3'), 'linux/amd64/v3 linux/amd64/v2 linux/amd64');
  assert.equal(of('linux/arm'), 'linux/arm/v7 linux/arm/v6 linux/arm/v5');
  assert.equal(of('linux/arm64'), 'linux/arm64');
  assert.equal(of('linux/s390x'), 'linux/s390x');
});
