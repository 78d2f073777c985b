/** A file that is not read or written although it could be; the message is the clause that says why. */
export class Refused extends Error {
  readonly code = 'EREFUSED';
}
