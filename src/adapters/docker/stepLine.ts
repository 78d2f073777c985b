/**
 * The line of a Dockerfile (from 1) on which an instruction begins that BuildKit names by its text
 * (`RUN make`); undefined where none or several are written so. BuildKit replaces variables in some
 * instructions: those are not found.
 */
export function lineOfStep(instruction: string, dockerfile: string): number | undefined {
  const wanted = squeezed(instruction);
  const found: number[] = [];
  const lines = dockerfile.split('\n');
  for (let at = 0; at < lines.length; at++) {
    if (!/^\s*[a-z]+\s/i.test(lines[at] ?? '')) {
      continue;
    }
    const start = at;
    let text = lines[at] ?? '';
    while (/\\\s*$/.test(text) && at + 1 < lines.length) {
      at++;
      const next = lines[at] ?? '';
      // Comments and empty lines may be between continued lines.
      text = /^\s*(#.*)?$/.test(next) ? text : text.replace(/\\\s*$/, '') + next;
    }
    if (squeezed(text) === wanted) {
      found.push(start + 1);
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

function squeezed(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^\S+/, (word) => word.toUpperCase());
}
