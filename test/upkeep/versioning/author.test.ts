import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAuthor } from '#upkeep/versioning/author.js';

const fallback = { author: 'Fall Back', email: 'fall@back' };
const git = (name?: string, email?: string) => (key: string) =>
  key === 'user.name' ? name : email;
const forbidden = () => assert.fail('git was asked');

test('the environment, then git, then the configuration', () => {
  const both = { DEBFULLNAME: 'Deb Ian', DEBEMAIL: 'deb@ian' };
  assert.equal(findAuthor(both, forbidden, fallback), 'Deb Ian <deb@ian>');
  assert.equal(findAuthor({}, git('Gi T', 'g@t'), fallback), 'Gi T <g@t>');
  assert.equal(findAuthor({}, git(), fallback), 'Fall Back <fall@back>');
  assert.equal(findAuthor({ DEBEMAIL: 'd@i' }, git('Gi T'), fallback), 'Gi T <d@i>');
  assert.equal(findAuthor({ DEBFULLNAME: 'D' }, git('Gi T', 'g@t'), fallback), 'D <g@t>');
  assert.equal(findAuthor({ DEBFULLNAME: 'D' }, git(), fallback), 'D <fall@back>');
});

test('without a name, the address that git has is not taken', () => {
  assert.equal(findAuthor({}, git(undefined, 'g@t'), fallback), 'Fall Back <fall@back>');
});

test('an empty variable is one that is not set', () => {
  const empty = { DEBFULLNAME: '', DEBEMAIL: '' };
  assert.equal(findAuthor(empty, git('Gi T', 'g@t'), fallback), 'Gi T <g@t>');
});
