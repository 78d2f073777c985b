import { Exposition } from '#core/text/exposition.js';
import type { Outdated, Update } from './outdated.js';

const verdicts = ['outdated', 'up-to-date', 'unknown', 'absent'] as const;

/** What `outdated --metrics` says, in Prometheus' text format; names of images are not in it. `ended`: when that was. */
export function outdatedMetrics(
  { images, updates }: Outdated,
  since: ReadonlyMap<Update, Date>,
  ended: Date,
): string {
  const text = new Exposition();
  text.gauge(
    'generate_bake_outdated_time_seconds',
    'When outdated ended last, in seconds since 1970.',
    ended.getTime() / 1000,
  );
  text.family(
    'generate_bake_outdated_images',
    'The images by whether apt has newer packages for them.',
    'verdict',
    new Map(
      verdicts.map((name) => [name, images.filter(({ verdict }) => verdict === name).length]),
    ),
  );
  const urgent = updates.filter(({ isSecurity }) => isSecurity);
  text.gauge(
    'generate_bake_outdated_security_images',
    'The images that have a package with a newer version in a security archive.',
    new Set(urgent.flatMap((each) => each.images)).size,
  );
  text.gauge(
    'generate_bake_outdated_updates',
    'The packages with newer versions, each once where it comes in.',
    updates.length,
  );
  const first = Math.min(
    ...updates.map((update) => since.get(update)?.getTime() ?? ended.getTime()),
  );
  if (updates.length > 0) {
    text.gauge(
      'generate_bake_outdated_oldest_update_time_seconds',
      'When this machine first saw the oldest of these newer versions, in seconds since 1970.',
      first / 1000,
    );
  }
  return text.toString();
}
