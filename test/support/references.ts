/** A repository of images, and folders beside it whose files refer to them. */
import { sketchFiles } from './buildTree.js';
import { type ScratchFile, type ScratchTree, scratchTree } from './scratch.js';

function changelog(name: string, versions: readonly string[]): string {
  const trailer = ' -- Test Er <test@example.org>  Mon, 01 Jun 2026 06:00:00 +0000';
  return versions
    .map((version) => `${name} (${version}) wikimedia; urgency=medium\n\n  * Made.\n\n${trailer}\n`)
    .join('\n');
}

/** `images` has base ← golang ← api, and two images build of two trees; `charts` has these files. */
export function imagesAndCharts(
  charts: Readonly<Record<string, ScratchFile>>,
  registry = 'r.example',
): ScratchTree {
  const tree = scratchTree({
    'images/generate-bake.toml': [
      '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"',
      '[[tree]]\ndirectory = "istio"\nconfig = "istio.yaml"\n',
    ].join('\n'),
    'images/config.yaml': `registry: ${registry}\n`,
    'images/istio.yaml': `registry: ${registry}\nnamespace: istio\n`,
    ...sketchFiles('images/images', {
      base: { dockerfile: 'FROM scratch\nCOPY changelog /\n' },
      golang: { dockerfile: 'FROM {{ "base" | image_tag }}\nRUN true\n' },
      api: { dockerfile: 'FROM {{ "golang" | image_tag }}\nRUN true\n' },
      build: { dockerfile: 'FROM scratch\nCOPY changelog /\n' },
    }),
    ...sketchFiles('images/istio', {
      build: { dockerfile: 'FROM scratch\nCOPY changelog /\n' },
    }),
    'charts/': '',
    ...Object.fromEntries(Object.entries(charts).map(([path, file]) => [`charts/${path}`, file])),
  });
  tree.write({
    'images/images/golang/changelog': changelog('golang', ['1.2-3', '1.2-2', '1.2-1']),
    'images/images/api/changelog': changelog('api', ['2.10', '2-1']),
  });
  return tree;
}
