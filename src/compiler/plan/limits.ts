/**
 * How many targets one `docker buildx bake` call may hold on a stock Docker, whose daemon has 250
 * streams, two of which each running target holds (doc/dev/bake.md, Scale). Measured on Docker 26.1 and
 * 28.5: 110 targets pass and 120 fail with `no such job`; how many links they have does not matter.
 */
export const targetsOfACall = 100;

/** How many images a wave holds, unless the user says otherwise. */
export const usualWaveSize = 40;

/** The largest plan whose default group asks for everything at once: well below what fails. */
export const wholePlan = 80;
