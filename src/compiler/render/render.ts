import { type Diagnostic, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { secretVariables } from '#formats/settings/secrets.js';
import { Environment, PreparedVariables } from '#jinja/index.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { Tree, TreeConfig } from '../workspace/tree.js';
import { dockerPkgFilters, type FoundImage } from './dockerPkgFilters.js';
import { type ImageLookup, imageLookup } from './imageLookup.js';
import { neutral } from './neutral.js';
import { placeInTemplate, placeInText } from './origin.js';
import { templateProblem } from './problem.js';
import type { RenderedImage } from './rendered.js';
import { includable, templateLoader } from './templateLoader.js';

/** Secrets of the configuration, which docker-pkg would print. */
const refused = new Map(
  secretVariables.map((name) => [name, 'its value would be readable in the Dockerfile']),
);

export interface RenderInput {
  /**
   * Whether every image of the trees could be read. If not, a template that names an unknown image
   * is no error of its own, unless the name is a slip of a known one: what it names is probably
   * one of those.
   */
  readonly complete: boolean;
}

/**
 * Renders every definition as docker-pkg does. An image whose template fails is left out of the
 * value, with an error at the template's line.
 */
export function renderImages(
  definitions: readonly ImageDefinition[],
  input: RenderInput,
): Outcome<readonly RenderedImage[]> {
  const environment = new Environment();
  const lookup = imageLookup(definitions);
  const renderers = new Map<Tree, TreeRenderer>();
  const value: RenderedImage[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const definition of definitions) {
    let renderer = renderers.get(definition.tree);
    if (renderer === undefined) {
      renderer = treeRenderer(definition.tree, environment, lookup);
      renderers.set(definition.tree, renderer);
    }
    const result = renderer(definition);
    for (const diagnostic of result.diagnostics) {
      if (result.unknownImage && !input.complete) {
        continue;
      }
      diagnostics.push(diagnostic);
    }
    if (result.image !== undefined) {
      value.push(result.image);
    }
  }
  return { value, diagnostics };
}

interface Result {
  readonly image?: RenderedImage;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether it failed while `image_tag` had no answer. */
  readonly unknownImage: boolean;
}

type TreeRenderer = (definition: ImageDefinition) => Result;

function treeRenderer(tree: Tree, environment: Environment, images: ImageLookup): TreeRenderer {
  let missing = false;
  const find = (name: string): FoundImage => {
    const found = images.find(tree, name);
    if (found.kind === 'missing' && found.isSlip !== true) {
      missing = true;
    }
    return found;
  };
  const world = (config: TreeConfig) => {
    const variables = new PreparedVariables(config.variables);
    return { variables, filters: dockerPkgFilters({ config: variables, findImage: find }) };
  };
  const stock = world(tree.config);
  const neutralConfig = neutral(tree.config);
  const other = neutralConfig === undefined ? undefined : world(neutralConfig);

  return (definition) => {
    const { file, text } = definition.dockerfile;
    if (definition.dockerfile.kind === 'plain') {
      const image = {
        definition,
        dockerfile: text,
        neutralDockerfile: text,
        placeOf: placeInText(file, text, definition.dockerfile.generatedFrom),
      };
      return { image, diagnostics: [], unknownImage: false };
    }
    const load = templateLoader(definition.directory, definition.context, tree.boundary);
    const loadable = () => includable(definition.directory);
    const render = ({ variables, filters }: typeof stock) =>
      environment.render(text, variables, { name: file, load, loadable, filters, refused });

    missing = false;
    const result = render(stock);
    if (!result.ok) {
      return { diagnostics: [templateProblem(result.error)], unknownImage: missing };
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
    const image = {
      definition,
      dockerfile: result.output,
      neutralDockerfile: again.ok ? again.output : result.output,
      placeOf: placeInTemplate(result.output, file, trace, sources),
    };
    const diagnostics = result.warnings.map(({ message, place }) =>
      warning('template', message, { place }),
    );
    return { image, diagnostics, unknownImage: false };
  };
}
