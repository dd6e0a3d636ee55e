import type { Json, JsonMap } from '#deploy/sam/index.ts';

// Templates are compared deeply. Lists are sets, as most of CloudFormation's are, except where order has a meaning.

const orderedProperties = new Set(['Layers', 'Command', 'EntryPoint']);
const mask = '#'.repeat(10);

/** Where two templates differ, as lines; empty when they are the same. */
export function differences(actual: Json, expected: Json): string[] {
  const lines: string[] = [];
  collect('', canonical(maskDeployments(actual)), canonical(maskDeployments(expected)), lines);
  return lines;
}

/** AWS hashes the Python form of an API's definition into the id of its deployment, which nothing else can repeat. */
function maskDeployments(template: Json): Json {
  const resources = isMap(template) && isMap(template['Resources']) ? template['Resources'] : {};
  const ids = Object.keys(resources).filter((id) => {
    const resource = resources[id];
    return isMap(resource) && resource['Type'] === 'AWS::ApiGateway::Deployment';
  });
  const masked = new Map(ids.map((id) => [id, id.replace(/[0-9a-f]{10}$/, mask)]));
  return maskText(template, masked);
}

function maskText(value: Json, masked: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string')
    return masked.get(value) ?? value.replace(/(deployment id: )[0-9a-f]{40}/, `$1${mask}`);
  if (Array.isArray(value)) return value.map((item) => maskText(item, masked));
  if (!isMap(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [masked.get(key) ?? key, maskText(item, masked)]);
  return Object.fromEntries(entries) as JsonMap;
}

function canonical(value: Json, ordered = false): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, ordered));
    return ordered ? items : items.toSorted((one, other) => compareText(JSON.stringify(one), JSON.stringify(other)));
  }
  if (!isMap(value)) return value;
  const result: JsonMap = {};
  for (const key of Object.keys(value).sort()) {
    result[key] = canonical(value[key] ?? null, key.startsWith('Fn::') || orderedProperties.has(key));
  }
  return result;
}

function collect(path: string, actual: Json | undefined, expected: Json | undefined, lines: string[]): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  if (isMap(actual) && isMap(expected)) {
    for (const key of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
      collect(`${path}/${key}`, actual[key], expected[key], lines);
    }
  } else if (Array.isArray(actual) && Array.isArray(expected) && actual.length === expected.length) {
    for (const [index, item] of actual.entries()) collect(`${path}[${index}]`, item, expected[index], lines);
  } else {
    lines.push(`${path}: ${shorten(actual)} instead of ${shorten(expected)}`);
  }
}

function shorten(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
