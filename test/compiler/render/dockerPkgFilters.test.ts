import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerPkgFilters } from '#compiler/render/dockerPkgFilters.js';
import { type Data, Float, type RenderResult, renderString } from '#jinja/index.js';
import { knownImages } from '../../support/knownImages.js';

const references = [
  'host:5000/ns/go:1.22-3',
  'host:5000/ns/long:1.2.3-4-20240101',
  'host:5000/ns/plain:20240101',
  'host:5000/ns/odd:a_b-c',
  'host:5000/other:1',
  'host:5000/ns/untagged',
];

function render(template: string, config: Record<string, Data> = {}): RenderResult {
  const all: Record<string, Data> = {
    registry: 'host:5000',
    namespace: 'ns',
    apt_options: '',
    apt_only_proxy: null,
    known_uid_mappings: new Map<Data, Data>([
      ['root', 0],
      ['deploy', 900],
      ['12', 12],
      [7, 'seven'],
    ]),
    ...config,
  };
  return renderString(template, all, {
    name: 'main',
    filters: dockerPkgFilters({
      config: all,
      findImage: knownImages(references, String(all.registry), String(all.namespace)),
    }),
  });
}

function output(template: string, config?: Record<string, Data>): string {
  const result = render(template, config);
  assert.ok(result.ok, result.ok ? '' : result.error.message);
  return result.output;
}

function failure(template: string, config?: Record<string, Data>): string {
  const result = render(template, config);
  assert.ok(!result.ok);
  return `${result.error.kind}: ${result.error.message}`;
}

test('apt_install: the packages on one line, whatever lines they came on', () => {
  const expected = [
    'apt-get update  \\',
    '    && DEBIAN_FRONTEND=noninteractive \\',
    '    apt-get install  --yes curl git --no-install-recommends \\',
    '    && apt-get clean && rm -rf /var/lib/apt/lists/* ',
  ].join('\n');
  assert.equal(output("{{ 'curl git'|apt_install }}"), expected);
  assert.equal(output("{{ 'curl\\ngit'|apt_install }}"), expected);
});

test('apt_install with options and with a proxy', () => {
  assert.equal(
    output("{{ 'curl'|apt_install }}", { apt_options: '-o A=1', apt_only_proxy: 'http://p:8080' }),
    [
      `echo 'Acquire::http::Proxy "http://p:8080";' > /etc/apt/apt.conf.d/80_proxy \\`,
      '    && apt-get update -o A=1 \\',
      '    && DEBIAN_FRONTEND=noninteractive \\',
      '    apt-get install -o A=1 --yes curl --no-install-recommends \\',
      '    && rm -f /etc/apt/apt.conf.d/80_proxy \\',
      '    && apt-get clean && rm -rf /var/lib/apt/lists/* ',
    ].join('\n'),
  );
});

test('apt_remove keeps newlines, and with a proxy leaves out a line break', () => {
  assert.equal(
    output("{{ 'curl\\ngit'|apt_remove }}", { apt_options: '-o A=1' }),
    [
      'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get remove --yes --purge curl',
      'git \\',
      '    && apt-get clean && rm -rf /var/lib/apt/lists/* ',
    ].join('\n'),
  );
  assert.equal(
    output("{{ 'curl'|apt_remove }}", { apt_only_proxy: 'http://p:8080' }),
    [
      `echo 'Acquire::http::Proxy "http://p:8080";' > /etc/apt/apt.conf.d/80_proxy  && \\apt-get update && DEBIAN_FRONTEND=noninteractive apt-get remove --yes --purge curl \\`,
      '    && rm -f /etc/apt/apt.conf.d/80_proxy \\',
      '    && apt-get clean && rm -rf /var/lib/apt/lists/* ',
    ].join('\n'),
  );
});

test('settings of odd types print as Jinja2 prints them, and decide as Python decides', () => {
  const updateLine = (config: Record<string, Data>) =>
    output("{{ 'x'|apt_install }}", config).split('\n')[0];
  assert.equal(updateLine({ apt_options: null }), 'apt-get update None \\');
  assert.equal(updateLine({ apt_options: ['a'] }), "apt-get update ['a'] \\");
  assert.equal(updateLine({ apt_options: new Float(2) }), 'apt-get update 2.0 \\');
  assert.equal(updateLine({ apt_only_proxy: '' }), 'apt-get update  \\');
  assert.equal(updateLine({ apt_only_proxy: [] }), 'apt-get update  \\');
  assert.match(String(updateLine({ apt_only_proxy: true })), /Proxy "True"/);
});

test('only text can be installed; anything can be removed', () => {
  assert.equal(
    failure("{{ ['a']|apt_install }}"),
    "AttributeError: 'list' object has no attribute 'replace'",
  );
  assert.match(output("{{ ['a']|apt_remove }}"), /--purge \['a'\] /);
  assert.equal(failure('{{ nosuch|apt_remove }}'), "UndefinedError: 'nosuch' is undefined");
});

test('a key "packages" of the configuration is in the way of both, as in docker-pkg', () => {
  for (const filter of ['apt_install', 'apt_remove']) {
    assert.match(
      failure(`{{ 'a'|${filter} }}`, { packages: 'x' }),
      /^TypeError: .*multiple values for keyword argument 'packages'$/,
    );
  }
});

test('image_tag finds an image below registry and namespace, ports included', () => {
  assert.equal(output("{{ 'go'|image_tag }}"), 'host:5000/ns/go:1.22-3');
  assert.equal(output("{{ 'other'|image_tag }}", { namespace: '' }), 'host:5000/other:1');
});

test('image_tag of an unknown image names it and the nearest ones', () => {
  assert.equal(
    failure("{{ 'log'|image_tag }}"),
    'ValueError: Image host:5000/ns/log not found, or it has no tag; did you mean "long"?',
  );
  assert.match(failure("{{ 'untagged'|image_tag }}"), /not found, or it has no tag/);
  assert.match(failure('{{ 5|image_tag }}'), /^TypeError: join\(\) argument must be str/);
});

test('upstream_version keeps one suffix and takes what is before it', () => {
  assert.equal(output("{{ 'go'|image_tag|upstream_version }}"), '1.22');
  assert.equal(output("{{ 'long'|image_tag|upstream_version }}"), '1.2.3');
  assert.equal(output("{{ 'plain'|image_tag|upstream_version }}"), '20240101');
  assert.equal(output("{{ 'x:1.0~rc1-1'|upstream_version }}"), '1.0~rc1');
  assert.equal(output(String.raw`{{ 'x:1.0-1\n'|upstream_version }}`), '1.0');
  assert.equal(
    failure("{{ 'odd'|image_tag|upstream_version }}"),
    "ValueError: Invalid version string 'a_b-c'",
  );
  for (const input of ['x', 'host:5000/x', 'x:1:2']) {
    assert.equal(
      failure(`{{ '${input}'|upstream_version }}`),
      `ValueError: upstream_version(${input}) -> no image name found in input`,
    );
  }
});

test('uid of a user without a mapping warns and gives the name', () => {
  assert.equal(output("{{ 'root'|uid }} {{ 'deploy'|uid }} {{ 7|uid }}"), '0 900 seven');
  const result = render("USER {{ 'nosuch'|uid }}");
  assert.ok(result.ok);
  assert.equal(result.output, 'USER nosuch');
  assert.deepEqual(
    result.warnings.map(({ message, place }) => [message, place.line, place.column]),
    [['UID mapping for user nosuch not found', 1, 18]],
  );
});

test('add_user needs a mapping, and one that differs from the name', () => {
  assert.equal(
    output("{{ 'deploy'|add_user }}"),
    'groupadd -o -g 900 -r deploy && useradd -l -o -r -m -d /var/lib/deploy -g deploy -u 900 deploy',
  );
  for (const user of ['nosuch', '12']) {
    assert.equal(
      failure(`{{ '${user}'|add_user }}`),
      `ValueError: No mapping found for user '${user}'`,
    );
  }
});

test('the namespace of the configuration hides Jinja2’s', () => {
  assert.equal(failure('{{ namespace(a=1) }}'), "TypeError: 'str' object is not callable");
});
