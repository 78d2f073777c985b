import { isLacking } from './check.js';
import type { Examined } from './examine.js';

/** What `doctor --json` prints (doc/doctor.schema.json). */
export function doctorDocument({ checks, facts, abilities }: Examined): object {
  return {
    schema: 1,
    ok: !checks.some(isLacking),
    ...(facts === undefined || abilities === undefined
      ? {}
      : {
          engine: {
            docker: facts.dockerVersion,
            buildx: facts.buildxVersion,
            builder: facts.builder,
            ...abilities,
          },
        }),
    checks,
  };
}
