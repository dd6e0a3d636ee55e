// The level from which on a function's own JSON lines are logged (docs: monitoring-cloudwatchlogs-log-level).

const LEVELS: readonly string[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const USUAL = 'INFO';

export class ApplicationLevel {
  #least: number;

  constructor(level: string | undefined) {
    this.#least = LEVELS.indexOf(level ?? USUAL);
  }

  /** A line that says no level, or no time, counts as INFO. */
  includes(line: string): boolean {
    return LEVELS.indexOf(levelOf(line)) >= this.#least;
  }
}

function levelOf(line: string): string {
  if (!line.startsWith('{')) return USUAL;
  try {
    const { level, timestamp } = JSON.parse(line) as { level?: unknown; timestamp?: unknown };
    const named = typeof level === 'string' ? level.toUpperCase() : USUAL;
    return LEVELS.includes(named) && isTime(timestamp) ? named : USUAL;
  } catch {
    return USUAL;
  }
}

/** RFC 3339 */
const isTime = (value: unknown): boolean =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value));
