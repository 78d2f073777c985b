import { type Event, jsYaml, type ScalarEvent } from '../settings/yamlLibrary.js';
import type { Mapping, MappingNode, Scalar } from './mapping.js';

/** The mappings of a YAML or JSON file, those of several documents too; undefined where it is not valid. */
export function yamlMappings(text: string): readonly Mapping[] | undefined {
  const { parseEvents, YAMLException } = jsYaml();
  try {
    return mappingsIn(text, parseEvents(text, { filename: '' }));
  } catch (cause) {
    if (cause instanceof YAMLException) {
      return undefined;
    }
    throw cause;
  }
}

/** The mappings of all documents, each before the one that it is in. */
function mappingsIn(text: string, events: readonly Event[]): readonly Mapping[] {
  const { EVENT_ID } = jsYaml();
  const reader = new Reader(text, events);
  while (reader.next !== undefined) {
    if (reader.next.type === EVENT_ID.DOCUMENT) {
      reader.beginDocument();
    } else if (reader.next.type === EVENT_ID.POP) {
      reader.take();
    } else {
      reader.node();
    }
  }
  return reader.mappings;
}

/** Makes nodes of the events of js-yaml; aliases are the nodes that they mean. */
class Reader {
  readonly mappings: Mapping[] = [];
  readonly #text: string;
  readonly #events: readonly Event[];
  #anchors = new Map<string, MappingNode>();
  #at = 0;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  get next(): Event | undefined {
    return this.#events[this.#at];
  }

  take(): Event | undefined {
    return this.#events[this.#at++];
  }

  beginDocument(): void {
    this.#anchors = new Map();
    this.take();
  }

  node(): MappingNode {
    const { EVENT_ID } = jsYaml();
    const event = this.take();
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, scalarIn(this.#text, event));
      case EVENT_ID.ALIAS:
        return this.#anchors.get(this.#nameOf(event)) ?? { kind: 'unknown' };
      case EVENT_ID.MAPPING:
        return this.#anchored(event, this.#mapping());
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, { kind: 'sequence', items: this.#untilPop() });
      default:
        throw new Error(`js-yaml: no node at event ${this.#at}`);
    }
  }

  #mapping(): Mapping {
    const nodes = this.#untilPop();
    const pairs = new Map<string, MappingNode>();
    const merged: Mapping[] = [];
    for (let at = 0; at + 1 < nodes.length; at += 2) {
      const [key, value] = [nodes[at], nodes[at + 1]];
      if (key?.kind !== 'scalar' || value === undefined) {
        continue;
      }
      if (key.text === '<<') {
        const sources = value.kind === 'sequence' ? value.items : [value];
        merged.push(...sources.flatMap((source) => (source.kind === 'mapping' ? [source] : [])));
      } else {
        pairs.set(key.text, value);
      }
    }
    const mapping: Mapping = { kind: 'mapping', pairs, merged };
    this.mappings.push(mapping);
    return mapping;
  }

  #untilPop(): readonly MappingNode[] {
    const { EVENT_ID } = jsYaml();
    const nodes: MappingNode[] = [];
    while (this.next !== undefined && this.next.type !== EVENT_ID.POP) {
      nodes.push(this.node());
    }
    this.take();
    return nodes;
  }

  #anchored(event: Anchored, node: MappingNode): MappingNode {
    if (event.anchorStart !== -1) {
      this.#anchors.set(this.#nameOf(event), node);
    }
    return node;
  }

  #nameOf({ anchorStart, anchorEnd }: Anchored): string {
    return this.#text.slice(anchorStart, anchorEnd);
  }
}

interface Anchored {
  readonly anchorStart: number;
  readonly anchorEnd: number;
}

function scalarIn(text: string, event: ScalarEvent): Scalar {
  const { getScalarValue, SCALAR_STYLE } = jsYaml();
  const value = getScalarValue(text, event);
  const { valueStart: start, valueEnd } = event;
  const isLiteral = start !== -1 && text.slice(start, valueEnd) === value;
  const isPlain = event.style === SCALAR_STYLE.PLAIN;
  return { kind: 'scalar', text: value, start, isLiteral, isPlain };
}
