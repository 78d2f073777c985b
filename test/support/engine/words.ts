/** What `npm run engine` is asked for. */
export interface EngineWords {
  readonly kind: 'current' | 'baseline';
  readonly name: string;
  readonly stop: boolean;
}

export const engineHelp = `Start a Docker engine of the tests, and print the variables that lead to it

Usage: eval "$(npm run -s engine -- [baseline] [--name NAME])"

  current       Debian's next release (default)
  baseline      Debian 13
  --name NAME   one more engine, with images of its own (default: default)
  --stop        stop the engine and remove its images
  --help        show this help

With GENERATE_BAKE_TEST_STORE=containerd it has the image store of Docker 29.
The engine runs until it is stopped: npm run engine -- [baseline] [--name NAME] --stop
`;

/** The words behind `npm run engine --`; a text says what is wrong with them, or asks for the help. */
export function engineWords(words: readonly string[]): EngineWords | 'help' | { error: string } {
  if (words.includes('--help') || words.includes('-h')) {
    return 'help';
  }
  let asked: EngineWords = { kind: 'current', name: 'default', stop: false };
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === 'current' || word === 'baseline') {
      asked = { ...asked, kind: word };
    } else if (word === '--stop') {
      asked = { ...asked, stop: true };
    } else if (word === '--name') {
      const name = left.shift() ?? '';
      // It becomes part of the path of a socket.
      if (!/^[a-z0-9][a-z0-9_-]{0,19}$/.test(name)) {
        return { error: `--name takes up to 20 letters and digits: ${JSON.stringify(name)}` };
      }
      asked = { ...asked, name };
    } else {
      return { error: `unknown argument: ${word}` };
    }
  }
  return asked;
}
