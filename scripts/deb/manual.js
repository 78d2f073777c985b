/** Manual pages, made of the specifications that --help is made of. */
import { commands } from '../../dist/cli/commands.js';
import { programHelp } from '../../dist/cli/line/programHelp.js';

/** Name to text, in roff: one page for the program, one for each command. */
export async function manualPages(about, epoch) {
  const specs = await Promise.all([...commands.values()].map((command) => command.spec()));
  const page = (name, body) => [name, `${head(name, about.version, epoch)}${body}`];
  return new Map([
    page('generate-bake', programPage(await programHelp(commands), specs)),
    ...specs.map((spec) => page(`generate-bake-${spec.name}`, commandPage(spec))),
  ]);
}

function head(name, version, epoch) {
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  return `.TH ${name.toUpperCase()} 1 ${date} "generate-bake ${version}" "User Commands"\n`;
}

function programPage(help, specs) {
  // What the help says between its first line and its list of commands, and behind the list.
  const [usage, ...paragraphs] = help.trimEnd().split('\n\n');
  const status = paragraphs.at(-1).replace(/^Exit status: /, '');
  return [
    section(
      'NAME',
      'generate\\-bake, gbake \\- build a repository of container images as one graph',
    ),
    section('SYNOPSIS', text(usage.replace(/^Usage: /, ''))),
    section('DESCRIPTION', paragraphs.slice(0, 2).map(text).join('\n.PP\n')),
    section(
      'COMMANDS',
      specs.map((spec) => item(`\\fB${text(spec.name)}\\fR`, spec.summary)).join('\n'),
    ),
    section('EXIT STATUS', text(status)),
    section('SEE ALSO', seeAlso(specs.map(({ name }) => `generate-bake-${name}`))),
  ].join('');
}

function commandPage(spec) {
  const words = spec.words.map(([notation]) => text(notation)).join(' ');
  const rest = spec.rest === undefined ? '' : ` [\\-\\- ${text(spec.rest)}]`;
  const groups = new Map();
  for (const option of spec.options) {
    const heading = (option.group ?? 'Options').replace(/:$/, '');
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  const options = [...groups].map(
    ([heading, some]) =>
      `.SS ${text(heading)}\n${some.map(({ flags, help }) => item(`\\fB${text(flags)}\\fR`, help)).join('\n')}`,
  );
  const examples = spec.examples.map(([line, does]) => item(`\\fB${text(line)}\\fR`, does));
  return [
    section('NAME', `generate\\-bake\\-${text(spec.name)} \\- ${text(spec.summary)}`),
    section('SYNOPSIS', `\\fBgenerate\\-bake ${text(spec.name)}\\fR [options] ${words}${rest}`),
    section(
      'DESCRIPTION',
      [
        `${text(spec.summary[0].toUpperCase() + spec.summary.slice(1))}.`,
        ...(spec.description === undefined ? [] : spec.description.split('\n\n').map(text)),
      ].join('\n.PP\n'),
    ),
    section(
      'ARGUMENTS',
      spec.words.map(([notation, help]) => item(text(notation), help)).join('\n'),
    ),
    section('OPTIONS', options.join('\n')),
    section('EXAMPLES', examples.join('\n')),
    section('SEE ALSO', seeAlso(['generate-bake'])),
  ].join('');
}

function section(heading, body) {
  return body === '' ? '' : `.SH ${heading}\n${body}\n`;
}

function item(term, help) {
  return `.TP\n${term}\n${text(help)}`;
}

function seeAlso(names) {
  return names.map((name) => `\\fB${text(name)}\\fR(1)`).join(', ');
}

/** Plain text in roff: nothing in it is a request or an escape. */
function text(plain) {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/^(?=[.'])/gm, '\\&');
}
