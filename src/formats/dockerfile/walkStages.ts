import { reachedStages } from './follow.js';
import { type HeredocText, type Instruction, walkInstructions } from './instructions.js';
import { readDockerfile } from './read.js';
import { StageVariables } from './stageVariables.js';
import { type BuildOptions, globalVariables } from './variables.js';

/** Walks over the instructions that are in stages, FROM included, with the variables that each sees. */
export function walkStages(
  text: string,
  options: BuildOptions,
  visit: (instruction: Instruction, variables: StageVariables) => void,
  visitHeredoc?: (instruction: string, heredoc: HeredocText) => void,
): void {
  const dockerfile = readDockerfile(text);
  const { bases } = reachedStages(dockerfile, options);
  const globals = globalVariables(dockerfile, options, dockerfile.stages.at(-1)?.name ?? '');
  const stages: StageVariables[] = [];
  walkInstructions(
    text,
    (instruction) => {
      const { name, command, lines } = instruction;
      if (name === 'from') {
        const base = bases[stages.length];
        const below = base?.kind === 'stage' ? stages[base.index] : undefined;
        const variables = { args: options.args, globals };
        stages.push(new StageVariables(variables, base?.kind === 'scratch', below));
      }
      const variables = stages.at(-1);
      if (variables === undefined) {
        return;
      }
      visit(instruction, variables);
      if (name === 'arg') {
        variables.arg(command.rest, lines.escape);
      } else if (name === 'env') {
        variables.env(command.rest, lines.escape);
      }
    },
    visitHeredoc,
  );
}
