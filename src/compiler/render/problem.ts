import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { TemplateError } from '#jinja/index.js';

/** An error of a template as a diagnostic, with the includes that lead to it. */
export function templateProblem(found: TemplateError): Diagnostic {
  const { kind, message, place, chain, suggestions, hint } = found;
  const near = suggestions.map((name) => `"${name}"`).join(' or ');
  const advice = hint ?? (near === '' ? undefined : `did you mean ${near}?`);
  return error('template', `${kind}: ${message}`, {
    place,
    ...(advice === undefined ? {} : { hint: advice }),
    ...(chain.length === 0
      ? {}
      : {
          related: chain.map((frame) => ({
            message: `${frame.how === 'macro' ? 'macro called' : frame.how} from here`,
            place: frame.place,
          })),
        }),
  });
}
