import type { Float } from '../data.js';

/** A value of the template world. */
export type Value = null | boolean | number | bigint | Float | string;
