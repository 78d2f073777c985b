/** Whether this is `npm run test:long` (`run.js --long`): every engine, request and kind has its turn. */
export const isLong = process.env.GENERATE_BAKE_LONG_TESTS !== undefined;

/** Why a test of minutes is left out otherwise. */
export const onlyLong: string | false = isLong ? false : 'takes minutes: npm run test:long';

/** All of them in a long run; else the first, where the others are there for completeness. */
export function firstUnlessLong<T>(all: readonly T[]): readonly T[] {
  return isLong ? all : all.slice(0, 1);
}
