// Figures of the request path, by the minute: what CloudWatch shows under AWS/ApiGateway once it is here.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
import type { Platform } from '#kernel/platform.ts';

const MINUTE_MS = 60_000;
/** minutes kept in memory */
const MINUTES_MAX = 180;
/** names with figures in one minute: APIs × stages × methods with detailed metrics */
const NAMES_MAX = 20_000;

export interface Figures {
  count: number;
  errors4xx: number;
  errors5xx: number;
  cacheHits: number;
  cacheMisses: number;
  latencyMs: { sum: number; max: number };
  integrationLatencyMs: { sum: number; max: number; count: number };
}

export interface Dimensions {
  accountId: string;
  region: string;
  apiId: string;
  stage: string;
  /** with detailed metrics only: `GET /pets/{id}` */
  method?: string;
}

export interface Observation {
  status: number;
  latencyMs: number;
  integrationLatencyMs: number | undefined;
  cacheHit: boolean | undefined;
}

/** Figures by minute, then by name; the oldest minutes go. */
export class MinuteFigures<F> {
  readonly #none: () => F;
  readonly #minutes = new Map<number, Map<string, F>>();
  #current = -1;
  #figures: Map<string, F> = new Map();

  constructor(none: () => F) {
    this.#none = none;
  }

  /** What is counted in this minute; undefined when there are too many names already. */
  at(name: string, now: number): F | undefined {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#current) this.#turn(minute);
    let figures = this.#figures.get(name);
    if (!figures && this.#figures.size < NAMES_MAX) this.#figures.set(name, (figures = this.#none()));
    return figures;
  }

  /** Minutes from `fromMs` to `toMs` (exclusive), oldest first. */
  read(dimensions: Dimensions, fromMs: number, toMs: number): { timestamp: number; figures: F }[] {
    const name = metricName(dimensions);
    return [...this.#minutes]
      .filter(([minute]) => minute * MINUTE_MS >= fromMs && minute * MINUTE_MS < toMs)
      .flatMap(([minute, byName]) => {
        const figures = byName.get(name);
        return figures ? [{ timestamp: minute * MINUTE_MS, figures }] : [];
      });
  }

  #turn(minute: number): void {
    this.#current = minute;
    this.#figures = this.#minutes.get(minute) ?? new Map();
    this.#minutes.set(minute, this.#figures);
    for (const oldest of this.#minutes.keys()) {
      if (this.#minutes.size <= MINUTES_MAX) break;
      this.#minutes.delete(oldest);
    }
  }
}

const metrics = new WeakMap<Platform, GatewayMetrics>();

/** The figures of this installation's REST and HTTP APIs. */
export function gatewayMetricsOf(platform: Platform): GatewayMetrics {
  let known = metrics.get(platform);
  if (!known) metrics.set(platform, (known = new GatewayMetrics(noFigures)));
  return known;
}

export class GatewayMetrics extends MinuteFigures<Figures> {
  record(name: string, now: number, observation: Observation): void {
    const figures = this.at(name, now);
    if (figures) add(figures, observation);
  }
}

/** Made once where the dimensions are fixed. */
export const metricName = ({ accountId, region, apiId, stage, method = '' }: Dimensions): string =>
  `${accountId}/${region}/${apiId}/${stage}/${method}`;

const noFigures = (): Figures => ({
  count: 0,
  errors4xx: 0,
  errors5xx: 0,
  cacheHits: 0,
  cacheMisses: 0,
  latencyMs: { sum: 0, max: 0 },
  integrationLatencyMs: { sum: 0, max: 0, count: 0 },
});

function add(figures: Figures, { status, latencyMs, integrationLatencyMs, cacheHit }: Observation): void {
  figures.count++;
  if (status >= 500) figures.errors5xx++;
  else if (status >= 400) figures.errors4xx++;
  if (cacheHit === true) figures.cacheHits++;
  else if (cacheHit === false) figures.cacheMisses++;
  figures.latencyMs.sum += latencyMs;
  if (latencyMs > figures.latencyMs.max) figures.latencyMs.max = latencyMs;
  if (integrationLatencyMs === undefined) return;
  const integration = figures.integrationLatencyMs;
  integration.count++;
  integration.sum += integrationLatencyMs;
  if (integrationLatencyMs > integration.max) integration.max = integrationLatencyMs;
}
