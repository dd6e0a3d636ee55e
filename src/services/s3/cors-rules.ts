// Which CORS rule a browser's request meets, and the headers that follow.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
export interface CorsRule {
  id?: string;
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
  maxAgeSeconds?: number;
}

/** What a browser asks: who, how and with which headers (lower case). */
export interface CorsRequest {
  origin: string;
  method: string;
  headers: readonly string[];
}

/** The first rule that allows all of it. */
export function matchCorsRule(rules: readonly CorsRule[], request: CorsRequest): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.methods.includes(request.method) &&
      rule.origins.some((origin) => matchesWildcard(origin, request.origin)) &&
      request.headers.every((header) => rule.headers.some((allowed) => matchesWildcard(allowed.toLowerCase(), header))),
  );
}

function matchesWildcard(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}

/** The answer's headers by a matching rule; S3 varies on all three request headers. */
export function corsHeaders(rule: CorsRule, request: CorsRequest, preflight: boolean): [string, string][] {
  const any = rule.origins.includes('*');
  return [
    ['Access-Control-Allow-Origin', any ? '*' : request.origin],
    ['Access-Control-Allow-Methods', rule.methods.join(', ')],
    ...(preflight && request.headers.length > 0
      ? [['Access-Control-Allow-Headers', request.headers.join(', ')] as [string, string]]
      : []),
    ...(rule.exposed.length > 0
      ? [['Access-Control-Expose-Headers', rule.exposed.join(', ')] as [string, string]]
      : []),
    ...(rule.maxAgeSeconds === undefined
      ? []
      : [['Access-Control-Max-Age', String(rule.maxAgeSeconds)] as [string, string]]),
    ...(any ? [] : [['Access-Control-Allow-Credentials', 'true'] as [string, string]]),
    ['Vary', 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'],
  ];
}
