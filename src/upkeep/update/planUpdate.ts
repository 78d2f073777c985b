import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { ImageDefinition, VersionSpot } from '#compiler/definitions/definition.js';
import {
  type BrokenNode,
  type Graph,
  type GraphNode,
  inOrder,
  type ResolvedImage,
} from '#compiler/resolve/graph.js';
import { reasonOf } from '#compiler/tellBroken.js';
import { addTo } from '#core/data/groups.js';
import {
  type Diagnostic,
  error,
  hasErrors,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import { reasonLines } from '../versioning/addBlock.js';
import { chosenVersionProblem, nextVersion } from '../versioning/nextVersion.js';
import {
  type ChangelogEdit,
  currentChangelog,
  type EditContext,
  makeEdit,
} from './changelogEdit.js';
import { type LeaveOptions, type LeftOut, LeftOutImages, type Unknown } from './leftOut.js';
import { findNamed } from './names.js';
import { RebuildEdits } from './rebuildEdits.js';
import {
  dateProblem,
  dateVersion,
  hasChangelog,
  spotEdit,
  timeEdit,
  versionElsewhere,
} from './spotEdit.js';

export interface UpdateOptions extends EditContext, LeaveOptions {
  /** Why: one or several lines of plain text. */
  readonly reason: string;
  /** For the first name; the others and all that is built on them get the next version. */
  readonly version?: string;
  /**
   * Where the names are looked up; absent: everywhere. What is built on them is found everywhere
   * in any case.
   */
  readonly among?: ReadonlySet<Reference>;
}

/** The blocks of an update, and what it leaves as it is. */
export interface UpdatePlan extends Outcome<readonly ChangelogEdit[]> {
  /** Images that changed since their newest version, with what changed. */
  readonly unreleased: readonly LeftOut<'unreleased'>[];
  /** Images whose newest version is not committed yet: they need no other. */
  readonly pending: readonly LeftOut<'pending'>[];
  /** Why git does not tell of some images; absent: it tells of all. */
  readonly unknown?: Unknown;
}

/**
 * The blocks of `update`: one with the reason for every image named, one that names the parents
 * for every image that is really built on them, directly or not, by the graph's edges. Parents
 * come first. With an error among the diagnostics nothing may be written.
 */
export function planUpdate(
  graph: Graph,
  names: readonly string[],
  options: UpdateOptions,
): UpdatePlan {
  const diagnostics: Diagnostic[] = reasonProblems(options.reason);
  const roots: Root[] = [];
  for (const [index, written] of names.entries()) {
    const named = findNamed(graph, written, options.among);
    if (named.kind === 'unknown') {
      diagnostics.push(named.problem);
      continue;
    }
    const first = index === 0;
    if (named.kind === 'image') {
      if (roots.some((root) => root.image === named.image)) {
        continue;
      }
      roots.push({ written, image: named.image, children: [named.image], first });
      continue;
    }
    roots.push({ written, children: named.children, first });
    if (first && options.version !== undefined) {
      diagnostics.push(
        error('update-version', `"${written}" is not an image of the trees, so it has no version`, {
          hint: 'leave out --version, or name an image of the trees first',
        }),
      );
    }
  }
  if (diagnostics.length > 0) {
    return { value: [], diagnostics, unreleased: [], pending: [] };
  }

  const edits: ChangelogEdit[] = [];
  const concerned = concernedBy(graph, roots);
  const left = new LeftOutImages(
    concerned.flatMap(({ definition, root, sound }) =>
      root === undefined
        ? [{ definition, ...(sound === undefined ? {} : { resolved: sound }) }]
        : [],
    ),
    options,
  );
  const rebuilds = new RebuildEdits();
  /** What gets another version, so that the computed versions of its children change. */
  const changed = new Set<Reference>();
  for (const { definition, root, broken, builtOn, parents } of concerned) {
    const { reference, versionSpot: spot } = definition;
    if (root === undefined && followsParent(definition, parents, changed)) {
      changed.add(reference);
      continue;
    }
    // The stages of a tree share one version.
    if (spot !== undefined && edits.some((edit) => edit.file === spot.file)) {
      changed.add(reference);
      continue;
    }
    if (left.leaves(definition)) {
      continue;
    }
    const changes =
      root === undefined ? [`Refresh for update in parent image ${builtOn.join(', ')}:`] : [];
    const chosen = root?.first === true ? options.version : undefined;
    const reason = [...changes, options.reason].join('\n');
    const made =
      spot !== undefined
        ? spotEditOf(definition, spot, chosen, options, rebuilds)
        : hasChangelog(definition)
          ? editOf(definition, chosen, reason, options)
          : rebuildOf(definition, chosen, rebuilds);
    diagnostics.push(...(broken === undefined ? made.diagnostics : [ofBroken(broken.image, made)]));
    if (made.value !== undefined) {
      changed.add(reference);
    }
    if (made.value !== undefined && made.value !== 'counted') {
      edits.push(made.value);
    }
  }
  const value = [...edits, ...rebuilds.edits()];
  return { value, diagnostics, ...left.found() };
}

/**
 * Whether a version is a new one by itself: `content` has the versions of its parents in it. A commit
 * has not, where it is a rebuild that was counted.
 */
function followsParent(
  { computed }: ImageDefinition,
  parents: readonly Reference[],
  changed: ReadonlySet<Reference>,
): boolean {
  return computed?.kind === 'content' && parents.some((parent) => changed.has(parent));
}

/** An image whose version none of its files has: its rebuilds are counted. */
function rebuildOf(
  image: ImageDefinition,
  chosen: string | undefined,
  rebuilds: RebuildEdits,
): Outcome<'counted' | undefined> {
  if (chosen !== undefined) {
    const message = `--version "${chosen}" cannot be set: none of the files of ${image.name} has its version`;
    const hint = 'leave out --version: that counts one rebuild more';
    const problem = error('update-version', message, { place: image.place, hint });
    return { value: undefined, diagnostics: [problem] };
  }
  // The root filesystem is made anew by its own command.
  const problem =
    image.contextDigest === undefined ? rebuilds.raise(image) : versionElsewhere(image);
  return problem === undefined
    ? { value: 'counted', diagnostics: [] }
    : { value: undefined, diagnostics: [problem] };
}

/** An image that an update is about: named, or built on what is named. */
interface Concerned {
  readonly definition: ImageDefinition;
  readonly root?: Root;
  readonly sound?: ResolvedImage;
  readonly broken?: BrokenNode;
  readonly parents: readonly Reference[];
  /** Which of the names it is built on, as written. */
  readonly builtOn: readonly string[];
}

/** Parents first. */
function concernedBy(graph: Graph, roots: readonly Root[]): readonly Concerned[] {
  const above = namedParents(graph, roots);
  return inOrder(graph).flatMap(({ reference, parents, sound, broken }): Concerned[] => {
    const definition = sound?.rendered.definition ?? broken?.image.definition;
    const root = roots.find((each) => each.image !== undefined && each.image === sound);
    const builtOn = above.get(reference);
    if (definition === undefined || (root === undefined && builtOn === undefined)) {
      return [];
    }
    return [
      {
        definition,
        ...(root === undefined ? {} : { root }),
        ...(sound === undefined ? {} : { sound }),
        ...(broken === undefined ? {} : { broken }),
        parents: parents.map(({ parent }) => parent),
        builtOn: builtOn ?? [],
      },
    ];
  });
}

/** A broken child gets its new version too, where that can be written: it is needed once it is fixed. */
function ofBroken(image: BrokenImage, { value, diagnostics }: Outcome<unknown>): Diagnostic {
  const name = image.name ?? image.shown;
  const place = image.diagnostics.find(({ severity }) => severity === 'error')?.place;
  const where = place === undefined ? {} : { place };
  if (value !== undefined) {
    const message = `${name} is broken, and gets a new version all the same: ${reasonOf(image)}`;
    return warning('image-broken', message, where);
  }
  const why = diagnostics[0]?.message ?? reasonOf(image);
  return warning('image-broken', `${name} is broken, and gets no new version: ${why}`, where);
}

/** A name on the command line, with the images that its update begins at. */
interface Root {
  readonly written: string;
  /** Absent for an external image. */
  readonly image?: ResolvedImage;
  readonly children: readonly ResolvedImage[];
  readonly first: boolean;
}

/** For every image built on a root, directly or not: which ones, as written, in that order. */
function namedParents(
  graph: Graph,
  roots: readonly Root[],
): ReadonlyMap<Reference, readonly string[]> {
  const found = new Map<Reference, string[]>();
  const nodes = inOrder(graph);
  const declared = declaredByBroken(nodes);
  for (const root of roots) {
    const reached = new Set(root.children.map((image) => image.reference));
    // Parents stand first in a graph, so one pass reaches all generations; but what control alone
    // tells of is not in its order.
    for (let before = -1; before < reached.size; ) {
      before = reached.size;
      for (const { reference, parents } of nodes) {
        const above = declared.get(reference) ?? parents.map(({ parent }) => parent);
        if (above.some((parent) => reached.has(parent))) {
          reached.add(reference);
        }
      }
    }
    for (const reference of reached) {
      if (reference === root.image?.reference) {
        continue;
      }
      addTo(found, reference, root.written);
    }
  }
  return found;
}

/** Where a template cannot be rendered, control is all that tells what an image is built on. */
function declaredByBroken(
  nodes: readonly GraphNode[],
): ReadonlyMap<Reference, readonly Reference[]> {
  const declared = new Map<Reference, readonly Reference[]>();
  for (const { reference, parents, broken } of nodes) {
    const definition = broken?.image.definition;
    if (definition === undefined || parents.length > 0) {
      continue;
    }
    const names = new Set(definition.depends.map(({ name }) => name));
    const named = nodes.filter(({ sound, broken: other }) => {
      const candidate = sound?.rendered.definition ?? other?.image;
      return candidate?.tree === definition.tree && names.has(candidate.name ?? '');
    });
    declared.set(
      reference,
      named.map((node) => node.reference),
    );
  }
  return declared;
}

function editOf(
  definition: ImageDefinition,
  chosen: string | undefined,
  reason: string,
  options: UpdateOptions,
): Outcome<ChangelogEdit | undefined> {
  const current = currentChangelog(definition, options);
  if (current.value === undefined) {
    return { value: undefined, diagnostics: current.diagnostics };
  }
  const { newest, versions } = current.value;
  const { version: from, versionPlace: place } = newest;
  const version = versionOf(definition, chosen, { version: from, place, versions });
  if (version.value === undefined) {
    return { value: undefined, diagnostics: version.diagnostics };
  }
  const text = { version: version.value, urgency: 'high', changes: reasonLines(reason) };
  const made = makeEdit(definition, current.value, text, options);
  return { value: made.value, diagnostics: [...version.diagnostics, ...made.diagnostics] };
}

/** An image whose version is in a file of its own kind: image.toml, rootfs.toml, VERSION. */
function spotEditOf(
  image: ImageDefinition,
  spot: VersionSpot,
  chosen: string | undefined,
  options: UpdateOptions,
  rebuilds: RebuildEdits,
): Outcome<ChangelogEdit | 'counted' | undefined> {
  const { place } = spot;
  if (spot.kind === 'date') {
    const own = image.ownVersion ?? image.version;
    const version = chosen ?? dateVersion(options);
    const wrong =
      chosen === undefined
        ? undefined
        : (dateProblem(chosen) ??
          (chosen === own ? 'is the current version, so nothing would be built' : undefined));
    if (wrong !== undefined) {
      const problem = error('update-version', `--version "${chosen}" ${wrong}`, { place });
      return { value: undefined, diagnostics: [problem] };
    }
    if (version === own) {
      return sameDay(image, spot, options, rebuilds);
    }
    if (version > own) {
      rebuilds.forget(image, version);
    }
    return spotEdit(image, spot, version, options);
  }
  const current = { version: spot.text, place, versions: new Set([spot.text]) };
  const version = versionOf(image, chosen, current);
  if (version.value === undefined) {
    return { value: undefined, diagnostics: version.diagnostics };
  }
  const made = spotEdit(image, spot, version.value, options);
  return { value: made.value, diagnostics: [...version.diagnostics, ...made.diagnostics] };
}

/** A root filesystem that is made again on the day that it has: the time tells the two apart. */
function sameDay(
  image: ImageDefinition,
  spot: VersionSpot,
  options: UpdateOptions,
  rebuilds: RebuildEdits,
): Outcome<ChangelogEdit | 'counted' | undefined> {
  const problem = rebuilds.raise(image);
  if (problem !== undefined) {
    return { value: undefined, diagnostics: [problem] };
  }
  const made = timeEdit(image, spot, options);
  return hasErrors(made.diagnostics) || made.value !== undefined
    ? made
    : { value: 'counted', diagnostics: made.diagnostics };
}

interface CurrentVersion {
  readonly version: string;
  readonly place: Place;
  readonly versions: ReadonlySet<string>;
}

function versionOf(
  image: ImageDefinition,
  chosen: string | undefined,
  current: CurrentVersion,
): Outcome<string | undefined> {
  const { name, tree } = image;
  const { version: newest, place, versions } = current;
  if (chosen === undefined) {
    const { updateId } = tree.config;
    const step = nextVersion(newest, { updateId, taken: versions });
    if (step.kind === 'version') {
      return { value: step.version, diagnostics: [] };
    }
    const reason = step.kind === 'impossible' ? step.reason : 'stays as it is';
    const problem = error('update-version', `the version "${newest}" ${reason}`, {
      place,
      hint: `choose one first: generate-bake update ${name} --version VERSION`,
    });
    return { value: undefined, diagnostics: [problem] };
  }
  const reason = chosenVersionProblem(newest, chosen, versions);
  if (reason !== undefined) {
    const problem = error('update-version', `--version "${chosen}" ${reason}`, {
      place,
      hint: 'choose a version that the changelog does not have, of letters, digits, "." and "-"',
    });
    return { value: undefined, diagnostics: [problem] };
  }
  if (compareVersions(chosen, newest) > 0) {
    return { value: chosen, diagnostics: [] };
  }
  const doubt = warning(
    'update-version-lower',
    `dpkg sorts "${chosen}" below the current "${newest}", so \`latest\` will not move to it`,
    { place, hint: 'choose a greater version unless this is meant' },
  );
  return { value: chosen, diagnostics: [doubt] };
}

function reasonProblems(reason: string): Diagnostic[] {
  if (reason.trim() === '') {
    const hint = 'say why with --reason, or leave it out for "Security update"';
    return [error('update-reason', 'the reason is empty', { hint })];
  }
  const control = /[^\P{Cc}\t\n\r]/u.exec(reason)?.[0].codePointAt(0);
  if (control === undefined) {
    return [];
  }
  const code = control.toString(16).padStart(4, '0');
  const hint = 'write plain text; several lines are fine';
  return [error('update-reason', `the reason has the control character U+${code}`, { hint })];
}
