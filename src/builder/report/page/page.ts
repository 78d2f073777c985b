import { sharedPrefix } from '#core/text/sharedPrefix.js';
import { pageHtml, type Render } from './html.js';
import { type LogPlace, readLogs } from './logs.js';
import { pageModel } from './model.js';
import { pagePicture } from './picture.js';
import { publicPart } from './publicPart.js';
import type { PageReport } from './readReport.js';
import { pageView } from './view.js';

export interface Page {
  readonly html: string;
  /** How many logs that the report names were not found. */
  readonly absentLogs: number;
}

/** The page of a run: one HTML file with its logs in it, as far as there is room. */
export async function pageOf(whole: PageReport, place: LogPlace, render: Render): Promise<Page> {
  const { report, left } = publicPart(whole);
  const model = pageModel(report, sharedPrefix(report.images.map(({ reference }) => reference)));
  const logs = readLogs(report, place);
  const tails = new Map<string, readonly string[]>(
    report.images.map(({ reference, tail = [] }) => [reference, tail]),
  );
  const tailOf = (reference: string) => tails.get(reference) ?? [];
  const view = pageView(model, { logs, tailOf, left });
  const picture = await pagePicture(model);
  const html = pageHtml({ view, model, logs, picture }, render);
  return { html, absentLogs: [...logs.values()].filter(({ absent }) => absent).length };
}
