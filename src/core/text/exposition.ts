/**
 * Lines of Prometheus' text format, for node_exporter's textfile collector; all values are gauges, since each run writes the file
 * anew. Written by hand: it is three kinds of lines, and a client library keeps counters of a process that lives on.
 */
export class Exposition {
  readonly #lines: string[] = [];

  gauge(name: string, help: string, value: number): void {
    this.#head(name, help);
    this.#lines.push(`${name} ${value}`);
  }

  /** One gauge with one label, whose values need no quoting. */
  family(name: string, help: string, label: string, values: ReadonlyMap<string, number>): void {
    this.#head(name, help);
    for (const [value, number] of values) {
      this.#lines.push(`${name}{${label}="${value}"} ${number}`);
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #head(name: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
  }
}
