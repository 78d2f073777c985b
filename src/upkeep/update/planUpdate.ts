import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { ChangelogEdit, EditContext } from './changelogEdit.js';
import { type Concerned, concernedBy, lineOf, matesOf, type Root } from './concerned.js';
import { ofBroken } from './imageEdits.js';
import { type LeaveOptions, type LeftOut, LeftOutImages, type Unknown } from './leftOut.js';
import type { Asked } from './member.js';
import { findNamed } from './names.js';
import { VersionEdits } from './versionEdits.js';

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
  /** Why an image that nobody named is held, as a clause; absent: none is. */
  readonly heldBy?: (image: ImageDefinition) => string | undefined;
}

/** The blocks of an update, and what it leaves as it is. */
export interface UpdatePlan extends Outcome<readonly ChangelogEdit[]> {
  /** Images that changed since their newest version, with what changed. */
  readonly unreleased: readonly LeftOut<'unreleased'>[];
  /** Images whose newest version is not committed yet: they need no other. */
  readonly pending: readonly LeftOut<'pending'>[];
  /** Images that a hold keeps from it, with the reason. */
  readonly held: readonly { readonly image: ImageDefinition; readonly because: string }[];
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
    return { value: [], diagnostics, unreleased: [], pending: [], held: [] };
  }

  const concerned = concernedBy(graph, roots);
  const mates = matesOf(graph, concerned);
  const left = new LeftOutImages(askedOf(concerned, mates), options);
  const edits = new VersionEdits(options);
  const held: { image: ImageDefinition; because: string }[] = [];
  const named = new Set(roots.map(({ image }) => image?.rendered.definition));
  for (const { definition, root, broken, builtOn, parents } of concerned) {
    const { versionSpot: spot } = definition;
    if (edits.has(definition, parents, { follows: root === undefined })) {
      continue;
    }
    const sharing = (spot === undefined ? undefined : mates.get(lineOf(spot))) ?? [];
    const together = [definition, ...sharing.map((mate) => mate.definition)];
    if (!together.some((each) => named.has(each))) {
      const because = together.flatMap((each) => options.heldBy?.(each) ?? []);
      if (because[0] !== undefined) {
        held.push({ image: definition, because: because[0] });
        continue;
      }
      if (left.leaves(definition, together)) {
        continue;
      }
    }
    const changes =
      root === undefined ? [`Refresh for update in parent image ${builtOn.join(', ')}:`] : [];
    const made = edits.add(definition, {
      reason: [...changes, options.reason].join('\n'),
      ...(root?.first === true && options.version !== undefined ? { chosen: options.version } : {}),
    });
    diagnostics.push(...(broken === undefined ? made.diagnostics : [ofBroken(broken.image, made)]));
  }
  return { value: edits.edits(), diagnostics, held, ...left.found() };
}

/** What may be left out, and whose unreleased changes would leave it out. */
function askedOf(
  concerned: readonly Concerned[],
  mates: ReturnType<typeof matesOf>,
): readonly Asked[] {
  const all = [
    ...concerned.filter(({ root }) => root === undefined),
    ...[...mates.values()].flat(),
  ];
  const asked = all.map(({ definition, sound }): [ImageDefinition, Asked] => [
    definition,
    { definition, ...(sound === undefined ? {} : { resolved: sound }) },
  ]);
  return [...new Map(asked).values()];
}

/** What is wrong with why images get versions. */
export function reasonProblems(reason: string): Diagnostic[] {
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
