/** `running` on Debian's docker-registry: 200 pods with each verdict, and files that are wrong. No engine. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putImage } from '../support/images.js';
import { madePod, podList, podSecret } from '../support/pods.js';
import { podCount, type RunningFleet, runningFleet } from '../support/runningFleet.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(root, 'doc/running.schema.json'), 'utf8')),
);

interface Row {
  readonly image: string;
  readonly verdict: string;
  readonly reason: string | null;
  readonly owner: string | null;
  readonly version: string | null;
  readonly newest: string | null;
  readonly behind: number | null;
  readonly base: { readonly repository: string; readonly version: string } | null;
  readonly retired: { readonly file: string; readonly commit: string | null } | null;
  readonly workloads: readonly {
    readonly cluster: string;
    readonly namespace: string | null;
    readonly kind: string | null;
    readonly name: string;
    readonly pods: number;
  }[];
}

suite('running', { skip }, () => {
  let real: Registry;
  let fleet: RunningFleet;
  before(async () => {
    real = await registry();
    fleet = await runningFleet(real);
    fleet.tree.write({ 'work/pods.json': podList(fleet.pods) });
  });
  const running = (...args: string[]) => {
    const { tree } = fleet;
    const env = { PATH: process.env.PATH, HOME: tree.at('home') };
    return runCli(['running', ...args], { cwd: tree.at('work'), env });
  };
  const rowsOf = async (...args: string[]) => {
    const { stdout, stderr, status } = await running('--json', '--no-packages', ...args);
    assert.equal(status, 0, stderr);
    const document = JSON.parse(stdout) as { readonly images: readonly Row[] };
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.ok(!`${stdout}${stderr}`.includes(podSecret), 'a secret is shown');
    return { rows: document.images, stderr };
  };

  test('each of 200 pods gets the verdict that it has to get', async () => {
    const { rows, stderr } = await rowsOf('pods.json');
    let pods = 0;
    for (const { image, verdict, reason, workloads } of rows) {
      for (const { name, pods: number } of workloads) {
        assert.equal(name.split('-')[0], verdict, `${image} in ${name}: ${reason}`);
        pods += number;
      }
    }
    assert.equal(pods, podCount);
    const order = ['retired', 'redeploy', 'rebuild', 'restart', 'unknown', 'current', 'foreign'];
    const kinds = rows.map(({ verdict }) => order.indexOf(verdict));
    assert.deepEqual(
      kinds,
      kinds.toSorted((a, b) => a - b),
    );
    assert.deepEqual([...new Set(rows.map(({ verdict }) => verdict))], order);
    assert.match(stderr, /in another registry: elsewhere\.example; if it is the same one/);
  });

  test('versions, bases and the commit that removed a definition', async () => {
    const { rows } = await rowsOf('pods.json');
    const { host } = real;
    const row = (image: string, verdict: string) => {
      const found = rows.find((one) => one.image === `${host}/${image}` && one.verdict === verdict);
      assert.ok(found !== undefined, `${image} ${verdict}`);
      return found;
    };
    const attic = row('attic:1', 'retired');
    assert.deepEqual(
      [attic.retired?.file, attic.retired?.commit],
      ['images/attic/changelog', fleet.removal],
    );
    const old = row('base:1-1', 'redeploy');
    assert.deepEqual(
      [old.version, old.newest, old.behind, old.owner],
      ['1-1', '1-3', 2, 'Ida Quay <ida@example.org>'],
    );
    const bases = (image: string, verdict: string) => {
      const { base, newest, behind } = row(image, verdict);
      return [base?.repository.slice(host.length + 1), base?.version, newest, behind];
    };
    assert.deepEqual(bases('services/citoid:2026-01-01', 'rebuild'), ['base', '1-1', '1-3', 2]);
    assert.deepEqual(bases('services/plain:a', 'rebuild'), ['api', '2.9-1', '2.10-1', 1]);
    assert.deepEqual(bases('services/liar:a', 'rebuild'), ['base', '1-2', '1-3', 1]);
    assert.deepEqual(bases('services/fresh:a', 'current'), ['api', '2.10-1', null, 0]);
  });

  test('registries that nobody named are not asked, and nothing is written anywhere', async () => {
    const before = real.requests().length;
    await rowsOf('pods.json');
    const asked = real.requests().slice(before);
    assert.ok(asked.every(({ method }) => method === 'GET' || method === 'HEAD'));
    assert.ok(!asked.some(({ path }) => /nginx|pause/.test(path)));
  });

  test('--registry: another one is asked with its own login, and one that a pod names is not', async () => {
    const other = await registry({ users: { amy: 'open sesame' } });
    const login = { host: other.host, user: 'amy', password: 'open sesame' };
    await putImage(login, 'team/thumbor', '7', { layers: ['b2', 'thumbor'] });
    // What a stranger's pod leads to: it hears nothing, and so gets no login.
    let heard = 0;
    const stranger = createServer((_, response) => {
      heard++;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    await new Promise<void>((done) => stranger.listen(0, '127.0.0.1', done));
    const { port } = stranger.address() as AddressInfo;
    try {
      const images = [`${other.host}/team/thumbor:7`, `127.0.0.1:${port}/base:1-1`];
      fleet.tree.write({ 'work/two.txt': `${images.join('\n')}\n` });
      const auth = Buffer.from('amy:open sesame').toString('base64');
      const env = {
        PATH: process.env.PATH,
        HOME: fleet.tree.at('home'),
        DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [other.host]: { auth } } }),
      };
      const ask = async (...args: string[]) => {
        const words = ['running', 'two.txt', '--no-packages', '--json', ...args];
        const { stdout, stderr, status } = await runCli(words, { cwd: fleet.tree.at('work'), env });
        assert.equal(status, 0, stderr);
        const { images: rows } = JSON.parse(stdout) as { readonly images: readonly Row[] };
        return rows.map(({ image, verdict, reason }) => [image, verdict, reason]);
      };
      const before = other.requests().length;
      const like = `127.0.0.1:${port} has an image of the name of ${real.host}/base`;
      const foreign = [images[1], 'foreign', like];
      const unasked = await ask();
      assert.deepEqual(unasked.toSorted(), [foreign, [images[0], 'foreign', null]].toSorted());
      assert.equal(other.requests().length, before);
      assert.deepEqual(await ask('--registry', other.host), [
        [images[0], 'rebuild', 'built on base 1-2, and 1-3 is published'],
        foreign,
      ]);
      assert.equal(heard, 0);
    } finally {
      stranger.close();
      await other.stop();
    }
  });

  test('the table, two clusters, selections and --exit-code', async () => {
    const { host } = real;
    const base11 = fleet.pods.filter((pod) => JSON.stringify(pod).includes('base:1-1'));
    fleet.tree.write({
      'work/a.json': podList(base11.slice(0, 1)),
      'work/b.txt': `# of docker ps\n${host}/base:1-3 box1\nnginx:1  box2\n`,
    });
    const both = await running('one=a.json', 'b.txt', '--no-packages');
    const narrow = (text: string) => text.replace(/ {2,}/g, '  ');
    assert.deepEqual(
      [both.status, narrow(both.stdout), both.stderr],
      [
        0,
        [
          'VERDICT  IMAGE  VERSION  BEHIND  PACKAGES  OWNER  RUNS IN  WHY',
          `redeploy  ${host}/base:1-1  1-1  2  -  Ida Quay <ida@example.org>  one: CronJob ns1/redeploy-case13-cronjob  1-3 is published`,
          `current  ${host}/base:1-3  1-3  -  -  Ida Quay <ida@example.org>  b.txt: box1  -`,
          'foreign  docker.io/library/nginx:1  1  -  -  -  b.txt: box2  -',
          '',
        ].join('\n'),
        '3 images in 3 workloads: 1 redeploy, 1 current, 1 foreign\n',
      ],
    );
    assert.equal((await running('a.json', '--no-packages', '--exit-code')).status, 1);
    const some = await running('a.json', '--no-packages', '--columns', 'where,verdict');
    assert.deepEqual(
      some.stdout.split('\n').map((line) => line.trimEnd().split(/ {2,}/)),
      [['RUNS IN', 'VERDICT'], ['CronJob ns1/redeploy-case13-cronjob', 'redeploy'], ['']],
    );
    assert.match(
      (await running('a.json', '--columns', 'size')).stderr,
      /there is no column "size"/,
    );
    assert.equal((await running('b.txt', '--no-packages', '--exit-code')).status, 0);
    const services = await rowsOf('pods.json', '--select', 'api');
    assert.deepEqual(
      [...new Set(services.rows.map(({ image }) => image.slice(host.length + 1)))].sort(),
      [
        'api',
        'api:2.10-1',
        'api:2.11-1',
        'api:2.9-1',
        'api:test',
        'services/fresh:a',
        'services/plain:a',
      ],
    );
    const image = `${host}/base:1-1`;
    const three = [1, 2, 3].map((number) => madePod({ name: 'web', number, image }));
    const stdin = await runCli(['running', '-', '--no-packages'], {
      cwd: fleet.tree.at('work'),
      env: { PATH: process.env.PATH, HOME: fleet.tree.at('home') },
      input: podList(three),
    });
    assert.equal(stdin.status, 0, stdin.stderr);
    assert.match(stdin.stdout, /^redeploy .* Deployment shop\/web \(3 pods\) /m);
  });

  test('a registry that cannot be asked: unknown, and the status says so', async () => {
    await real.stop();
    try {
      fleet.tree.write({ 'work/c.txt': `${real.host}/base:1-3\n` });
      const { stdout, status } = await running('c.txt', '--no-packages');
      assert.equal(status, 3);
      assert.match(stdout, /^unknown .*127\.0\.0\.1/m);
    } finally {
      await real.restart();
    }
  });

  test('files that are wrong: the place, what to do, and no text of them', async () => {
    const cases: readonly (readonly [text: string | Uint8Array, message: RegExp])[] = [
      [
        '',
        /wrong\.json: error: the file is empty \[running-file\]\n {2}hint: write one with: kubectl/,
      ],
      [
        '{"kind":"List","items":[\n  {"kind":"Pod", secret',
        /wrong\.json:2:18: error: items\[0\]: not JSON: expected a key in quotes/,
      ],
      [
        '{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"a","name":"secret"}}]}',
        /wrong\.json:1:62: error: items\[0\]\.metadata\.name: the key is there twice/,
      ],
      [
        '{"kind":"Secret","data":{"a":"secret"}}',
        /wrong\.json: error: the file has no pods, and no workloads: Secret/,
      ],
      [
        'apiVersion: v1\nkind: List\n',
        /wrong\.json:1:1: error: the file is YAML, which is not read/,
      ],
      ['null\n', /wrong\.json:1:1: error: a value of JSON, and neither objects nor lines/],
      [
        'r.example/a:1 here\nNot-A:secret\n',
        /wrong\.json:2:1: error: not JSON, and not a line of REF/,
      ],
      ['r.example/a@sha256:12\n', /wrong\.json:1:13: error: what is behind @ is not a digest/],
      [Buffer.from('\ufeff{}', 'utf16le'), /wrong\.json: error: the file is UTF-16, not UTF-8/],
    ];
    for (const [text, message] of cases) {
      fleet.tree.write({ 'work/wrong.json': text });
      const { stdout, stderr, status } = await running('wrong.json');
      assert.deepEqual([status, stdout], [2, ''], stderr);
      assert.match(stderr, message);
      assert.ok(!stderr.includes('secret'), stderr);
    }
    const missing = await running('missing.json');
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /missing\.json: error: the file does not exist/);
    const twice = await running('a/x.json', 'a/x.json');
    assert.equal(twice.status, 2);
    assert.match(twice.stderr, /two files are called a\/x\.json/);
  });

  test('a definition whose name cannot be read may be of an image that no tree defines', async () => {
    fleet.tree.write({
      'work/images/lost/changelog': 'no changelog\n',
      'work/images/lost/Dockerfile.template': 'FROM scratch\n',
      'work/d.txt': `${real.host}/services/other:a\n`,
    });
    const { stdout } = await running('d.txt', '--no-packages');
    assert.match(
      stdout,
      /^unknown .* it may be defined by images\/lost, whose name cannot be read$/m,
    );
  });

  test('names with escape codes do not reach the terminal', async () => {
    const pod = madePod({
      name: '\u001b[2Jevil\u202e',
      kind: 'StatefulSet',
      image: 'x\u001b[31m:1',
    });
    fleet.tree.write({ 'work/evil.json': podList([pod]) });
    const { stdout, stderr, status } = await running('evil.json');
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(`${stdout}${stderr}`, /[\u001b\u202e]/);
    assert.match(stdout, /\\x1b\[2Jevil\\u202e/);
  });
});
