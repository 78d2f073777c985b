import { isLacking } from './check.js';
import type { ExaminedEngine } from './engine.js';
import type { Examined } from './examine.js';

/** What `doctor --json` prints (doc/doctor.schema.json). */
export function doctorDocument({ checks, engines }: Examined): object {
  const [first] = engines;
  return {
    schema: 1,
    ok: !checks.some(isLacking),
    ...(first === undefined ? {} : engineOf(first)),
    ...(engines.length < 2
      ? {}
      : { builders: engines.map((one) => ({ name: one.name, ...engineOf(one) })) }),
    checks,
  };
}

function engineOf({ facts, abilities }: ExaminedEngine): object {
  return facts === undefined || abilities === undefined
    ? {}
    : {
        engine: {
          docker: facts.dockerVersion,
          buildx: facts.buildxVersion,
          builder: facts.builder,
          ...abilities,
        },
      };
}
