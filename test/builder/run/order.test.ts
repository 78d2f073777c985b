import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '#builder/run/call.js';
import { inBuildingOrder } from '#builder/run/order.js';
import type { Reference } from '#core/reference/brands.js';

const job = (name: string, milliseconds: number | undefined, ...parents: string[]): Job => ({
  reference: name as Reference,
  parents: parents as Reference[],
  exclusive: false,
  ...(milliseconds === undefined ? {} : { milliseconds }),
});
const named = (jobs: readonly Job[]): string => jobs.map(({ reference }) => reference).join(' ');

test('nothing is known: level by level, the longest chain first', () => {
  const jobs = ['z', 'a'].map((name) => job(name, undefined));
  const chain = [job('b', undefined, 'z'), job('c', undefined, 'b')];
  assert.equal(named(inBuildingOrder([...chain, ...jobs])), 'z a b c');
});

test('the longest path by earlier runs is first, through all levels', () => {
  const jobs = [
    job('a', 10),
    job('a1', 10, 'a'),
    job('a2', 10, 'a1'),
    job('slow', 5_000),
    job('b', 100),
    job('b1', 6_000, 'b'),
  ];
  assert.equal(named(inBuildingOrder(jobs)), 'b b1 slow a a1 a2');
  assert.equal(named(inBuildingOrder(jobs.toReversed())), 'b b1 slow a a1 a2');
});

test('what no run has measured counts as the median of the others', () => {
  const jobs = [job('a', 10), job('b', 1_000), job('new', undefined), job('c', 20)];
  assert.equal(named(inBuildingOrder(jobs)), 'b c new a');
});

test('parents are before children where nothing took any time', () => {
  const jobs = [job('a', 0, 'b'), job('b', 0, 'c'), job('c', 0)];
  assert.equal(named(inBuildingOrder(jobs)), 'c b a');
});

test('a chain of 20,000 images has an order', () => {
  const jobs = Array.from({ length: 20_000 }, (_, at) =>
    at === 0 ? job('i0', 1) : job(`i${at}`, 1, `i${at - 1}`),
  );
  assert.equal(inBuildingOrder(jobs)[19_999]?.reference, 'i19999');
});
