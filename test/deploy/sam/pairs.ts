import { readdirSync, readFileSync } from 'node:fs';
import { SamError, transformSam } from '#deploy/sam/index.ts';
import type { Json } from '#deploy/sam/index.ts';
import { differences } from './compare.ts';
import { readTemplate } from './template-yaml.ts';

// The pairs are AWS's own (pairs/NOTICE): a template, and what AWS's transform makes of it or says about it.

const folder = new URL('pairs/', import.meta.url);

export interface Pair {
  readonly name: string;
  readonly isError: boolean;
}

export function listPairs(): Pair[] {
  return readdirSync(new URL('input/', folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .map((name) => ({ name, isError: name.startsWith('error_') }));
}

/** What differs from AWS, as lines; empty when nothing does. */
export function checkPair({ name }: Pair): string[] {
  const template = readTemplate(readFileSync(new URL(`input/${name}.yaml`, folder), 'utf8'));
  const expected = JSON.parse(readFileSync(new URL(`output/${name}.json`, folder), 'utf8')) as {
    errorMessage?: string;
  };
  const recorded = expected.errorMessage;
  try {
    const actual = transformSam(template, optionsOf(name));
    if (recorded !== undefined) return [`no error instead of: ${recorded}`];
    return differences(actual, expected as Json);
  } catch (error) {
    if (!(error instanceof SamError)) throw error;
    if (recorded === undefined) return [`an error: ${error.message}`];
    return sameMessage(error.message, recorded) ? [] : [`${error.message}\n  instead of ${recorded}`];
  }
}

/** How AWS's tests run their transform for a pair. */
function optionsOf(name: string): Parameters<typeof transformSam>[1] {
  return {
    region: 'ap-southeast-1',
    parameterValues: { param1: 'value1', param2: 'value2' },
    featureToggles: name.startsWith('translate_convert_metadata') ? ['passthrough-metadata'] : [],
    applicationTemplateUrl: () => 'https://awsserverlessrepo-changesets-xxx.s3.amazonaws.com/signed-url',
  };
}

/** Messages recorded from Python 2 mark text with a u. */
function sameMessage(one: string, other: string): boolean {
  const plain = (text: string): string => text.replace(/\bu'/g, "'");
  return plain(one) === plain(other);
}
