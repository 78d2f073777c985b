import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { secretVariables } from '#formats/settings/secrets.js';
import { Environment, PreparedVariables } from '#jinja/index.js';
import { type BrokenImage, brokenFrom } from '../definitions/broken.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { Tree, TreeConfig } from '../workspace/tree.js';
import { dockerPkgFilters, type FoundImage } from './dockerPkgFilters.js';
import { type AroundTrees, type ImageLookup, imageLookup } from './imageLookup.js';
import { neutral } from './neutral.js';
import { placeInTemplate, placeInText } from './origin.js';
import { templateProblem } from './problem.js';
import type { RenderedImage } from './rendered.js';
import { includable, templateLoader } from './templateLoader.js';

/** Secrets of the configuration, which docker-pkg would print. */
const refused = new Map(
  secretVariables.map((name) => [name, 'its value would be readable in the Dockerfile']),
);

export interface RenderedImages {
  readonly images: readonly RenderedImage[];
  /** Images whose template fails, with an error at its line. */
  readonly broken: readonly BrokenImage[];
}

/**
 * Renders every definition as docker-pkg does. `unread` are the images that could not be read:
 * templates may name them all the same. `around` is what the directory around the trees defines: a
 * name of that is an error which says so.
 */
export function renderImages(
  definitions: readonly ImageDefinition[],
  unread: readonly BrokenImage[] = [],
  around?: AroundTrees,
): RenderedImages {
  const environment = new Environment();
  const lookup = imageLookup(definitions, unread, around);
  const renderers = new Map<Tree, TreeRenderer>();
  const images: RenderedImage[] = [];
  const broken: BrokenImage[] = [];
  for (const definition of definitions) {
    let renderer = renderers.get(definition.tree);
    if (renderer === undefined) {
      renderer = treeRenderer(definition.tree, environment, lookup);
      renderers.set(definition.tree, renderer);
    }
    const result = renderer(definition);
    if (result.kind === 'rendered') {
      images.push(result.image);
    } else {
      broken.push(brokenFrom(definition, [result.problem], result.because));
    }
  }
  return { images, broken };
}

type Result =
  | { readonly kind: 'rendered'; readonly image: RenderedImage }
  | {
      readonly kind: 'failed';
      readonly problem: Diagnostic;
      /** The broken image for which `image_tag` had no answer. */
      readonly because: BrokenImage | undefined;
    };

type TreeRenderer = (definition: ImageDefinition) => Result;

function treeRenderer(tree: Tree, environment: Environment, images: ImageLookup): TreeRenderer {
  let because: BrokenImage | undefined;
  const find = (name: string): FoundImage => {
    const found = images.find(tree, name);
    because = found.because;
    return found;
  };
  const world = (config: TreeConfig, findImage: typeof find) => {
    const variables = new PreparedVariables(config.variables);
    return { variables, filters: dockerPkgFilters({ config: variables, findImage }) };
  };
  const stock = world(tree.config, find);
  const neutralConfig = neutral(tree.config);
  const findNeutral = (name: string): FoundImage => {
    const found = find(name);
    const { registryNames } = tree.config;
    return found.kind === 'missing' || registryNames === undefined
      ? found
      : { ...found, reference: registryNames.canonical(found.reference) };
  };
  const other = neutralConfig === undefined ? undefined : world(neutralConfig, findNeutral);

  // Also where a template or a Dockerfile says the registry's other name itself.
  const named = (text: string): string => tree.config.registryNames?.canonicalText(text) ?? text;

  return (definition) => {
    const { file, text } = definition.dockerfile;
    if (definition.dockerfile.kind === 'plain') {
      const image = {
        definition,
        dockerfile: text,
        neutralDockerfile: named(text),
        placeOf: placeInText(file, text, definition.dockerfile.generatedFrom),
      };
      return { kind: 'rendered', image };
    }
    const load = templateLoader(definition.directory, definition.context, tree.boundary);
    const loadable = () => includable(definition.directory);
    const render = ({ variables, filters }: typeof stock) =>
      environment.render(text, variables, { name: file, load, loadable, filters, refused });

    because = undefined;
    const result = render(stock);
    if (!result.ok) {
      return { kind: 'failed', problem: templateProblem(result.error), because };
    }
    // A template that needs a proxy to render has no neutral form: its digest then depends on it.
    const again = other === undefined ? result : render(other);
    const trace = () =>
      environment.trace(text, stock.variables, {
        name: file,
        load,
        filters: stock.filters,
        refused,
      });
    const sources = (name: string): string | undefined => {
      if (name === file) {
        return text;
      }
      const found = load(name.slice(definition.context.length + 1));
      return found !== undefined && 'text' in found ? found.text : undefined;
    };
    const warnings = result.warnings.map(({ message, place }) =>
      warning('template', message, { place }),
    );
    const image = {
      definition,
      dockerfile: result.output,
      neutralDockerfile: named(again.ok ? again.output : result.output),
      placeOf: placeInTemplate(result.output, file, trace, sources),
      ...(warnings.length === 0 ? {} : { warnings }),
    };
    return { kind: 'rendered', image };
  };
}
