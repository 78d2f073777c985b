import type { Data } from '#core/data/data.js';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { DictKeys } from './dictKeys.js';
import { holdsSecret } from './secrets.js';
import { describe, type Locations, type Settings, type Span } from './settings.js';
import { indentedMark, scalarDifference } from './yamlDialect.js';
import {
  type Event,
  jsYaml,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from './yamlLibrary.js';
import { type Resolved, resolvePlain, resolveTagged } from './yamlScalar.js';

/** Nodes of the whole document with every alias written out: more is taken for an attack. */
const mostNodes = 1_000_000;
const core = 'tag:yaml.org,2002:';

interface Node {
  readonly kind: 'scalar' | 'mapping' | 'sequence';
  /** Undefined where the node or something in it was refused. */
  readonly value: Data | undefined;
  readonly span: Span;
  /** The node and all below it, aliases written out. */
  readonly size: number;
  readonly mergeKey: boolean;
}

/** Makes PyYAML's values of the events of a parsed file. */
export class Construction {
  readonly #locations: Locations;
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #diagnostics: Diagnostic[] = [];
  readonly #anchors = new Map<string, { node?: Node; span: Span }>();
  #next = 0;
  #end = 0;
  #tooLarge = false;

  constructor(locations: Locations, events: readonly Event[]) {
    this.#locations = locations;
    this.#text = locations.text;
    this.#events = events;
  }

  document(): Outcome<Settings> {
    const { EVENT_ID } = jsYaml();
    const first = this.#take();
    let data: ReadonlyMap<Data, Data> = new Map();
    if (first?.type === EVENT_ID.DOCUMENT) {
      for (const directive of first.directives) {
        if (directive.kind === 'yaml' && directive.version.startsWith('1.')) {
          continue;
        }
        const start = Math.max(0, this.#text.search(/^%/m));
        const span = { start, end: start + 1 };
        this.#refuse('yaml-directive', 'only the directive %YAML 1.1 is supported', span);
      }
      const mark = indentedMark(this.#text);
      if (mark !== undefined) {
        this.#refuse('yaml-syntax', mark.message, { start: mark.at, end: mark.at + 3 }, mark.hint);
      }
      const root = this.#node(false);
      if (root.value instanceof Map) {
        data = root.value;
      } else if (root.value !== undefined && root.value !== null) {
        this.#refuse(
          'not-a-mapping',
          `the file contains ${describe(root.value)} where \`key: value\` lines are expected`,
          root.span,
        );
      }
      this.#take();
      if (this.#next < this.#events.length) {
        const start = this.#end + Math.max(0, this.#text.slice(this.#end).search(/^---/m));
        const span = { start, end: start + 3 };
        const hint = 'keep one document in the file';
        this.#refuse('yaml-documents', 'a second document begins here', span, hint);
      }
    }
    return { value: { data, locations: this.#locations }, diagnostics: this.#diagnostics };
  }

  #take(): Event | undefined {
    return this.#events[this.#next++];
  }

  #refuse(code: DiagnosticCode, message: string, span: Span, hint?: string): undefined {
    const place = this.#locations.at(span);
    this.#diagnostics.push(error(code, message, hint === undefined ? { place } : { place, hint }));
    return undefined;
  }

  #node(inFlow: boolean): Node {
    const { EVENT_ID } = jsYaml();
    const event = this.#take();
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, () => this.#scalar(event, inFlow));
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, () => this.#sequence(event));
      case EVENT_ID.MAPPING:
        return this.#anchored(event, () => this.#mapping(event));
      case EVENT_ID.ALIAS:
        return this.#alias({ start: event.anchorStart, end: event.anchorEnd });
      default:
        throw new Error(`js-yaml: no node at event ${this.#next}`);
    }
  }

  #anchored(event: ScalarEvent | SequenceEvent | MappingEvent, construct: () => Node): Node {
    if (event.anchorStart === -1) {
      return construct();
    }
    const span = { start: event.anchorStart, end: event.anchorEnd };
    const name = this.#text.slice(span.start, span.end);
    const anchor: { node?: Node; span: Span } = { span };
    const earlier = this.#anchors.get(name);
    if (earlier !== undefined) {
      this.#diagnostics.push(
        error('yaml-anchor', `the anchor${this.#quoted(name, span)} is defined twice`, {
          place: this.#locations.at(span),
          related: [{ message: 'first defined here', place: this.#locations.at(earlier.span) }],
        }),
      );
    }
    this.#anchors.set(name, anchor);
    anchor.node = construct();
    return anchor.node;
  }

  #alias(span: Span): Node {
    this.#end = span.end;
    const name = this.#text.slice(span.start, span.end);
    const anchor = this.#anchors.get(name);
    if (anchor?.node !== undefined) {
      return { ...anchor.node, span };
    }
    const why = anchor === undefined ? 'has no anchor before it' : 'contains itself';
    this.#refuse('yaml-alias', `the alias${this.#quoted(name, span)} ${why}`, span);
    return { kind: 'scalar', value: undefined, span, size: 1, mergeKey: false };
  }

  /** A name for a message, unless it may be part of a secret (a password that begins with `*`). */
  #quoted(name: string, span: Span): string {
    const line = this.#locations.at(span).line ?? 1;
    return holdsSecret(this.#text, line) ? '' : ` \`${name}\``;
  }

  #scalar(event: ScalarEvent, inFlow: boolean): Node {
    const { getScalarValue, SCALAR_STYLE } = jsYaml();
    const empty = event.valueStart === -1;
    const span = empty
      ? { start: this.#end, end: this.#end }
      : { start: event.valueStart, end: event.valueEnd };
    if (!empty) {
      this.#end = event.valueEnd;
    }
    const raw = this.#text.slice(span.start, span.end);
    const text = getScalarValue(this.#text, event);
    const plain = event.style === SCALAR_STYLE.PLAIN;
    // PyYAML takes a plain scalar tagged `!` as one without a tag.
    const tag = plain && this.#tag(event) === '!' ? '' : this.#tag(event);
    const node = { kind: 'scalar', span, size: 1, mergeKey: false } as const;

    const quoted = event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 'double quoted' : 'other';
    const style = plain ? (inFlow ? 'plain in flow' : 'plain') : quoted;
    const difference = scalarDifference(raw, style);
    if (difference !== undefined) {
      this.#refuse('yaml-syntax', difference.message, span, difference.hint);
      return { ...node, value: undefined };
    }
    if ((tag === '' && plain && text === '<<') || tag === `${core}merge`) {
      return { ...node, value: '<<', mergeKey: true };
    }

    let resolved: Resolved;
    if (tag === '') {
      resolved = plain ? resolvePlain(text) : { kind: 'value', value: text };
    } else if (tag.startsWith(core)) {
      resolved = resolveTagged(tag.slice(core.length), text);
    } else {
      resolved = { kind: 'refused', why: 'its tag is not one of the core types' };
    }
    if (resolved.kind === 'value') {
      return { ...node, value: resolved.value };
    }
    // The reason may quote the tag, which may be the secret: `password: !!x`.
    const isSecret = holdsSecret(this.#text, this.#locations.at(span).line ?? 1);
    this.#refuse(
      'yaml-value',
      `this value cannot be used${isSecret ? '' : `: ${resolved.why}`}`,
      span,
      'quote it to make it a string',
    );
    return { ...node, value: undefined };
  }

  #tag(event: ScalarEvent | SequenceEvent | MappingEvent): string {
    if (event.tagStart === -1) {
      return '';
    }
    const raw = this.#text.slice(event.tagStart, event.tagEnd);
    if (raw.startsWith('!!')) {
      return `${core}${raw.slice(2)}`;
    }
    return raw.startsWith('!<') ? raw.slice(2, -1) : raw;
  }

  #collectionTag(event: SequenceEvent | MappingEvent, type: 'seq' | 'map'): boolean {
    const tag = this.#tag(event);
    if (tag === '' || tag === '!' || tag === `${core}${type}`) {
      return true;
    }
    this.#refuse('yaml-value', 'this value cannot be used: its tag is not one of the core types', {
      start: event.tagStart,
      end: event.tagEnd,
    });
    return false;
  }

  #sequence(event: SequenceEvent): Node {
    const { EVENT_ID, COLLECTION_STYLE } = jsYaml();
    const inFlow = event.style === COLLECTION_STYLE.FLOW;
    const usable = this.#collectionTag(event, 'seq');
    const items: Data[] = [];
    let size = 1;
    while (this.#events[this.#next]?.type !== EVENT_ID.POP) {
      const item = this.#node(inFlow);
      size += item.size;
      const value = item.mergeKey ? this.#lonelyMerge(item) : item.value;
      if (value === undefined) {
        continue;
      }
      this.#locations.record(items, items.length, item.span, item.span);
      items.push(value);
    }
    this.#take();
    return this.#bounded({
      kind: 'sequence',
      value: usable ? items : undefined,
      span: { start: event.start, end: this.#end },
      size,
      mergeKey: false,
    });
  }

  #mapping(event: MappingEvent): Node {
    const { EVENT_ID, COLLECTION_STYLE } = jsYaml();
    const inFlow = event.style === COLLECTION_STYLE.FLOW;
    const usable = this.#collectionTag(event, 'map');
    const own = new DictKeys();
    const merged: ReadonlyMap<Data, Data>[] = [];
    const pairs: { key: Data; keySpan: Span; value: Node }[] = [];
    let size = 1;
    while (this.#events[this.#next]?.type !== EVENT_ID.POP) {
      const key = this.#node(inFlow);
      const value = this.#node(inFlow);
      size += key.size + value.size;
      if (key.mergeKey) {
        merged.push(...this.#mergeSources(value));
        continue;
      }
      if (value.mergeKey) {
        this.#lonelyMerge(value);
      }
      if (key.value === undefined) {
        continue;
      }
      if (key.kind !== 'scalar') {
        this.#refuse('yaml-key', 'a list or a mapping cannot be a key', key.span);
        continue;
      }
      const earlier = own.add(key.value, key.span);
      if (earlier !== undefined) {
        this.#diagnostics.push(
          error('duplicate-key', `the key ${this.#keyText(key)} appears twice`, {
            place: this.#locations.at(key.span),
            hint: 'remove one of the two: docker-pkg takes the last one silently',
            related: [{ message: 'first here', place: this.#locations.at(earlier) }],
          }),
        );
        continue;
      }
      pairs.push({ key: key.value, keySpan: key.span, value });
    }
    this.#take();
    const map = new Map<Data, Data>();
    const keys = new DictKeys();
    for (const source of merged) {
      for (const [key, value] of source) {
        map.set(keys.canonical(key), value);
        this.#locations.inherit(map, source, key);
      }
    }
    for (const { key, keySpan, value } of pairs) {
      if (value.value === undefined || value.mergeKey) {
        continue;
      }
      const canonical = keys.canonical(key);
      map.set(canonical, value.value);
      this.#locations.record(map, canonical, keySpan, value.span);
    }
    return this.#bounded({
      kind: 'mapping',
      value: usable ? map : undefined,
      span: { start: event.start, end: this.#end },
      size,
      mergeKey: false,
    });
  }

  #keyText(key: Node): string {
    return `\`${this.#text.slice(key.span.start, key.span.end)}\``;
  }

  #lonelyMerge(node: Node): undefined {
    return this.#refuse(
      'yaml-value',
      'this value cannot be used: `<<` merges only as a key',
      node.span,
      'quote it to make it a string',
    );
  }

  /** What `<<: …` merges, in the order in which later ones win: the first of a list wins. */
  #mergeSources(node: Node): ReadonlyMap<Data, Data>[] {
    if (node.value === undefined) {
      return [];
    }
    const sources = Array.isArray(node.value) ? [...node.value].reverse() : [node.value];
    const maps: ReadonlyMap<Data, Data>[] = [];
    for (const source of sources) {
      if (source instanceof Map) {
        maps.push(source);
      } else {
        this.#refuse('yaml-merge', '`<<` takes a mapping or a list of mappings', node.span);
      }
    }
    return maps;
  }

  #bounded(node: Node): Node {
    if (node.size <= mostNodes) {
      return node;
    }
    if (!this.#tooLarge) {
      this.#refuse(
        'yaml-too-large',
        `with its aliases written out, this has more than ${mostNodes} values`,
        { start: node.span.start, end: node.span.start + 1 },
      );
    }
    this.#tooLarge = true;
    return { ...node, value: undefined, size: 1 };
  }
}
