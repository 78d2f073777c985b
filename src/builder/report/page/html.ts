import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { packageRoot } from '#core/files/packageRoot.js';
import { readText } from '#core/files/readBytes.js';
import type { PageLog } from './logs.js';
import type { PageModel } from './model.js';
import type { PagePicture } from './picture.js';
import type { PageView } from './view.js';

export interface PageContent {
  readonly view: PageView;
  readonly model: PageModel;
  readonly picture: PagePicture;
  readonly logs: ReadonlyMap<string, PageLog>;
}

/** Renders a template that ships with the program; values are escaped for HTML unless it marks them `safe`. */
export type Render = (template: string, context: Readonly<Record<string, unknown>>) => string;

/** The page as one file: it asks for nothing, and only its own style and script, which the policy names, count. */
export function pageHtml({ view, model, picture, logs }: PageContent, render: Render): string {
  const style = shipped('page.css');
  const script = shipped('page.js');
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const { images, timeline } = view;
  return render(shipped('page.njk'), {
    ...view,
    failed: view.failures.length + view.unnamed.length,
    style,
    script,
    policy,
    picture: {
      // An image of its own: nothing in it can run, or have to do with the page.
      source:
        picture.svg === undefined
          ? ''
          : `data:image/svg+xml;base64,${Buffer.from(picture.svg).toString('base64')}`,
      note: picture.note ?? '',
    },
    data: inScript({ images, timeline }),
    logs: model.images.flatMap(({ reference }, image) => {
      const data = logs.get(reference)?.data;
      return data === undefined ? [] : [{ image, data }];
    }),
  });
}

/** JSON that ends no element it is in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** What ships with the program; line endings as HTML reads them, since the hash is of that. */
function shipped(name: string): string {
  return readText(join(packageRoot(), 'templates', 'report', name)).replaceAll('\r\n', '\n');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
