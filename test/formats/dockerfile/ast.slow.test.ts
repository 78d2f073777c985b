/**
 * Our reader against dockerfile-ast 0.7.1 on generated Dockerfiles: the same instructions link the
 * same things at the same places. Where dockerfile-ast reads otherwise than BuildKit's frontend
 * does, the generator leaves that out and the table below says what the frontend does (checked
 * with the frontend of BuildKit 0.32).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DockerfileParser, type Flag, type Instruction } from 'dockerfile-ast';
import fc from 'fast-check';
import { readDockerfile } from '#formats/dockerfile/read.js';
import { dockerfiles } from './arbitrary.js';

interface Link {
  readonly kind: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

function ours(text: string): Link[] {
  const links: Link[] = [];
  const add = (kind: string, written: { text: string; span: { line: number; column: number } }) =>
    links.push({ kind, text: written.text, line: written.span.line, column: written.span.column });
  for (const stage of readDockerfile(text).stages) {
    add(`from as ${stage.name ?? ''}`, stage.base);
    for (const source of stage.sources) {
      add(source.kind, source.from);
    }
    for (const trigger of stage.triggers) {
      for (const source of trigger.sources) {
        add(`onbuild ${source.kind}`, source.from);
      }
    }
  }
  return links.sort(byPlace);
}

function theirs(text: string): Link[] {
  const dockerfile = DockerfileParser.parse(text);
  const links: Link[] = [];
  const add = (
    kind: string,
    value: string | null | undefined,
    range: { start: { line: number; character: number } } | null | undefined,
  ) => {
    if (value == null || range == null) {
      return;
    }
    const { line, character } = range.start;
    links.push({ kind, text: value, line: line + 1, column: character + 1 });
  };
  const addSources = (instruction: Instruction, prefix: string) => {
    for (const flag of flagsOf(instruction)) {
      if (instruction.getKeyword() === 'COPY' && flag.getName() === 'from') {
        add(`${prefix}copy`, flag.getValue(), flag.getValueRange());
      }
      if (instruction.getKeyword() !== 'RUN' || flag.getName() !== 'mount') {
        continue;
      }
      const from = flag.getOption('from');
      add(`${prefix}mount`, from?.getValue(), from?.getValueRange());
    }
  };
  for (const from of dockerfile.getFROMs()) {
    const name = from.getBuildStage()?.toLowerCase() ?? '';
    add(`from as ${name}`, from.getImage(), from.getImageRange());
  }
  for (const instruction of dockerfile.getInstructions()) {
    addSources(instruction, '');
  }
  for (const trigger of dockerfile.getOnbuildTriggers()) {
    addSources(trigger, 'onbuild ');
  }
  return links.sort(byPlace);
}

function byPlace(a: Link, b: Link): number {
  return a.line - b.line || a.column - b.column;
}

function flagsOf(instruction: Instruction): Flag[] {
  return 'getFlags' in instruction
    ? (instruction as Instruction & { getFlags(): Flag[] }).getFlags()
    : [];
}

test('links are those that dockerfile-ast finds', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(dockerfiles(), (text) => {
      const links = ours(text);
      assert.deepEqual(links, theirs(text));
      for (const { kind } of links) {
        seen.add(kind.split(' ')[0] ?? '');
      }
      if (/^(RUN|COPY) <</m.test(text)) {
        seen.add('heredoc');
      }
    }),
    { numRuns: 500 },
  );
  assert.deepEqual([...seen].sort(), ['copy', 'from', 'heredoc', 'mount', 'onbuild']);
});

const misread: readonly {
  readonly what: string;
  readonly text: string;
  /** What the frontend asks for. */
  readonly links: readonly string[];
}[] = [
  { what: 'quotes around a flag', text: 'COPY --from="b" / /', links: ['b'] },
  { what: 'quotes around a mount', text: 'RUN --mount="from=b,target=/m" x', links: ['b'] },
  { what: 'quotes inside a mount', text: "RUN --mount=type=bind,'from=b' x", links: ['b'] },
  { what: 'upper case in a mount', text: 'RUN --mount=FROM=b,target=/m x', links: ['b'] },
  { what: 'vertical tabs', text: 'COPY\v--from=b\v/ /', links: ['b'] },
  { what: 'an escaped escape character', text: 'RUN x \\\\\nCOPY --from=b / /', links: ['b'] },
  { what: 'an escaped heredoc', text: 'RUN x \\<<E\nCOPY --from=b / /\n', links: ['b'] },
  { what: 'a heredoc after blanks', text: 'RUN x << E\nCOPY --from=no / /\nE\n', links: [] },
  { what: 'a heredoc of two words', text: "RUN <<'A B'\nCOPY --from=no / /\nA B", links: [] },
  { what: 'a quote inside a word', text: 'RUN <<E"O"T\nx\nEOT\nCOPY --from=b / /', links: ['b'] },
  { what: 'a numbered heredoc', text: 'RUN x 3<<E\nCOPY --from=no / /\nE\n', links: [] },
  { what: 'a shift that is a heredoc', text: 'RUN echo 1<<2\nCOPY --from=no / /\n2', links: [] },
  { what: 'a line that cannot be lexed', text: 'RUN ${#x} <<E\nCOPY --from=b / /', links: ['b'] },
  { what: 'the end of flags', text: 'COPY -- --from=no /', links: [] },
  { what: 'a no-break space before', text: '\u00a0COPY --from=b / /', links: ['b'] },
];

for (const { what, text, links } of misread) {
  test(`the frontend reads otherwise than dockerfile-ast: ${what}`, () => {
    const file = `FROM a\n${text}`;
    const found = ours(file).filter(({ kind }) => !kind.startsWith('from'));
    assert.deepEqual(
      found.map((link) => link.text),
      links,
    );
    // Once this fails, dockerfile-ast has learnt it and the generator can make such files.
    assert.notDeepEqual(
      theirs(file).filter(({ kind }) => !kind.startsWith('from')),
      found,
    );
  });
}
