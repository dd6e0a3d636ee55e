// Access logs: one line per request in the stage's own format.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
import { createHash } from 'node:crypto';
import { parseArn } from '#core/arn.ts';
import type { LogSink, LogTarget } from './log-sink.ts';

export interface AccessLog {
  write(lookup: (name: string) => string | number | boolean | undefined): void;
}

/** AWS names its streams by 32 hexadecimal digits. */
export const logStreamName = (apiId: string, stageName: string): string =>
  createHash('md5').update(`${apiId}/${stageName}`).digest('hex');

const VARIABLE = /\$context\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)/g;

type Segment = { text: string } | { name: string };

export function compileAccessLog(
  settings: { format?: string; destinationArn?: string } | undefined,
  streamName: string,
  sink: LogSink,
): AccessLog | undefined {
  if (!settings?.destinationArn || !settings.format) return undefined;
  const target = logTarget(settings.destinationArn, streamName);
  if (!target) return undefined;
  const segments = parseFormat(settings.format);
  return {
    write(lookup) {
      let line = '';
      for (const segment of segments) line += 'text' in segment ? segment.text : show(lookup(segment.name));
      sink.write(target, line);
    },
  };
}

/** What a request does not have is a dash; a quote of the client's must not end a JSON string of the format. */
function show(value: string | number | boolean | undefined): string {
  if (value === undefined || value === '') return '-';
  const text = String(value);
  return /["\\\u0000-\u001f]/.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

function parseFormat(format: string): Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (const match of format.matchAll(VARIABLE)) {
    if (match.index > from) segments.push({ text: format.slice(from, match.index) });
    segments.push({ name: match[1]! });
    from = match.index + match[0].length;
  }
  if (from < format.length) segments.push({ text: format.slice(from) });
  return segments;
}

/** arn:aws:logs:REGION:ACCOUNT:log-group:NAME, with or without `:*` */
function logTarget(destinationArn: string, streamName: string): LogTarget | undefined {
  const arn = parseArn(destinationArn);
  if (arn?.service !== 'logs' || !arn.resource.startsWith('log-group:')) return undefined;
  const groupName = arn.resource.slice('log-group:'.length).replace(/:\*$/, '');
  return { accountId: arn.accountId, region: arn.region, groupName, streamName };
}
