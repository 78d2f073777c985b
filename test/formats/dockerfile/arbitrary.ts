import fc from 'fast-check';

/**
 * Dockerfiles with what makes them hard to read: escape directives, continued lines with comments
 * and empty lines inside, heredocs that hold instructions, flags, mixed case.
 */

export function dockerfiles(): fc.Arbitrary<string> {
  return fc
    .record({
      escapeChar: fc.constantFrom('\\', '\\', '`'),
      directives: fc.subarray(['# syntax=docker/dockerfile:1']),
      args: fc.array(fc.constantFrom('ARG TAG=1', 'ARG A="x y"', 'ARG NONE', '# a comment', ''), {
        maxLength: 3,
      }),
      ending: fc.constantFrom('\n', '\n', '\r\n'),
      last: fc.boolean(),
    })
    .chain(({ escapeChar, directives, args, ending, last }) =>
      fc.array(stage(escapeChar), { minLength: 1, maxLength: 4 }).map((stages) => {
        const top = escapeChar === '\\' ? directives : [...directives, `# escape=${escapeChar}`];
        const lines = [...top, ...args, ...stages.flat()].join('\n').split('\n');
        return lines.join(ending) + (last ? ending : '');
      }),
    );
}

const images = fc.constantFrom(
  'debian',
  'debian:12',
  'r.example:5000/base/image:1.2-3',
  'library/nginx:latest',
  'r.example/x@sha256:'.padEnd(83, 'a1b2'),
  'r.example/${TAG}',
  'r.example/x:$TAG',
);
const stageNames = fc.constantFrom('build', 'Runtime', 'a.b', 'x-1');
const sources = fc.oneof(images, stageNames, fc.constantFrom('0', '1'));
const keyword = (word: string) => fc.constantFrom(word, word, word.toLowerCase());

/** What is between two words: blanks, or a continued line with things to skip inside. */
function gap(escapeChar: string): fc.Arbitrary<string> {
  const skipped = fc.constantFrom('', '', '# comment\n', '  # FROM nothing\n', '\n', '  \n');
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(' ') },
    { weight: 1, arbitrary: fc.constantFrom('  ', '\t') },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('', ' ', '\t'), skipped, skipped)
        .map(([blank, first, second]) => ` ${escapeChar}${blank}\n${first}${second}  `),
    },
  );
}

function words(
  escapeChar: string,
  ...parts: readonly fc.Arbitrary<string>[]
): fc.Arbitrary<string> {
  return fc
    .tuple(fc.tuple(...parts), fc.array(gap(escapeChar), { minLength: 9, maxLength: 9 }))
    .map(([texts, gaps]) => {
      const used = texts.filter((text) => text !== '');
      return used.map((text, at) => (at === 0 ? text : `${gaps[at] ?? ' '}${text}`)).join('');
    });
}

function stage(escapeChar: string): fc.Arbitrary<string[]> {
  const from = words(
    escapeChar,
    keyword('FROM'),
    fc.constantFrom('', '', '--platform=$BUILDPLATFORM'),
    images,
    fc.constantFrom('', 'AS build', 'as Runtime', 'AS a.b'),
  );
  const copy = words(
    escapeChar,
    keyword('COPY'),
    sources.map((source) => `--from=${source.replace(/\$.*$/, 'x')}`),
    fc.constantFrom('', '--chown=1:1', '--link'),
    fc.constant('/a'),
    fc.constant('/b'),
  );
  const mount = words(
    escapeChar,
    keyword('RUN'),
    fc
      .tuple(fc.constantFrom('type=bind,', '', 'type=cache,target=/c,'), sources)
      .map(([first, source]) => `--mount=${first}from=${source.replace(/\$.*$/, 'x')},target=/m`),
    fc.constantFrom('make', 'echo "FROM x"', "echo 'COPY --from=y'"),
  );
  const plain = words(
    escapeChar,
    fc.constantFrom('RUN', 'CMD', 'ENV', 'USER', '# FROM x', '', 'ONBUILD'),
  ).map((word) => {
    if (word === 'ENV') {
      return 'ENV a="FROM x" b=c';
    }
    if (word === 'USER') {
      return 'USER 1000';
    }
    if (word === 'CMD') {
      return 'CMD ["FROM", "x"]';
    }
    if (word === 'ONBUILD') {
      return 'ONBUILD COPY --from=trigger /a /b';
    }
    if (word !== 'RUN') {
      return word;
    }
    return `RUN a && ${escapeChar}\n# FROM x\n\n    COPY --from=x ${escapeChar}\n    FROM y`;
  });
  const instructions = fc.oneof(copy, mount, plain, heredocInstruction());
  return fc
    .tuple(from, fc.array(instructions, { maxLength: 4 }))
    .map(([first, rest]) => [first, ...rest]);
}

/** RUN and COPY with one or two heredocs whose text looks like instructions. */
function heredocInstruction(): fc.Arbitrary<string> {
  const word = fc.constantFrom('EOT', 'FILE', 'FROM');
  const line = fc.constantFrom('FROM nothing', 'COPY --from=no /a /b', '', 'x', '<<EOT', '\ty');
  return fc
    .record({
      first: word,
      quote: fc.constantFrom('', "'", '"'),
      dash: fc.boolean(),
      isTwo: fc.boolean(),
      isCopy: fc.boolean(),
      lines: fc.array(line, { maxLength: 3 }),
    })
    .map(({ first, quote, dash, isTwo, isCopy, lines }) => {
      const open = `<<${dash ? '-' : ''}${quote}${first}${quote}`;
      const close = `${dash ? '\t' : ''}${first}`;
      const body = lines.filter((text) => text !== '<<EOT' || first !== 'EOT');
      const second = isTwo ? ' <<SECOND' : '';
      const head = isCopy ? `COPY ${open}${second} /dst/` : `RUN ${open}${second} cat`;
      const tail = isTwo ? ['FROM second', 'SECOND'] : [];
      return [head, ...body, close, ...tail].join('\n');
    });
}
