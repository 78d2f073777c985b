import { type Shell, shells } from '../completion/scripts.js';
import { outputOptions } from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface CompletionInput {
  readonly shell: Shell;
}

export const spec: CommandSpec<CompletionInput> = {
  name: 'completion',
  summary: 'print a script that completes commands, options and names of images',
  description: `bash  in ~/.bashrc: source <(generate-bake completion bash)
zsh   in ~/.zshrc, after compinit: source <(generate-bake completion zsh)
fish  write it to ~/.config/fish/completions/generate-bake.fish`,
  words: [['<SHELL>', 'bash, zsh or fish', shells]],
  options: outputOptions,
  examples: [['source <(generate-bake completion bash)', 'in this shell, at once']],
  read({ words: [word, ...more] }) {
    const shell = shells.find((one) => one === word);
    if (shell === undefined || more.length > 0) {
      throw new UsageError(
        `completion: unknown shell "${[word, ...more].join(' ')}" (known: ${shells.join(', ')})`,
        'for example: generate-bake completion bash',
      );
    }
    return { shell };
  },
};
