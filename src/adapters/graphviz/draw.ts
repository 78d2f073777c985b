/** The only module that uses @hpcc-js/wasm-graphviz: Graphviz as WebAssembly. Loaded when something is drawn. */
import { Graphviz } from '@hpcc-js/wasm-graphviz';

export type Drawing =
  | { readonly kind: 'drawn'; readonly text: string }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Lays out a graph in the DOT language. `svg` is a picture; `json` is what Graphviz read and where it put that.
 * Deterministic: the same text gives the same bytes. Nothing of the machine (fonts, files) is used.
 */
export async function draw(dot: string, format: 'svg' | 'json'): Promise<Drawing> {
  try {
    const graphviz = await Graphviz.load();
    const text = graphviz.layout(dot, format, 'dot');
    return { kind: 'drawn', text: format === 'svg' ? text.replaceAll(courier, monospace) : text };
  } catch (cause) {
    return { kind: 'failed', message: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** Graphviz knows the widths of Courier, which all of these share; in text a quote would be an entity. */
const courier = 'font-family="Courier"';
const monospace =
  'font-family="ui-monospace,Menlo,DejaVu Sans Mono,Liberation Mono,Courier New,monospace"';
