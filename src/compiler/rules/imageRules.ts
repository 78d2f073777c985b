import { join } from 'node:path';
import { type Diagnostic, type Place, warning } from '#core/diagnostics/diagnostic.js';
import type { RuleCode } from '#core/diagnostics/rules.js';
import { type ImageReference, parseReference } from '#core/reference/reference.js';
import { readChangelog } from '#formats/debian/changelog.js';
import { compareVersions } from '#formats/debian/version.js';
import type { Written } from '#formats/dockerfile/dockerfile.js';
import { follow } from '#formats/dockerfile/follow.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import { walkStages } from '#formats/dockerfile/walkStages.js';
import type { Contexts } from '../context/contexts.js';
import { shownFile } from '../context/listing.js';
import { blubberOf, type ImageDefinition } from '../definitions/definition.js';
import { readFile } from '../definitions/readText.js';
import type { Owners } from '../owners/owners.js';
import type { RenderedImage } from '../render/rendered.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import { placeOf } from '../resolve/read.js';
import { testsOf } from '../tests/imageTests.js';
import { largestFile, levelIn } from '../workspace/checkKeys.js';
import { type FileFinding, largeFile, secretFile } from './contextFiles.js';
import { hasEnded, releaseOf } from './distributions.js';
import { looseFetches } from './pins.js';

export interface RulesInput {
  readonly graph: Graph;
  readonly images: readonly ResolvedImage[];
  readonly contexts: Contexts;
  readonly owners: Owners;
  readonly now: Date;
}

/**
 * What the rules find that `check` alone looks for, each as a warning: its level is for `withLevels` to say. Those that
 * are off are not looked for. Reads files of the trees; runs nothing, asks nobody.
 */
export function findingsOf(input: RulesInput): readonly Diagnostic[] {
  const files = new FileRules(input.contexts);
  return input.images.flatMap((image) => {
    const { definition } = image.rendered;
    const { check } = definition.tree.config;
    const isOn = (rule: RuleCode): boolean => levelIn(check, rule) !== 'off';
    return [
      ...(isOn('base-untagged') ? untaggedBases(image) : []),
      ...(isOn('distribution-ended') ? endedDistributions(image, input.now) : []),
      ...fetches(image, isOn, files),
      ...(isOn('user-not-numeric') ? namedUser(image) : []),
      ...(isOn('version-lower') ? lowerVersion(definition) : []),
      ...(isOn('no-owner') ? ownerless(definition, input.owners) : []),
      ...(isOn('no-test') ? untested(image, input.graph) : []),
      ...files
        .findings(image)
        .filter(({ code }) => isOn(code))
        .map((one) => toldOf(one, image)),
    ];
  });
}

function untaggedBases({ externals, rendered }: ResolvedImage): Diagnostic[] {
  const { baseImages } = rendered.definition.tree.config;
  return externals.flatMap(({ written, place }) => {
    const reference = parseReference(written);
    if (
      reference.kind === 'problem' ||
      reference.digest !== undefined ||
      (reference.tag ?? 'latest') !== 'latest' ||
      baseImages.some((base) => isSameTag(base, reference))
    ) {
      return [];
    }
    const has = reference.tag === undefined ? 'no tag' : 'the tag latest';
    const hint = 'write a version, or a digest';
    return [
      warning('base-untagged', `${written} has ${has}: it may be another image tomorrow`, {
        place,
        hint,
      }),
    ];
  });
}

/** What `base_images` lists is meant to move: `build` refreshes it. */
function isSameTag(base: string, { domain, path, tag = 'latest' }: ImageReference): boolean {
  const other = parseReference(base);
  return (
    other.kind === 'reference' &&
    other.domain === domain &&
    other.path === path &&
    (other.tag ?? 'latest') === tag
  );
}

function endedDistributions({ externals }: ResolvedImage, now: Date): Diagnostic[] {
  return externals
    .filter(({ kind }) => kind === 'from')
    .flatMap(({ written, place }) => {
      const reference = parseReference(written);
      const release = reference.kind === 'problem' ? undefined : releaseOf(reference);
      if (release === undefined || !hasEnded(release, now)) {
        return [];
      }
      const message = `${written} is ${release.name}, which has no security updates since ${release.end}`;
      return [warning('distribution-ended', message, { place, hint: 'move to a newer release' })];
    });
}

function fetches(
  image: ResolvedImage,
  isOn: (rule: RuleCode) => boolean,
  files: FileRules,
): Diagnostic[] {
  const { rendered } = image;
  const { args } = rendered.definition;
  // What its builders fetch is in no RUN.
  if (blubberOf(rendered.definition) !== undefined) {
    return [];
  }
  return looseFetches(rendered.dockerfile, (name) => files.requirements(image, name), { args })
    .filter(({ code }) => isOn(code))
    .map(({ code, message, hint, span }) =>
      warning(code, message, { place: placeOf(rendered, span), hint }),
    );
}

function namedUser({ rendered }: ResolvedImage): Diagnostic[] {
  const { args, stage, tree } = rendered.definition;
  // With `force_numeric_user` the compiler refuses it; Blubber's users are numbers.
  if (tree.config.forceNumericUser || blubberOf(rendered.definition) !== undefined) {
    return [];
  }
  const dockerfile = readDockerfile(rendered.dockerfile);
  const { user } = follow(dockerfile, { args, ...(stage === undefined ? {} : { stage }) });
  if (user === undefined || isNumeric(user.text) || isNumeric(expandedUser(rendered, user))) {
    return [];
  }
  const place = placeOf(rendered, user.span);
  const hint = 'write UID or UID:GID: Kubernetes cannot tell whether a name is root';
  return [
    warning('user-not-numeric', `the last USER is ${user.text}, not a number`, { place, hint }),
  ];
}

function isNumeric(user = ''): boolean {
  return /^\d+(?::\d+)?$/.test(user);
}

/** What a USER is once its variables are expanded; undefined where that is not known. */
function expandedUser(
  { dockerfile, definition }: RenderedImage,
  user: Written,
): string | undefined {
  let value: string | undefined;
  if (user.text.includes('$')) {
    walkStages(dockerfile, definition, ({ name, command, lines }, variables) => {
      if (name === 'user' && lines.span(command.restAt, 1).line === user.span.line) {
        value = variables.value(command.rest, lines.escape);
      }
    });
  }
  return value;
}

/** The two newest blocks of nearly every changelog are in it. */
const changelogStart = 32 * 1024;

/** A newest block of a changelog below the one before it: dpkg, and whoever compares, takes that for newer. */
function lowerVersion(definition: ImageDefinition): Diagnostic[] {
  const { place, directory, home = directory, tree, version } = definition;
  if (!place.file.endsWith('changelog') || definition.versionSpot !== undefined) {
    return [];
  }
  const door = { own: tree.directory, boundary: tree.boundary };
  const text = readFile(join(home, 'changelog'), place.file, door, undefined, changelogStart).value;
  const { value } = readChangelog(place.file, newestTwo(text?.toString('utf8') ?? ''));
  const [newest, before] = value;
  if (
    newest === undefined ||
    before === undefined ||
    newest.package !== before.package ||
    !version.startsWith(newest.version) ||
    compareVersions(newest.version, before.version) >= 0
  ) {
    return [];
  }
  const message = `the version ${newest.version} is lower than ${before.version}, the one before it`;
  const hint = 'give it a greater one: dpkg --compare-versions says which is';
  return [warning('version-lower', message, { place: newest.versionPlace, hint })];
}

/** Up to the end of the second block: all others need not be read. */
function newestTwo(changelog: string): string {
  const first = changelog.indexOf('\n -- ');
  const second = first === -1 ? -1 : changelog.indexOf('\n -- ', first + 1);
  const end = second === -1 ? -1 : changelog.indexOf('\n', second + 1);
  return end === -1 ? changelog : changelog.slice(0, end + 1);
}

function ownerless(definition: ImageDefinition, owners: Owners): Diagnostic[] {
  if (owners.of(definition) !== undefined) {
    return [];
  }
  const hint = 'add Maintainer to control, owner to image.toml, or a line to CODEOWNERS';
  return [
    warning('no-owner', `nobody answers for ${definition.name}`, { place: definition.place, hint }),
  ];
}

function untested({ rendered, reference }: ResolvedImage, graph: Graph): Diagnostic[] {
  if (testsOf(graph, reference) !== 'none') {
    return [];
  }
  const { place, name, tree } = rendered.definition;
  const own = tree.config.insideTests[0] ?? 'goss.yaml';
  const hint = `write test.sh or ${own} in its directory`;
  return [warning('no-test', `no test is run for ${name}`, { place, hint })];
}

function toldOf(
  { code, path, message, hint }: FileFinding,
  { rendered }: ResolvedImage,
): Diagnostic {
  const place: Place = { file: shownFile(rendered.definition.context, path) };
  return warning(code, message, { place, hint });
}

/** Looks at the files of contexts: those that several images share once. */
class FileRules {
  readonly #contexts: Contexts;
  readonly #known = new Map<unknown, readonly FileFinding[]>();

  constructor(contexts: Contexts) {
    this.#contexts = contexts;
  }

  findings(image: ResolvedImage): readonly FileFinding[] {
    const { definition } = image.rendered;
    const { sources } = this.#contexts.of(image);
    const known = this.#known.get(sources);
    if (sources === undefined || known !== undefined) {
      return known ?? [];
    }
    const most = definition.tree.config.check?.largestFile ?? largestFile;
    const door = { own: definition.directory, boundary: definition.tree.boundary };
    const found = sources().flatMap((file) => {
      const secret = secretFile(file, door);
      const large = largeFile(file, most);
      return [...(secret === undefined ? [] : [secret]), ...(large === undefined ? [] : [large])];
    });
    this.#known.set(sources, found);
    return found;
  }

  /** The text of a file of requirements of the context; of several of its name, all of them. */
  requirements(image: ResolvedImage, name: string): string | undefined {
    const { definition } = image.rendered;
    const door = { own: definition.directory, boundary: definition.tree.boundary };
    const files = this.#contexts.of(image).sources?.() ?? [];
    const texts = files
      .filter(({ path }) => path === name || path.endsWith(`/${name}`))
      .flatMap(({ path, source }) => readFile(source, path, door).value?.toString('utf8') ?? []);
    return texts.length === 0 ? undefined : texts.join('\n');
  }
}
