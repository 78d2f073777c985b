import { realpathSync } from 'node:fs';
import { type Diagnostic, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { isWithin } from '#core/files/paths.js';
import type { Reference } from '#core/reference/brands.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { PlannedContext } from '../plan/plan.js';
import type { ResolvedImage } from '../resolve/graph.js';
import { type ContextOptions, type Covered, planContext } from './context.js';
import { coveredOf } from './covered.js';
import { withInputs } from './inputs.js';
import { missingSources } from './missingSources.js';

/** The build contexts of a run, each looked at once, when it is first asked for. */
export class Contexts {
  /** Doubts about the contexts that were asked for so far. */
  readonly diagnostics: Diagnostic[] = [];
  /** Of the images whose context cannot be used: what is wrong with it. */
  readonly faults = new Map<Reference, readonly Diagnostic[]>();
  readonly #cwd: string;
  readonly #list: ListDirectory;
  readonly #known = new Map<ResolvedImage, PlannedContext>();
  readonly #whole = new Map<string, PlannedContext>();

  /** @param cwd the working directory, absolute */
  constructor(cwd: string, list: ListDirectory = listDirectory) {
    this.#cwd = cwd;
    this.#list = list;
  }

  readonly of = (image: ResolvedImage): PlannedContext => {
    let context = this.#known.get(image);
    if (context === undefined) {
      context = this.#planned(image);
      this.#known.set(image, context);
    }
    return context;
  };

  #planned(image: ResolvedImage): PlannedContext {
    const { definition } = image.rendered;
    const { directory, context: shown, contextDigest } = definition;
    // Made of something that has a digest of its own, and perhaps not there yet.
    if (contextDigest !== undefined) {
      return { path: shown, digest: contextDigest, files: [] };
    }
    const covered = coveredOf(image);
    const planned = this.#shared(definition, covered, {
      // docker-pkg copies a directory before it is built, and `docker build` sends it as it is.
      links: definition.dockerfile.kind === 'template' ? 'followed' : 'kept',
      boundary: definition.tree.boundary,
      list: this.#list,
      cwd: this.#cwd,
      ...(covered === undefined ? {} : { covered }),
      withoutGit: definition.home !== undefined && !isWithin(definition.home, directory),
      ...(definition.ignoreRules === undefined ? {} : { rules: definition.ignoreRules }),
      // The definition digest of such an image is known: that of its files is in it.
      ...(definition.computed?.digest === undefined ? {} : { digest: definition.computed.digest }),
    });
    const inputs = withInputs(planned.value.digest, definition, this.#list);
    const diagnostics = [
      ...planned.diagnostics,
      ...inputs.diagnostics,
      ...missingSources(image.rendered, covered?.sources ?? [], this.#list),
    ];
    if (hasErrors(diagnostics)) {
      this.faults.set(image.reference, diagnostics);
    } else {
      this.diagnostics.push(...diagnostics);
    }
    const { digest, parts: more } = inputs.value;
    const { parts } = planned.value;
    return {
      ...planned.value,
      digest,
      ...(parts === undefined || more === undefined
        ? {}
        : { parts: () => [...parts(), ...more()] }),
    };
  }

  /** Many images may take all of one context, such as the root of a repository: it is hashed once. */
  #shared(
    { directory, context }: ImageDefinition,
    covered: Covered | undefined,
    options: ContextOptions,
  ): Outcome<PlannedContext> {
    if (covered?.taken !== undefined || options.links === 'followed') {
      return planContext(directory, context, options);
    }
    const { rules, withoutGit, digest } = options;
    const recipe = covered === undefined ? 'all' : covered.isOwn === undefined ? 'new' : 'own';
    const isKnown = digest !== undefined;
    const key = [directory, rules?.shown, withoutGit, isKnown, recipe].join('\0');
    const known = this.#whole.get(key);
    if (known !== undefined) {
      return { value: { ...known, digest: digest ?? known.digest }, diagnostics: [] };
    }
    const planned = planContext(directory, context, options);
    if (planned.diagnostics.length === 0) {
      this.#whole.set(key, planned.value);
    }
    return planned;
  }

  /**
   * The directories outside the working directory, links resolved, that hold contexts used in
   * place: bake reads them only with `--allow=fs.read=…` (doc/dev/bake.md, Files).
   */
  readPaths(trees: Iterable<{ readonly directory: string }>): readonly string[] {
    const here = realpathSync(this.#cwd);
    const named = [...this.#known.keys()].flatMap(({ rendered: { definition } }) =>
      definition.home === undefined ? [] : [definition],
    );
    const outside = [...trees, ...named]
      .map(({ directory }) => realpathSync(directory))
      .filter((directory) => !isWithin(here, directory));
    return [...new Set(outside)].sort();
  }
}
