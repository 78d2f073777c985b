import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from '#core/text/printable.js';
import { emitMermaid } from '#fleet/graph/mermaid.js';
import { lines } from '../../support/explain.js';
import { hostileNames } from '../../support/hostileNames.js';

test('a diagram of each kind of box and arrow', () => {
  const text = emitMermaid({
    boxes: [
      { id: 'external debian:12', kind: 'external', lines: ['debian:12'] },
      { id: 'r/base:1', kind: 'image', lines: ['base:1', 'lost'], state: 'lost', named: true },
      { id: 'folded r/a:1', kind: 'folded', lines: ['4 images', 'a:1'], members: ['a:1'] },
    ],
    arrows: [
      { from: 'external debian:12', to: 'r/base:1', kind: 'base' },
      { from: 'r/base:1', to: 'folded r/a:1', kind: 'use' },
    ],
  });
  assert.equal(
    text,
    lines(`
      %%{init: {"flowchart": {"wrappingWidth": 800}}}%%
      flowchart LR
        n0["debian:12"]:::plain
        n1["base:1<br>lost"]:::lost
        n2[["4 images<br>a:1"]]:::plain
        n0 --> n1
        n1 -.-> n2
        classDef lost fill:#fbefff,stroke:#8250df,color:#1f2328
        classDef plain fill:#f6f8fa,stroke:#57606a,color:#1f2328
        classDef external stroke-dasharray:5 4
        class n0 external
        classDef named stroke-width:3px
        class n1 named
        linkStyle default stroke:#7d8590
    `),
  );
});

test('without links there is no style of links, which Mermaid refuses', () => {
  const text = emitMermaid({ boxes: [{ id: 'a', kind: 'image', lines: ['a'] }], arrows: [] });
  assert.equal(
    text,
    lines(`
      %%{init: {"flowchart": {"wrappingWidth": 800}}}%%
      flowchart LR
        n0["a"]:::plain
        classDef plain fill:#f6f8fa,stroke:#57606a,color:#1f2328
    `),
  );
});

test('a hostile name is entity codes and harmless characters, and is itself once they are decoded', () => {
  for (const name of hostileNames) {
    const text = emitMermaid({ boxes: [{ id: 'x', kind: 'image', lines: [name] }], arrows: [] });
    const label = /^ {2}n0\["(.*)"\]:::plain$/m.exec(text)?.[1] ?? '';
    assert.match(label, /^(?:[\p{L}\p{N} ._/:@,+-]|#\d+;)*$/u, name);
    // Mermaid takes the semicolon of an entity away where it is behind these.
    assert.doesNotMatch(label, /style|classDef/);
    const decoded = label.replace(/#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));
    // Parted, so that they are no line break and no formula.
    assert.doesNotMatch(decoded, /\\n|\$\$|:fa-/);
    assert.equal(decoded.replaceAll('\u2060', ''), printable(name));
  }
});
