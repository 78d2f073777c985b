/** The table `policy` of a workspace file: what is read, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

function open(text: string) {
  const tree = scratchTree({
    'images/a/changelog': 'x',
    'generate-bake.toml': `${text}\n[[tree]]\ndirectory = "images"\nconfig = []\n`,
  });
  return openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
}

/** The messages with their places, without excerpts. */
function refused(text: string): string {
  return explain(open(text).diagnostics)
    .split('\n')
    .filter((line) => /error|hint/.test(line))
    .join('\n');
}

test('all keys of the table', () => {
  const { value, diagnostics } = open(`
[policy]
registries = ["R.example", "index.docker.io/library", "localhost", "[::1]:5000/a/b"]
distributions = ["trixie"]
labels = "team"
[policy.base]
images = ["trixie"]
on = ["scratch"]
[policy.service]
images = "services/*"
[[policy.exception]]
images = ["a"]
rule = "policy-label"
reason = "moves"
until = "2026-12-31"`);
  assert.equal(explain(diagnostics), '');
  const { policy } = value;
  assert.deepEqual(
    policy?.registries?.map((one) => one.value),
    ['r.example', 'docker.io/library', 'localhost', '[::1]:5000/a/b'],
  );
  assert.deepEqual(
    policy?.kinds.map(({ kind, on }) => [kind, on]),
    [
      ['base', ['scratch']],
      ['service', undefined],
    ],
  );
  const [exception] = policy?.exceptions ?? [];
  // The whole day counts.
  assert.equal(exception?.until.time, Date.UTC(2027, 0, 1));
  assert.equal(open('').value.policy, undefined);
});

const exception = 'images = ["a"]\nrule = "policy-label"\nreason = "x"\nuntil = "2026-12-31"';
const without = (key: string): string =>
  `[[policy.exception]]\n${exception.replace(new RegExp(`^${key} = .*$\n?`, 'm'), '')}`;
const but = (key: string, value: string): string =>
  `[[policy.exception]]\n${exception.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`)}`;

for (const [what, text, expected] of [
  [
    'a misspelt key',
    '[policy]\nregistrys = []',
    /:2:1: .*unknown key "registrys"[\s\S]*did you mean "registries"/,
  ],
  [
    'the plural',
    '[[policy.exceptions]]',
    /unknown key "exceptions"[\s\S]*did you mean "exception"/,
  ],
  [
    'a misspelt kind',
    '[policy.services]\nimages = ["a"]',
    /unknown key "services"[\s\S]*did you mean "service"/,
  ],
  [
    'a misspelt key of a kind',
    '[policy.base]\nimages = ["a"]\nons = []',
    /unknown key "ons"[\s\S]*did you mean "on"/,
  ],
  ['no table', 'policy = 3', /policy must be a table/],
  [
    'an URL',
    '[policy]\nregistries = ["https://r.example/"]',
    /"https:\/\/r.example\/" is not a registry[\s\S]*write host/,
  ],
  ['a glob', '[policy]\nregistries = ["*.example"]', /"\*.example" is not a registry/],
  [
    'a name of Docker Hub',
    '[policy]\nregistries = ["golang"]',
    /hint: write docker.io\/library\/golang, if/,
  ],
  [
    'a path of Docker Hub',
    '[policy]\nregistries = ["bitnami/redis"]',
    /hint: write docker.io\/bitnami\/redis, if/,
  ],
  ['a tag', '[policy]\nregistries = ["r.example/a:1"]', /"r.example\/a:1" is not a registry/],
  [
    'a label with a space',
    '[policy]\nlabels = ["a b"]',
    /:2:\d+: .*an entry is empty, or contains a space/,
  ],
  [
    'a kind without images',
    '[policy.base]\non = ["scratch"]',
    /policy.base needs images[\s\S]*add images = \["NAME"\]/,
  ],
  ['a kind of nothing', '[policy.base]\nimages = []', /policy.base is about no images/],
  ['an empty glob', '[policy.base]\nimages = [""]', /an entry of images is empty/],
  ['a kind on nothing', '[policy.base]\nimages = ["a"]\non = []', /the images may be on nothing/],
  [
    'a misspelt foundation',
    '[policy.base]\nimages = ["a"]\non = ["scrtch"]',
    /on "scrtch"[\s\S]*did you mean "scratch"/,
  ],
  ['an exception without images', without('images'), /an exception needs images/],
  [
    'an exception without rule',
    without('rule'),
    /an exception needs a rule[\s\S]*add rule = "policy-registry"/,
  ],
  ['an exception without reason', without('reason'), /an exception needs a reason/],
  ['an exception without end', without('until'), /an exception needs a day on which it ends/],
  ['an exception of another rule', but('rule', '"no-test"'), /rule cannot be "no-test"/],
  ['a misspelt rule', but('rule', '"policy-lable"'), /did you mean "policy-label"/],
  ['an empty reason', but('reason', '" "'), /the reason is empty/],
  [
    'a reason with an escape',
    but('reason', '"a\\u001bb"'),
    /the reason contains a control character/,
  ],
  [
    'a day that there is not',
    but('until', '"2026-02-30"'),
    /until is not a day or a time: "2026-02-30"/,
  ],
  [
    'a policy of one tree',
    '[[tree]]\ndirectory = "x"\nconfig = []\n[tree.policy]',
    /unknown key "policy"[\s\S]*it is about all trees/,
  ],
] as const) {
  test(`refused: ${what}`, () => {
    assert.match(refused(text), expected);
  });
}
