import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from '#builder/run/places.js';
import type { Reference } from '#core/reference/brands.js';

const [a, b] = ['a', 'b'] as Reference[] as [Reference, Reference];

test('a call goes to the least busy builder, and there where its parents are', () => {
  const places = new Places(2, 2);
  assert.equal(places.best([]), 0);
  places.take(0, 1, []);
  assert.equal(places.best([]), 1, 'the other one is idle');
  places.take(1, 1, []);
  places.leave(1, 1);
  places.made(1, a);
  places.leave(0, 1);
  assert.equal(places.best([a]), 1, 'a is there');
  places.take(1, 1, [a]);
  assert.equal(places.best([a]), 1, 'nothing travels, though the other one is idle');
  places.take(1, 1, [a]);
  assert.equal(places.best([a]), 0, 'it is full');
  places.take(0, 1, [a]);
  places.leave(1, 1);
  assert.equal(places.best([a]), 0, 'a has travelled, and of two equals it is the first');
});

test('nothing starts where no place is free, or on what is lost', () => {
  const places = new Places(2, 1);
  places.take(0, 1, []);
  places.lose(1);
  assert.equal(places.best([]), undefined);
  assert.equal(places.none, false);
  places.leave(0, 1);
  places.made(0, b);
  assert.equal(places.best([b]), 0);
  places.lose(0);
  assert.equal(places.best([]), undefined);
  assert.equal(places.none, true);
});

test('images that wait are shared evenly, and stay where their parents are', () => {
  const places = new Places(2, 4);
  assert.equal(places.share(0, 48), 4, 'as many as there are places');
  assert.equal(places.share(0, 5), 3);
  places.take(0, 3, []);
  assert.equal(places.share(1, 2), 2, 'four of five free places are here');
  assert.equal(places.share(0, 1), 1, 'at least one');
  assert.equal(places.suits(0, [a]), true, 'what was there before the run is everywhere');
  places.take(1, 4, []);
  places.leave(1, 1);
  places.made(1, a);
  assert.equal(places.suits(0, [a]), false, 'the other one has it');
  places.take(1, 1, [a]);
  assert.equal(places.suits(0, [a]), true, 'the other one is full');
});
