// Put/Get/DeleteBucketCors.
import type { Operation } from '#kernel/service.ts';
import type { CorsRule } from './cors-rules.ts';
import { corsRuleWithoutMethod, invalidRequest, malformedXml, noSuchCorsConfiguration } from './errors.ts';
import { requireBucket } from './lookups.ts';
import { dropDocument, findDocument, setDocument } from './store.ts';
import { currentBucket } from './versions.ts';

const RULES_MAX = 100;
const METHODS = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE'];

export const putBucketCors: Operation<'s3', 'PutBucketCors'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const rules = (input.CORSConfiguration.CORSRules ?? []).map((rule): CorsRule => {
    const { ID: id, AllowedOrigins: origins, AllowedMethods: methods, MaxAgeSeconds: maxAgeSeconds } = rule;
    const { AllowedHeaders: headers = [], ExposeHeaders: exposed = [] } = rule;
    if (origins.length === 0 || methods.length === 0) throw malformedXml();
    for (const method of methods) if (!METHODS.includes(method)) throw corsRuleWithoutMethod(method);
    for (const origin of origins) checkWildcards('AllowedOrigin', origin);
    for (const header of headers) checkWildcards('AllowedHeader', header);
    for (const header of exposed) {
      if (header.includes('*'))
        throw invalidRequest(
          `ExposeHeader "${header}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
        );
    }
    return {
      ...(id !== undefined && { id }),
      origins,
      methods,
      headers,
      exposed,
      ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    };
  });
  if (rules.length === 0 || rules.length > RULES_MAX) throw malformedXml();
  await context.store.transact(async (tx) => setDocument(tx, await currentBucket(tx, bucket), 'cors', rules));
  return {};
};

function checkWildcards(element: string, value: string): void {
  if (value.split('*').length > 2) throw invalidRequest(`${element} "${value}" can not have more than one wildcard.`);
}

export const getBucketCors: Operation<'s3', 'GetBucketCors'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const rules = await findDocument<CorsRule[]>(context.store, bucket, 'cors');
  if (!rules) throw noSuchCorsConfiguration(bucket.name);
  return {
    CORSRules: rules.map((rule) => ({
      ...(rule.id !== undefined && { ID: rule.id }),
      ...(rule.headers.length > 0 && { AllowedHeaders: rule.headers }),
      AllowedMethods: rule.methods,
      AllowedOrigins: rule.origins,
      ...(rule.exposed.length > 0 && { ExposeHeaders: rule.exposed }),
      ...(rule.maxAgeSeconds !== undefined && { MaxAgeSeconds: rule.maxAgeSeconds }),
    })),
  };
};

export const deleteBucketCors: Operation<'s3', 'DeleteBucketCors'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  await context.store.transact(async (tx) => dropDocument(tx, await currentBucket(tx, bucket), 'cors'));
  return {};
};
