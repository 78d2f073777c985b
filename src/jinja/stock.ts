import { stockEnvironment } from './nunjucks.js';

/**
 * Renders a template that is shipped with the program, with nunjucks as it is: every value is escaped for HTML unless
 * the template marks it `safe`, and an unknown name is an error, which is thrown. Never for a template of a tree.
 */
export function renderShipped(
  template: string,
  context: Readonly<Record<string, unknown>>,
): string {
  return stockEnvironment().renderString(template, context);
}
