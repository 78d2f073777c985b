import type { Outcome } from '#core/diagnostics/diagnostic.js';
import { type Found, TableReader } from '../settings/tableReader.js';
import { parseYaml } from '../settings/yaml.js';

/** An image that a pipeline publishes: a variant of a Blubber file. */
export interface PublishedVariant {
  /** The Blubber file, relative to the directory of the pipeline file. */
  readonly blubberfile: string;
  readonly variant: Found<string>;
  /** The build context, relative to the repository. */
  readonly context: string;
  /** The repository that it is published to, where that is written; absent: the project's. */
  readonly name?: Found<string>;
}

/**
 * The images that `.pipeline/config.yaml` of Wikimedia's PipelineLib publishes, in the order of the file, each once.
 * Nothing else of the file is looked at. Errors: those of YAML, `pipeline-file`.
 */
export function readPipelines(file: string, text: string): Outcome<readonly PublishedVariant[]> {
  const { value: settings, diagnostics: unread } = parseYaml(file, text);
  const diagnostics = [...unread];
  const table = new TableReader(settings.locations, settings.data, 'pipeline-file', diagnostics);
  const pipelines = table.table('pipelines');
  if (pipelines === undefined) {
    if (unread.length === 0 && !table.has('pipelines')) {
      table.complain('the file has no pipelines', table.place, 'add pipelines, or remove the file');
    }
    return { value: [], diagnostics };
  }
  const found = new Map<string, PublishedVariant>();
  for (const name of pipelines.data.keys()) {
    const pipeline = pipelines.table(String(name));
    for (const published of pipeline === undefined ? [] : publishedBy(String(name), pipeline)) {
      const { blubberfile, variant } = published;
      const key = `${blubberfile}\0${variant.value}`;
      if (!found.has(key)) {
        found.set(key, published);
      }
    }
  }
  return { value: [...found.values()], diagnostics };
}

function publishedBy(name: string, pipeline: TableReader): readonly PublishedVariant[] {
  const blubberfile = pipeline.string('blubberfile') ?? `${name}/blubber.yaml`;
  const directory = pipeline.string('directory') ?? '.';
  const stages = (pipeline.items('stages', 'a table with name') ?? []).filter(
    (stage) => stage instanceof TableReader,
  );
  const builds = new Map<string, Build>();
  for (const stage of stages) {
    const build = buildOf(stage);
    if (build !== undefined) {
      builds.set(stage.string('name') ?? '', build);
    }
  }
  return stages.flatMap((stage) => {
    const image = imageOf(stage);
    if (image === undefined) {
      return [];
    }
    const build = builds.get(image.stage);
    if (build === undefined || build.variant.value.includes('${')) {
      const hint = 'name variants in [[tree]]';
      const message =
        build === undefined
          ? `the stage publishes the image of ${image.stage}, which builds none`
          : `only the pipeline knows which variant this is: ${build.variant.value}`;
      stage.complain(message, build?.variant.place ?? ownName(stage).place, hint);
      return [];
    }
    const context = [directory, build.context].filter((part) => part !== '.').join('/') || '.';
    return [
      { blubberfile, variant: build.variant, context, ...(image.name && { name: image.name }) },
    ];
  });
}

interface Build {
  readonly variant: Found<string>;
  readonly context: string;
}

/** What a stage builds; a stage of a name alone builds the variant of that name. */
function buildOf(stage: TableReader): Build | undefined {
  const own = ownName(stage);
  if (stage.data.size === 1 && own.value !== '') {
    return { variant: own, context: '.' };
  }
  const written = stage.raw('build');
  if (written === undefined || written === null || written === false || written === '') {
    return undefined;
  }
  if (typeof written === 'string') {
    return {
      variant: named({ value: written, place: stage.valuePlace('build') }, own),
      context: '.',
    };
  }
  const build = stage.table('build');
  const variant = build?.string('variant');
  const context = build?.string('context') ?? '.';
  return build === undefined || variant === undefined
    ? { variant: own, context }
    : { variant: named({ value: variant, place: build.valuePlace('variant') }, own), context };
}

function ownName(stage: TableReader): Found<string> {
  const place = stage.has('name') ? stage.valuePlace('name') : stage.place;
  return { value: stage.string('name') ?? '', place };
}

function named(variant: Found<string>, stage: Found<string>): Found<string> {
  return { ...variant, value: variant.value.replaceAll('${.stage}', stage.value) };
}

interface Image {
  /** The stage that built it. */
  readonly stage: string;
  readonly name?: Found<string>;
}

/** The image that a stage publishes; undefined: it publishes none. */
function imageOf(stage: TableReader): Image | undefined {
  const own = stage.string('name') ?? '';
  const publish = stage.table('publish');
  const written = publish?.raw('image');
  if (publish === undefined || written === true) {
    return publish && { stage: own };
  }
  if (written === undefined || written === null || written === false) {
    return undefined;
  }
  const image = publish.table('image');
  if (image === undefined) {
    return undefined;
  }
  const id = image.string('id') ?? '';
  const name = image.string('name');
  const from = /^\$\{([^.}]*)\.imageID\}$/.exec(id)?.[1] ?? '';
  // What has an expression in it is only known to the pipeline.
  const isKnown = name !== undefined && name !== '' && !name.includes('${');
  return {
    stage: from === '' ? own : from,
    ...(isKnown ? { name: { value: name, place: image.valuePlace('name') } } : {}),
  };
}
