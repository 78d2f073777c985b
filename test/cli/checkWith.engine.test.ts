/** `check --with buildkit` on a stranger's Dockerfiles: BuildKit's findings, and nobody is asked for anything. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { engines } from '../support/engine/engine.js';
import { run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

/** A double of a registry that has nothing, and notes who asks. */
async function recorder(t: TestContext): Promise<{ host: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const changelog =
  'app (1.0) w; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n';

for (const engine of await engines()) {
  const hasChecks = Number(engine.dockerVersion.split('.')[0]) >= 27;
  test(`${engine.name}: findings on lines of the template, no frontend and no image of the tree`, async (t) => {
    const { host, asked } = await recorder(t);
    const tree = scratchTree({
      'generate-bake.toml': `[check]
"buildkit/MaintainerDeprecated" = "error"
"buildkit/JSONArgsRecommended" = "off"
base-untagged = "off"
download-unchecked = "off"
dockerfile-stage-unused = "off"
unreached-reference = "off"
foreign-syntax = "off"

[[tree]]
directory = "images"
config = "config.yaml"

[[tree]]
kind = "dockerfiles"
directory = "plain"
`,
      'config.yaml': `registry: ${host}\n`,
      'images/app/changelog': changelog,
      'images/app/Dockerfile.template': `# syntax=${host}/frontend:1
# check=skip=all;error=true
FROM ${host}/unused:1 AS unused
RUN false
FROM ${host}/base:1 as build
{% for name in ["a", "b"] %}
ENV {{ name }} value
{% endfor %}
COPY --from=${host}/files / /
RUN --mount=type=bind,from=${host}/mounted,target=/m false
FROM build
MAINTAINER x
CMD false
`,
      'images/child/changelog': changelog.replace('app', 'child'),
      'images/child/Dockerfile.template':
        'FROM {{ "app" | image_tag }}\nCOPY $HOME/x /y\nWORKDIR /a\n',
      'images/child/x': '',
      'images/child/control': 'Package: child\nDescription: x\nBuild-Depends: app\n',
      'plain/ticks/Dockerfile': `# escape=\`
# syntax=${host}/frontend:2
FROM ${host}/base:1
RUN echo a \`
  && false
maintainer x
`,
      'plain/marked/Dockerfile': `\ufeff# syntax=${host}/frontend:4\r\nFROM ${host}/base:1\r\nADD http://${host}/x /\r\n`,
      'plain/ticks/image.toml': `[args]\nBUILDKIT_SYNTAX = "${host}/frontend:3"\n`,
    });
    const env = { ...process.env, ...engine.env };
    const { status, stdout, stderr } = await runCli(['check', '--with', 'buildkit'], {
      cwd: tree.path,
      env,
    });
    assert.equal(stdout, '');
    const said = stderr.replace(/^buildkit checks .*\n/gm, '');
    if (hasChecks) {
      const page = (name: string) =>
        `  hint: see https://docs.docker.com/go/dockerfile/rule/${name}/\n`;
      const legacy = `images/app/Dockerfile.template:7:1: warning: "ENV key=value" should be used instead of legacy "ENV key value" format [buildkit/LegacyKeyValueFormat]
    7 | ENV {{ name }} value
      | ^^^^^^^^^^^^^^^^^^^^
${page('legacy-key-value-format')}`;
      assert.equal(
        said,
        `images/app/Dockerfile.template:5:1: warning: 'as' and 'FROM' keywords' casing do not match [buildkit/FromAsCasing]
    5 | FROM ${host}/base:1 as build
      | ${'^'.repeat(`FROM ${host}/base:1 as build`.length)}
${page('from-as-casing')}${legacy}images/app/Dockerfile.template:12:1: error: Maintainer instruction is deprecated in favor of using label [buildkit/MaintainerDeprecated]
    12 | MAINTAINER x
       | ^^^^^^^^^^^^
${page('maintainer-deprecated')}plain/ticks/Dockerfile:6:1: error: Maintainer instruction is deprecated in favor of using label [buildkit/MaintainerDeprecated]
    6 | maintainer x
      | ^^^^^^^^^^^^
${page('maintainer-deprecated')}plain/ticks/Dockerfile:6:1: warning: Command 'maintainer' should match the case of the command majority (uppercase) [buildkit/ConsistentInstructionCasing]
    6 | maintainer x
      | ^^^^^^^^^^^^
${page('consistent-instruction-casing')}2 errors, 3 warnings
`,
      );
    } else {
      assert.match(
        said,
        /error: --with buildkit: buildx 0\.13\.\d has no checks of Dockerfiles \[check-with\]\n {2}hint: buildx 0\.15 and BuildKit 0\.14 or newer are needed, as Docker 27 has\n/,
      );
    }
    assert.equal(status, hasChecks ? 1 : 3);
    assert.deepEqual(asked, []);
    // Other tests use the engine too: what this one names has its own host.
    const names = await engine.docker('images', '--all', '--format', '{{.Repository}}');
    assert.ok(!names.includes(host), names);
    // The double hears of whoever asks.
    await run('docker', ['pull', `${host}/base:1`], { env });
    assert.notDeepEqual(asked, []);
  });
}

test('an engine that is not there ends with 3', async () => {
  const tree = scratchTree({ 'generate-bake.toml': '', 'a/Dockerfile': 'FROM scratch\n' });
  const { status, stderr } = await runCli(['check', '--with', 'buildkit'], {
    cwd: tree.path,
    env: { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  });
  assert.equal(status, 3);
  assert.match(stderr, /^error: Cannot connect to the Docker daemon .* \[engine-daemon-down\]\n/);
});
