/**
 * A made-up repository with every trait of a large docker-pkg one (doc/dev/docker-pkg.md, What the
 * real tree contains): four trees with configurations of their own, parents that control does not
 * declare, references written out, links that leave the context, changelogs with a past.
 */
import { gitIn } from './gitRepository.js';
import { type ScratchFile, type ScratchTree, scratchTree } from './scratch.js';

export const registry = 'registry.harbour.example';

type FleetEdge = readonly [
  kind: 'from' | 'copy',
  /** Without the registry. */
  parent: string,
  /** Without the registry where it begins with it: what the Dockerfile says, arguments expanded. */
  written: string,
  declared: boolean,
  line: number,
];

export interface FleetImage {
  readonly tree: string;
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly target: string;
  /** Without the registry. */
  readonly repository: string;
  readonly edges: readonly FleetEdge[];
  readonly external: readonly (readonly [kind: 'from' | 'copy', written: string, line: number])[];
  readonly base: string;
  readonly declared: readonly (readonly [name: string, line: number])[];
  /** As docker-pkg renders the template. */
  readonly dockerfile: string;
  readonly created: string;
  readonly author?: string;
  readonly description?: string;
}

interface Block {
  readonly name: string;
  readonly version: string;
  readonly date?: string;
}

function block({ name, version, date = 'Sun, 01 Nov 2026 06:30:00 +0100' }: Block): string {
  return `${name} (${version}) harbour; urgency=medium\n\n  * Tide tables.\n\n -- Ida Quay <ida@harbour.example>  ${date}\n`;
}

function changelog(name: string, version: string): string {
  return block({ name, version });
}

const aptInstall = (packages: string): string =>
  'apt-get update  \\\n    && DEBIAN_FRONTEND=noninteractive \\\n' +
  `    apt-get install  --yes ${packages} --no-install-recommends \\\n` +
  '    && apt-get clean && rm -rf /var/lib/apt/lists/* ';

const trixie = `${registry}/trixie:latest`;

/** Parents before children, and otherwise in the order of trees and paths. */
export const fleetImages: readonly FleetImage[] = [
  {
    ...image('docks', 'slate', '2.0.1-3-20261101', 'docks/slate'),
    external: [['from', trixie, 1]],
    base: trixie,
    description: 'What the other images stand on',
    dockerfile: `FROM ${trixie}\n\nRUN ${aptInstall('ca-certificates tzdata')}\nENV TIDE=spring`,
  },
  {
    ...image('docks', 'atlas', '0.9-1', 'docks/atlas'),
    edges: [['from', 'slate:2.0.1-3-20261101', 'slate:2.0.1-3-20261101', true, 1]],
    declared: [['slate', 3]],
    dockerfile: `FROM ${registry}/slate:2.0.1-3-20261101\nCOPY . /srv/atlas`,
  },
  {
    ...image('docks', 'calendar', '3.2-1-s2-20261101', 'docks/calendar'),
    edges: [['from', 'slate:2.0.1-3-20261101', 'slate:2.0.1-3-20261101', true, 2]],
    declared: [
      ['slate', 4],
      ['ink', 4],
    ],
    dockerfile: `FROM ${registry}/slate:2.0.1-3-20261101\nENV CALENDAR=3.2`,
    description: 'Days and tides',
  },
  {
    ...image('docks', 'ink', '1.0.0', 'docks/ink'),
    edges: [['from', 'slate:2.0.1-3-20261101', 'slate', false, 1]],
    dockerfile: `FROM ${registry}/slate\nRUN ${aptInstall('gcc make')} \\\n    && true`,
  },
  {
    ...image('docks', 'quill1.4', '1.4-2-20261101', 'docks/quill/1.4'),
    edges: [['from', 'slate:2.0.1-3-20261101', 'slate:2.0.1-3-20261101', true, 1]],
    declared: [['slate', 5]],
    dockerfile:
      `FROM ${registry}/slate:2.0.1-3-20261101\n` +
      'RUN groupadd -o -g 4100 -r scribe && useradd -l -o -r -m -d /var/lib/scribe -g scribe -u 4100 scribe\n' +
      'USER 4100',
  },
  {
    ...image('docks', 'quill1.5', '1.5-20261101', 'docks/quill/1.5'),
    edges: [['from', 'slate:2.0.1-3-20261101', 'slate:2.0.1-3-20261101', false, 1]],
    dockerfile: `FROM ${registry}/slate:2.0.1-3-20261101\nUSER scribe\nWORKDIR /srv/ink`,
  },
  {
    ...image('press', 'build', '0.4.0-1', 'press/build'),
    edges: [['from', 'slate:2.0.1-3-20261101', 'slate:2.0.1-3-20261101', false, 1]],
    dockerfile: `FROM ${registry}/slate:2.0.1-3-20261101\nRUN echo "\${PATH%%:*}"`,
  },
  {
    ...image('docks', 'binder', '0.1-20261101', 'docks/binder'),
    edges: [
      ['from', 'quill1.5:1.5-20261101', 'quill1.5:latest', true, 1],
      ['from', 'slate:2.0.1-3-20261101', 'slate:2.0.1-3-20261101', true, 3],
      ['copy', 'quill1.4:1.4-2-20261101', 'quill1.4:1.4-2-20261101', false, 5],
    ],
    base: `${registry}/slate:2.0.1-3-20261101`,
    declared: [
      ['slate', 2],
      ['quill1.5', 2],
      ['papermill', 2],
    ],
    dockerfile:
      `FROM ${registry}/quill1.5:latest AS cutter\nRUN cut /out\n` +
      `FROM ${registry}/slate:2.0.1-3-20261101\nCOPY --from=cutter /out /srv/binder\n` +
      `COPY --from=${registry}/quill1.4:1.4-2-20261101 /usr/bin/quill /usr/bin/quill`,
  },
  {
    ...image('docks', 'gloss', '5.1-1', 'docks/gloss'),
    edges: [['from', 'ink:1.0.0', 'ink:latest', true, 2]],
    declared: [['ink', 1]],
    dockerfile: `ARG BASE_IMAGE="ink:latest"\nFROM ${registry}/\${BASE_IMAGE}\nCOPY shine.txt /srv/`,
  },
  {
    ...image('docks', 'ledger', 'v20261103-3', 'docks/ledger'),
    edges: [['from', 'ink:1.0.0', 'ink:1.0.0', true, 1]],
    declared: [['ink', 1]],
    dockerfile: `FROM ${registry}/ink:1.0.0\nRUN echo 'A "quoted" \${word} and %{another}'`,
  },
  {
    ...image('mesh', 'build', '1.29-1-20261101', 'mesh/build'),
    edges: [['from', 'quill1.4:1.4-2-20261101', 'quill1.4:latest', true, 1]],
    declared: [['quill1.4', 2]],
    dockerfile: `FROM ${registry}/quill1.4:latest\nRUN touch /out`,
  },
  {
    ...image('optics', 'lens2.1', '2.1.2rocm6.1-1-20261101', 'optics/lens'),
    edges: [['from', 'atlas:0.9-1', 'atlas:0.9-1', true, 1]],
    declared: [['atlas', 2]],
    dockerfile: `FROM ${registry}/atlas:0.9-1\nENV TIDE=neap FOCUS=near`,
  },
  {
    ...image('mesh', 'proxy', '1.29-1-20261101', 'mesh/proxy'),
    edges: [['from', 'mesh/build:1.29-1-20261101', 'mesh/build:1.29-1-20261101', true, 1]],
    external: [['from', `${registry}/bookworm:latest`, 2]],
    base: `${registry}/bookworm:latest`,
    declared: [['build', 2]],
    dockerfile:
      `FROM ${registry}/mesh/build:1.29-1-20261101 AS build\nFROM ${registry}/bookworm:latest\n` +
      'COPY --from=build /out /usr/bin/proxy\nUSER 1337',
  },
  {
    ...image('press', 'folio', '0.4.0-1', 'press/folio'),
    edges: [
      ['from', 'press/build:0.4.0-1', 'press/build:0.4.0-1', true, 1],
      ['from', 'gloss:5.1-1', 'gloss:5.1-1', true, 2],
    ],
    base: `${registry}/gloss:5.1-1`,
    declared: [
      ['build', 2],
      ['gloss', 3],
    ],
    dockerfile:
      `FROM ${registry}/press/build:0.4.0-1 AS build\nFROM ${registry}/gloss:5.1-1\n` +
      'ENV PAPER=laid\nENV INK=black\nCOPY --from=build /out /srv/folio',
  },
];

/** The changelog's facts, which all images share; the base is the first link where nothing else is said. */
function image(tree: string, name: string, version: string, path: string) {
  const namespace = tree === 'mesh' || tree === 'press' ? `${tree}/` : '';
  const repository = namespace + name;
  return {
    tree,
    name,
    version,
    path,
    repository,
    target: repository.replaceAll('.', '_').replaceAll('/', '__'),
    edges: [] as readonly FleetEdge[],
    external: [] as FleetImage['external'],
    declared: [] as FleetImage['declared'],
    base: '',
    created: '2026-11-01T06:30:00+01:00',
    author: 'Ida Quay <ida@harbour.example>',
  };
}

export function referenceOf({ repository, version }: FleetImage): string {
  return `${registry}/${repository}:${version}`;
}

export function baseOf(one: FleetImage): string {
  return one.base !== '' ? one.base : `${registry}/${one.edges[0]?.[1] ?? ''}`;
}

/** The repository's files, a workspace file for all four trees among them. */
export const fleetFiles: Readonly<Record<string, ScratchFile>> = {
  'generate-bake.toml': [
    '[[tree]]\ndirectory = "docks"\nconfig = "docks.yaml"\n',
    '[[tree]]\ndirectory = "mesh"\nconfig = "mesh.yaml"\n',
    '[[tree]]\ndirectory = "press"\nconfig = "press.toml"\n',
    '[[tree]]\ndirectory = "optics"\nconfig = ["docks.yaml", "optics.yaml"]\n',
  ].join('\n'),
  'docks.yaml': [
    `registry: ${registry}`,
    `seed_image: ${trixie}`,
    'base_images:',
    `  - ${trixie}`,
    'known_uid_mappings:',
    '  root: 0',
    '  nobody: 65534',
    '  scribe: 4100',
    'tide: spring',
    '',
  ].join('\n'),
  'mesh.yaml': [
    `registry: ${registry}`,
    'namespace: mesh',
    `seed_image: ${registry}/bookworm:latest`,
    `base_images: [${registry}/bookworm:latest]`,
    'known_uid_mappings: {mesh: 1337}',
    '',
  ].join('\n'),
  'press.toml': `registry = "${registry}"\nnamespace = "press"\npaper = "laid"\n`,
  'optics.yaml': 'tide: neap\nfocus: near\n',

  'docks/slate/Dockerfile.template':
    'FROM {{ seed_image }}\n\n{# One package a line reads best. -#}\n' +
    '{% set packages -%}\nca-certificates\ntzdata\n{%- endset -%}\n' +
    'RUN {{ packages | apt_install }}\nENV TIDE={{ tide }}\n',
  'docks/slate/changelog': changelog('slate', '2.0.1-3-20261101'),
  'docks/slate/control':
    '# Comments stand here and there.\nPackage: slate   \nDescription: What the other images stand on\n' +
    'Maintainer: Ida Quay <ida@harbour.example>\nBuild-Depends:  \n',

  'docks/atlas/Dockerfile.template': 'FROM {{ "slate" | image_tag }}\nCOPY . /srv/atlas\n',
  'docks/atlas/changelog': changelog('atlas', '0.9-1'),
  'docks/atlas/control': 'Package: atlas\n# the ground\nBuild-Depends: slate\n',
  'docks/atlas/.dockerignore': '# not for the image\n*.draft\nnotes\n',
  'docks/atlas/chart.txt': 'Here be dragons.\n',
  'docks/atlas/chart.draft': 'Here be rabbits?\n',
  'docks/atlas/notes/todo': 'Ask the harbour master.\n',
  'docks/atlas/draw.sh': { text: '#!/bin/sh\ncat /srv/atlas/chart.txt\n', mode: 0o755 },
  'docks/atlas/newest.txt': { symlink: 'chart.txt' },
  'docks/atlas/legal': { symlink: '../../shared/legal' },
  'docks/atlas/NOTICE': { symlink: '../../shared/NOTICE' },
  'docks/atlas/test.sh': { symlink: '../../shared/test.sh' },
  'shared/legal/terms.txt': 'Sail at your own risk.\n',
  'shared/legal/more/small-print.txt': 'Really.\n',
  'shared/NOTICE': 'Drawn by hand.\n',
  'shared/test.sh': { text: '#!/bin/sh\nexit 0\n', mode: 0o755 },

  'docks/calendar/Dockerfile.template':
    '{% set version = "calendar" | image_tag | upstream_version -%}\n' +
    'FROM {{ "slate" | image_tag }}\nENV CALENDAR={{ version }}\n',
  'docks/calendar/changelog':
    `${changelog('calendar', '3.2-1-s2-20261101')}\n` +
    `${block({ name: 'almanac', version: '3.2-1' })}\n` +
    `${block({ name: 'almanac', version: '3.2-1' })}`,
  'docks/calendar/control':
    'Package: calendar\nDescription: Days and tides\n of every month\nBuild-Depends: slate,  ink\n',

  'docks/ink/Dockerfile.template': `FROM ${registry}/slate\nRUN {{ "gcc\\nmake" | apt_install }} \\\n    && true\n`,
  'docks/ink/changelog': changelog('ink', '1.0.0'),

  'docks/quill/1.4/Dockerfile.template':
    'FROM {{ "slate" | image_tag }}\nRUN {{ "scribe" | add_user }}\nUSER {{ "scribe" | uid }}\n',
  'docks/quill/1.4/changelog': changelog('quill1.4', '1.4-2-20261101'),
  'docks/quill/1.4/control':
    'Package: quill1.4\nMaintainer: Ida Quay <ida@harbour.example>\n\nPackage: feather\nDepends: slate\n',

  'docks/quill/1.5/Dockerfile.template':
    'FROM {{ "slate" | image_tag }}\nUSER scribe\nWORKDIR /srv/ink\n',
  'docks/quill/1.5/changelog': changelog('quill1.5', '1.5-20261101'),
  'docks/quill/1.5/control': '',

  'docks/binder/Dockerfile.template':
    `FROM ${registry}/quill1.5:latest AS cutter\nRUN cut /out\n` +
    `FROM ${registry}/slate:2.0.1-3-20261101\nCOPY --from=cutter /out /srv/binder\n` +
    'COPY --from={{ "quill1.4" | image_tag }} /usr/bin/quill /usr/bin/quill\n',
  'docks/binder/changelog': changelog('binder', '0.1-20261101'),
  'docks/binder/control': 'Package: binder\nBuild-Depends: slate, quill1.5 ,papermill\n',

  'docks/gloss/Dockerfile.template':
    'ARG BASE_IMAGE="ink:latest"\nFROM {{ registry }}/${BASE_IMAGE}\nCOPY shine.txt /srv/\n',
  'docks/gloss/changelog': changelog('gloss', '5.1-1'),
  'docks/gloss/control': 'Build-Depends: ink\n',
  'docks/gloss/shine.txt': 'Shine.\n',

  'docks/ledger/Dockerfile.template':
    'FROM {{ "ink" | image_tag }}\nRUN echo \'A "quoted" ${word} and %{another}\'\n',
  'docks/ledger/changelog':
    `${changelog('ledger', 'v20261103-3')}\n` +
    'ledger (v20261102-1) harbour; urgency=low\n\n  * No day is right here.\n\n' +
    ' -- Ida Quay <ida@harbour.example> 2nd of November\n',
  'docks/ledger/control': 'Depends: ink\n',

  'mesh/build/Dockerfile.template': 'FROM {{ registry }}/quill1.4:latest\nRUN touch /out\n',
  'mesh/build/changelog': changelog('build', '1.29-1-20261101'),
  'mesh/build/control': 'Package: build\nBuild-Depends: quill1.4\n',
  'mesh/proxy/Dockerfile.template':
    'FROM {{ "build" | image_tag }} AS build\nFROM {{ seed_image }}\n' +
    'COPY --from=build /out /usr/bin/proxy\nUSER {{ "mesh" | uid }}\n',
  'mesh/proxy/changelog': changelog('proxy', '1.29-1-20261101'),
  'mesh/proxy/control': 'Package: proxy\nBuild-Depends: build\n',

  'press/build/Dockerfile.template': 'FROM {{ "slate" | image_tag }}\nRUN echo "${PATH%%:*}"\n',
  'press/build/changelog': changelog('build', '0.4.0-1'),
  'press/folio/Dockerfile.template':
    'FROM {{ "build" | image_tag }} AS build\nFROM {{ "gloss" | image_tag }}\n' +
    '{% include "colours.inc" %}\nCOPY --from=build /out /srv/folio\n',
  'press/folio/colours.inc': 'ENV PAPER={{ paper }}\nENV INK=black\n',
  'press/folio/changelog': changelog('folio', '0.4.0-1'),
  'press/folio/control': 'Package: folio\nBuild-Depends: build\nDepends: gloss\n',

  'optics/lens/Dockerfile.template':
    'FROM {{ "atlas" | image_tag }}\nENV TIDE={{ tide }} FOCUS={{ focus }}\n',
  'optics/lens/changelog': changelog('lens2.1', '2.1.2rocm6.1-1-20261101'),
  'optics/lens/control': 'Package: lens2.1\nDepends: atlas\n',
};

/** The line that other commands say instead. */
export const fleetFolded =
  '6 warnings: 4 undeclared-parent, 1 dangling-depends, 1 unused-depends (generate-bake check shows them)\n';

/** What `check` says of these trees, in one piece. */
export const fleetWarnings = `docks/binder/Dockerfile.template:5:1: warning: binder uses ${registry}/quill1.4:1.4-2-20261101 and does not declare it [undeclared-parent]
    5 | COPY --from={{ "quill1.4" | image_tag }} /usr/bin/quill /usr/bin/quill
      | ${'^'.repeat(70)}
  hint: add quill1.4 to Build-Depends in control
docks/binder/control:2:33: warning: no image is named papermill [dangling-depends]
    2 | Build-Depends: slate, quill1.5 ,papermill
      |                                 ^^^^^^^^^
  hint: remove it from control, or add the tree that defines it
docks/calendar/control:4:24: warning: calendar declares ink and does not use it [unused-depends]
    4 | Build-Depends: slate,  ink
      |                        ^^^
  hint: remove it from control: nothing in the Dockerfile refers to it
docks/ink/Dockerfile.template:1:6: warning: ink uses ${registry}/slate:2.0.1-3-20261101 and does not declare it [undeclared-parent]
    1 | FROM ${registry}/slate
      |      ${'^'.repeat(30)}
  hint: add slate to Build-Depends in control
docks/quill/1.5/Dockerfile.template:1:1: warning: quill1.5 uses ${registry}/slate:2.0.1-3-20261101 and does not declare it [undeclared-parent]
    1 | FROM {{ "slate" | image_tag }}
      | ${'^'.repeat(30)}
  hint: add slate to Build-Depends in control
press/build/Dockerfile.template:1:1: warning: build uses ${registry}/slate:2.0.1-3-20261101 and does not declare it [undeclared-parent]
    1 | FROM {{ "slate" | image_tag }}
      | ${'^'.repeat(30)}
  hint: add slate to Build-Depends in control
6 warnings
`;

/** The fleet in a repository of its own: links of its images lead from one tree to another. */
export function fleetTree(more: Readonly<Record<string, ScratchFile>> = {}): ScratchTree {
  const tree = scratchTree({ ...fleetFiles, ...more });
  gitIn(tree.path, 'init', '--quiet', '--initial-branch=main');
  return tree;
}
