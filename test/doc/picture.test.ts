import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const picture = readFileSync('doc/build.svg', 'utf8');

test('the picture of a build is small, runs no script, loads nothing, and stands still where asked', () => {
  assert.ok(picture.length < 150_000, `${picture.length} bytes`);
  assert.doesNotMatch(picture, /<script|<foreignObject|@import|url\(|\son\w+=|<image/i);
  assert.deepEqual(picture.match(/https?:[^"' )]*/g), ['http://www.w3.org/2000/svg']);
  assert.match(picture, /@media\(prefers-reduced-motion:reduce\)\{#f\{animation:none\}\}/);
});

test('the picture shows one failure, the others published, and nothing of the machine', () => {
  assert.match(picture, />28 published, .* 1 failed in /);
  assert.match(picture, />FAILED<\/text><text [^>]*>payments:1\.4\.0/);
  const text = picture.replace(/<style>.*<\/style>/s, '');
  assert.doesNotMatch(text, /\/(tmp|root|home|work)\b|\b(?!127\.0\.0\.1)\d+\.\d+\.\d+\.\d+\b/);
});
